import { Fraction, sumOf } from '../../allocators/math/fraction.js';
import type { Pool } from '../../allocators/math/pool.js';
import type { PoolAgent } from '../../allocators/math/whole-tasks.js';
import type { InputError } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import type { ProblemDocument } from './schema.js';

/** A user of a problem; per-resource values are in the problem's order of resources. */
export interface DivideUser {
  readonly name: string;
  readonly demand?: readonly Fraction[] | undefined;
  readonly weight: Fraction;
  readonly weights?: readonly Fraction[] | undefined;
  /** Undefined = no end. */
  readonly maxTasks?: Fraction | undefined;
  readonly budget?: Fraction | undefined;
  readonly unitPrices?: readonly Fraction[] | undefined;
  readonly price?: Fraction | undefined;
  readonly marginalBids?: readonly Fraction[] | undefined;
  readonly values?: readonly Fraction[] | undefined;
  readonly spend?: readonly Fraction[] | undefined;
  /** Per agent. */
  readonly allowed?: readonly boolean[] | undefined;
}

/** A checked problem. `fail` makes an error that points into the file. */
export interface DivideProblem {
  readonly resources: readonly string[];
  readonly capacity: readonly Fraction[];
  readonly agents: readonly PoolAgent[];
  readonly users: readonly DivideUser[];
  fail(path: readonly (string | number)[], rule: string, hint?: string): InputError;
}

/** Makes error objects that know file and place. */
export type Fail = DivideProblem['fail'];

/** Turns a document into a problem; what the schema cannot say is checked here. */
export function buildProblem(document: ProblemDocument, fail: Fail): DivideProblem {
  const resources = resourceNames(document, fail);
  const vector = (values: Record<string, number | string>, path: (string | number)[], missing = 0): Fraction[] => {
    for (const name of Object.keys(values)) {
      if (!resources.includes(name)) {
        throw fail([...path, name], `there is no resource "${name}"`, nameHint(name, resources));
      }
    }
    return resources.map((name) =>
      Fraction.of(Object.hasOwn(values, name) ? (values[name] as number | string) : missing),
    );
  };
  const agents = (document.agents ?? []).map((agent, index) => ({
    name: agent.name,
    capacity: vector(agent.capacity, ['agents', index, 'capacity']),
  }));
  const capacity =
    document.resources === undefined
      ? resources.map((_, resource) => sumOf(agents.map((agent) => agent.capacity[resource] as Fraction)))
      : vector(document.resources, ['resources']);
  checkAgentSum(resources, capacity, agents, fail);
  checkNames(document, fail);
  const users = document.users.map((user, index) => buildUser(user, index, agents, vector, fail));
  return { resources, capacity, agents, users, fail };
}

/** The pool that users with demands share. */
export function poolOf(problem: DivideProblem, demands: readonly (readonly Fraction[])[]): Pool {
  return {
    capacity: problem.capacity,
    users: problem.users.map((user, index) => ({
      name: user.name,
      demand: demands[index] as readonly Fraction[],
      weight: user.weight,
      maxTasks: user.maxTasks,
      ...(user.weights === undefined ? {} : { weights: user.weights }),
    })),
  };
}

function resourceNames(document: ProblemDocument, fail: Fail): string[] {
  if (document.resources !== undefined) {
    const names = Object.keys(document.resources);
    if (names.length === 0) throw fail(['resources'], 'a problem needs a resource');
    return names;
  }
  const names = [...new Set((document.agents ?? []).flatMap((agent) => Object.keys(agent.capacity)))];
  if (names.length === 0) throw fail([], 'a problem needs resources or agents with capacity');
  return names;
}

function checkAgentSum(
  resources: readonly string[],
  capacity: readonly Fraction[],
  agents: readonly PoolAgent[],
  fail: Fail,
): void {
  if (agents.length === 0) return;
  resources.forEach((name, resource) => {
    const sum = sumOf(agents.map((agent) => agent.capacity[resource] as Fraction));
    if (!sum.equals(capacity[resource] as Fraction)) {
      const rule = `the agents have ${sum} of "${name}" together, resources says ${capacity[resource]}`;
      throw fail(['resources', name], rule, 'leave resources out: the agents’ sum is taken');
    }
  });
}

function checkNames(document: ProblemDocument, fail: Fail): void {
  const check = (list: readonly { name: string }[], key: string): void => {
    list.forEach(({ name }, index) => {
      if (list.findIndex((other) => other.name === name) < index) {
        throw fail([key, index, 'name'], `the name must be unique, got "${name}" twice`);
      }
    });
  };
  check(document.users, 'users');
  check(document.agents ?? [], 'agents');
}

function buildUser(
  user: ProblemDocument['users'][number],
  index: number,
  agents: readonly PoolAgent[],
  vector: (values: Record<string, number | string>, path: (string | number)[], missing?: number) => Fraction[],
  fail: Fail,
): DivideUser {
  const at = (key: string): (string | number)[] => ['users', index, key];
  const part = (key: 'demand' | 'unitPrices' | 'values' | 'spend'): Fraction[] | undefined => {
    const values = user[key];
    return values === undefined ? undefined : vector(values, at(key));
  };
  const demand = part('demand');
  if (demand?.every((value) => value.sign === 0) === true) {
    throw fail(at('demand'), 'a task must need something: at least one amount above 0');
  }
  for (const name of user.allowedAgents ?? []) {
    const known = agents.map((agent) => agent.name);
    if (!known.includes(name)) throw fail(at('allowedAgents'), `there is no agent "${name}"`, nameHint(name, known));
  }
  const marginalBids = user.marginalBids?.map((value) => Fraction.of(value));
  marginalBids?.forEach((value, unit) => {
    if (unit > 0 && value.compare(marginalBids[unit - 1] as Fraction) > 0) {
      throw fail([...at('marginalBids'), unit], `offers for further units must not rise, got ${value}`);
    }
  });
  return {
    name: user.name,
    demand,
    weight: Fraction.of(user.weight ?? 1),
    weights: user.weights === undefined ? undefined : vector(user.weights, at('weights'), 1),
    maxTasks: user.maxTasks === undefined || user.maxTasks === null ? undefined : Fraction.of(user.maxTasks),
    budget: user.budget === undefined ? undefined : Fraction.of(user.budget),
    unitPrices: part('unitPrices'),
    price: user.price === undefined ? undefined : Fraction.of(user.price),
    marginalBids,
    values: part('values'),
    spend: part('spend'),
    allowed: user.allowedAgents && agents.map((agent) => user.allowedAgents?.includes(agent.name) === true),
  };
}
