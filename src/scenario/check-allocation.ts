import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import type { AgentRecord } from '../model/job.js';
import { type Amounts, ResourceSpace } from '../model/resources.js';
import { type AmountsDocument, amountsIn, needsGeneral, quotaIn } from './allocation.js';
import type { ScenarioDocument } from './schema.js';
import type { Path, Places } from './text-document.js';

/** Mistakes in what a scenario says about quota, reservations and the like, with their places in the text. */
export function checkAllocation(document: ScenarioDocument, places: Places): InputError[] {
  const check = new AllocationCheck(document, places);
  check.all();
  return check.errors;
}

/** Guarantees against the agents of a trace, which are known only when it has been read. Throws the first that cannot be met. */
export function checkTracedGuarantees(
  { document, places }: { document: ScenarioDocument; places?: Places | undefined },
  agents: readonly AgentRecord[],
): void {
  if (places === undefined || !document.cluster.agents.some((entry) => 'trace' in entry)) return;
  const check = new AllocationCheck(document, places);
  const capacity = new ResourceSpace(document.resources ?? []).zero();
  for (const { amounts, reserved } of agents) {
    for (const [row, amount] of amounts.entries()) {
      const held = (reserved ?? []).reduce((sum, part) => sum + (part.amounts[row] as number), 0);
      capacity[row] = (capacity[row] as number) + amount - held;
    }
  }
  check.guaranteesWithin(capacity);
  const [first] = check.errors;
  if (first !== undefined) throw first;
}

type Quota = NonNullable<NonNullable<ScenarioDocument['roles']>[string]['quota']>;

class AllocationCheck {
  readonly errors: InputError[] = [];
  private readonly resources: ResourceSpace;

  constructor(
    private readonly document: ScenarioDocument,
    private readonly places: Places,
  ) {
    this.resources = new ResourceSpace(document.resources ?? []);
  }

  all(): void {
    const { document } = this;
    for (const [path, { quota }] of Object.entries(document.roles ?? {})) {
      if (quota !== undefined) this.quota(path, quota, ['roles', path, 'quota']);
    }
    for (const [index, entry] of document.cluster.agents.entries()) {
      const path = ['cluster', 'agents', index];
      const known = 'trace' in entry || this.amounts(entry.resources ?? {}, [...path, 'resources']) !== undefined;
      if (known && 'reserved' in entry) this.reserved(entry, path);
    }
    this.guarantees();
    this.minima(document.master?.minAllocatable, ['master', 'minAllocatable']);
    for (const [index, framework] of (document.frameworks ?? []).entries()) {
      this.minima(framework.minAllocatable, ['frameworks', index, 'minAllocatable']);
      if (framework.roles !== undefined && framework.role !== '*')
        this.add('E_SCENARIO', 'a framework has a role or roles, not both', ['frameworks', index, 'roles']);
    }
    this.actions();
    this.names(document.master?.oversubscription?.resources, ['master', 'oversubscription', 'resources']);
    this.names(document.master?.fairnessExclude, ['master', 'fairnessExclude']);
    this.engine();
  }

  private add(code: string, rule: string, path: Path, hint = ''): void {
    this.errors.push(new InputError(code, rule, this.places.ofValue(path), hint));
  }

  /** Amounts at a place, undefined when something is wrong with them. */
  private amounts(given: AmountsDocument, path: Path, absent = 0): Amounts | undefined {
    try {
      const place = (name: string) => this.places.ofKey(path, name);
      return amountsIn(given, this.resources, path.map(String).join('.'), { absent, place });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.errors.push(error);
      return undefined;
    }
  }

  private quota(role: string, quota: Quota, path: Path): void {
    if (role.includes('/') || role === '*') {
      this.add('E_QUOTA', `only top-level roles other than * have a quota, got "${role}"`, path);
    }
    const guarantee = quota.guarantee && this.amounts(quota.guarantee, [...path, 'guarantee']);
    const limit = quota.limit && this.amounts(quota.limit, [...path, 'limit'], Number.POSITIVE_INFINITY);
    for (const [row, name] of this.resources.names.entries()) {
      const least = guarantee?.[row] ?? 0;
      const most = limit?.[row] ?? Number.POSITIVE_INFINITY;
      if (least <= most) continue;
      const rule = `the limit of role "${role}" on ${name} is below its guarantee, got "${most / 1000}" < "${least / 1000}"`;
      this.add('E_QUOTA', rule, [...path, 'limit', name]);
    }
  }

  /** Guarantees that the cluster cannot meet (Mesos's capacity heuristic, quota_handler.cpp): static reservations are left out. */
  private guarantees(): void {
    if (this.errors.length > 0) return;
    const capacity = this.capacity();
    if (capacity !== undefined) this.guaranteesWithin(capacity);
  }

  /** All roles' guarantees against the capacity, which is used up on the way. */
  guaranteesWithin(capacity: Amounts): void {
    for (const [path, { quota }] of Object.entries(this.document.roles ?? {})) {
      if (quota?.guarantee !== undefined && quota.force !== true) this.guarantee(path, quota, capacity);
    }
  }

  /** Takes a role's guarantees from the capacity. */
  private guarantee(role: string, quota: Quota, capacity: Amounts): void {
    const { guarantee } = quotaIn(quota, this.resources, role);
    for (const [row, name] of this.resources.names.entries()) {
      const wanted = guarantee?.[row] ?? 0;
      if (wanted === 0) continue;
      const left = capacity[row] as number;
      capacity[row] = left - wanted;
      if (wanted <= left) continue;
      const rule = `the guarantees on ${name} exceed the unreserved part of the cluster`;
      this.add(
        'E_QUOTA',
        `${rule}, got "${wanted / 1000}" where ${Math.max(0, left) / 1000} is left`,
        ['roles', role, 'quota', 'guarantee', name],
        'force: true sets the quota all the same',
      );
    }
  }

  /** Unreserved amounts of all agents, undefined where a trace brings them. */
  private capacity(): Amounts | undefined {
    const sum = this.resources.zero();
    for (const entry of this.document.cluster.agents) {
      if ('trace' in entry) return undefined;
      const one = amountsIn(agentAmounts(entry), this.resources, 'cluster.agents');
      for (const part of Object.values(entry.reserved ?? {})) {
        const reserved = this.amounts(part, ['cluster', 'agents']);
        for (const [row, amount] of reserved?.entries() ?? []) one[row] = (one[row] as number) - amount;
      }
      for (const [row, amount] of one.entries()) sum[row] = (sum[row] as number) + amount * entry.count;
    }
    return sum;
  }

  private reserved(entry: ScenarioDocument['cluster']['agents'][number], path: Path): void {
    if ('trace' in entry) return;
    const left = amountsIn(agentAmounts(entry), this.resources, 'cluster.agents');
    for (const [stack, given] of Object.entries(entry.reserved ?? {})) {
      const at = [...path, 'reserved', stack];
      const roles = stack.split('>').map((role) => role.trim());
      const isTree = roles.every((role, index) => index === 0 || role.startsWith(`${roles[index - 1]}/`));
      if (roles.some((role) => role === '' || role === '*') || !isTree) {
        this.add('E_SCENARIO_VALUE', `${at.map(String).join('.')} must be a role, or one>its/descendant`, at);
      }
      const amounts = this.amounts(given, at);
      for (const [row, amount] of amounts?.entries() ?? []) {
        left[row] = (left[row] as number) - amount;
        if ((left[row] as number) >= 0 || amount === 0) continue;
        const name = this.resources.names[row] as string;
        this.add('E_RESERVATION', `more ${name} is reserved than the agent has, got "${amount / 1000}"`, [...at, name]);
      }
    }
  }

  private minima(list: readonly AmountsDocument[] | undefined, path: Path): void {
    for (const [index, given] of (list ?? []).entries()) this.amounts(given, [...path, index]);
  }

  private actions(): void {
    for (const [index, action] of (this.document.actions ?? []).entries()) {
      const path = ['actions', index];
      if (action.setQuota !== undefined) this.quota(action.setQuota.role, action.setQuota, [...path, 'setQuota']);
      if (action.reserve !== undefined) this.reservation(action.reserve, [...path, 'reserve']);
      if (action.unreserve !== undefined) this.reservation(action.unreserve, [...path, 'unreserve']);
    }
  }

  private reservation(given: { role: string; amounts: AmountsDocument }, path: Path): void {
    this.amounts(given.amounts, [...path, 'amounts']);
    if (given.role === '*') this.add('E_RESERVATION', 'nothing can be reserved to role *, got "*"', [...path, 'role']);
  }

  private names(list: readonly string[] | undefined, path: Path): void {
    for (const [index, name] of (list ?? []).entries()) {
      if (this.resources.indexOf(name) >= 0) continue;
      const rule = `${path.map(String).join('.')} names a resource that the scenario does not have, got "${name}"`;
      this.add('E_RESOURCE_UNKNOWN', rule, [...path, index], nameHint(name, this.resources.names));
    }
  }

  private engine(): void {
    if (this.document.master?.engine !== 'plain') return;
    if (needsGeneral({ ...this.document, master: { ...this.document.master, engine: 'auto' } })) {
      const rule = 'the plain engine knows no quota, reservations, capabilities or maintenance, got "plain"';
      this.add('E_ENGINE', rule, ['master', 'engine'], 'leave the key out: the engine is then chosen by what is used');
    }
  }
}

function agentAmounts(
  entry: Exclude<ScenarioDocument['cluster']['agents'][number], { trace: unknown }>,
): AmountsDocument {
  const { cpus, mem, disk, gpus, resources } = entry;
  return { cpus, mem, disk, gpus, ...resources };
}
