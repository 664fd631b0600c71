import { constrainedMaxMin } from '../../allocators/math/constrained-max-min.js';
import { Fraction } from '../../allocators/math/fraction.js';
import { type Pool, type SharePerTask, weightedAssetShare, weightedDominantShare } from '../../allocators/math/pool.js';
import { progressiveFilling, weightedMaxMin } from '../../allocators/math/progressive-filling.js';
import { type WholeTaskRule, wholeTasks, wholeTasksOnAgents } from '../../allocators/math/whole-tasks.js';
import { nameHint } from '../../core/nearest.js';
import { amountsOf, type DividePolicy, needAll, type Outcome } from './outcome.js';
import { type DivideProblem, poolOf } from './problem.js';

const WHOLE = {
  whole: {
    type: 'choice',
    choices: ['skip', 'stop'],
    default: 'skip',
    help: 'when the next task of the least user does not fit: try the next user, or end (Algorithm 1)',
  },
} as const;

/** Dominant resource fairness. */
export const drf: DividePolicy = {
  name: 'drf',
  summary: 'equal weighted dominant shares by progressive filling',
  source: 'Ghodsi et al., NSDI 2011 §4',
  options: WHOLE,
  utility: () => 'tasks',
  entitlement: (user) => user.weight,
  run: (problem, options, isProbe) =>
    fillShares(problem, 'drf', weightedDominantShare, isProbe === true ? 'none' : (options['whole'] as WholeTaskRule)),
};

/** Asset fairness. */
export const assetFair: DividePolicy = {
  name: 'asset-fair',
  summary: 'equal weighted sums of shares',
  source: 'Ghodsi et al., NSDI 2011 §5.1',
  options: WHOLE,
  utility: () => 'tasks',
  entitlement: (user) => user.weight,
  run: (problem, options, isProbe) =>
    fillShares(
      problem,
      'asset-fair',
      weightedAssetShare,
      isProbe === true ? 'none' : (options['whole'] as WholeTaskRule),
    ),
};

/** Whole tasks are granted one by one: beyond this many the whole division is left out. */
const MOST_GRANTS = 2_000_000;

function fillShares(problem: DivideProblem, name: string, share: SharePerTask, rule: WholeTaskRule | 'none'): Outcome {
  const demands = needAll(problem, 'demand', name);
  const pool = poolOf(problem, demands);
  const filling = progressiveFilling(pool, share);
  const fractional = { tasks: filling.tasks, amounts: amountsOf(filling.tasks, demands) };
  const details = {
    freezeRounds: filling.freezeRounds.map((round) => round.map((user) => problem.users[user]?.name)),
    keyPerTask: pool.users.map((user) => share(pool, user)),
  };
  if (rule === 'none') return { fractional, notes: [], details };
  const grantCount = filling.tasks.reduce((sum, tasks) => sum + tasks.toNumber(), 0);
  if (grantCount > MOST_GRANTS) {
    const notes = [`whole tasks are left out: there would be more than ${MOST_GRANTS} grants`];
    return { fractional, notes, details };
  }
  const { whole, wholeDetails } = fillWhole(problem, pool, demands, share, rule);
  const notes =
    problem.agents.length > 0
      ? [
          'fractional: the agents as one pool; whole tasks: first agent by name that fits, a user that fits nowhere is skipped',
        ]
      : [];
  return { fractional, whole, notes, details: { ...details, ...wholeDetails } };
}

function fillWhole(
  problem: DivideProblem,
  pool: Pool,
  demands: readonly (readonly Fraction[])[],
  share: SharePerTask,
  rule: WholeTaskRule,
): { whole: NonNullable<Outcome['whole']>; wholeDetails: Record<string, unknown> } {
  const hasAgents = problem.agents.length > 0;
  const whole = hasAgents ? wholeTasksOnAgents(problem.agents, pool.users, share) : wholeTasks(pool, rule, share);
  const tasks = whole.tasks.map((count) => Fraction.of(count));
  const placements = whole.grants.map((user, grant) => placement(problem, user, whole.agents[grant] ?? 0));
  return {
    whole: { tasks, amounts: amountsOf(tasks, demands) },
    wholeDetails: {
      grants: whole.grants.map((user) => problem.users[user]?.name),
      ...(hasAgents ? { placements, free: freeByAgent(problem, whole.free) } : {}),
    },
  };
}

function placement(problem: DivideProblem, user: number, agent: number): string {
  return `${problem.users[user]?.name}@${problem.agents[agent]?.name}`;
}

function freeByAgent(problem: DivideProblem, free: readonly (readonly Fraction[])[]): unknown {
  return problem.agents.map((agent, index) => ({ agent: agent.name, free: free[index] }));
}

/** Max-min on one resource, constrained by the agents that users may run on where they say so. */
export const maxMin: DividePolicy = {
  name: 'max-min',
  summary: 'weighted max-min of one resource; with allowedAgents constrained max-min (Choosy)',
  source: 'water-filling; Ghodsi et al., EuroSys 2013',
  options: { resource: { type: 'text', default: '', help: 'the resource; the first of the problem where empty' } },
  utility: () => 'tasks',
  entitlement: (user) => user.weight,
  run: (problem, options) => {
    const resource = resourceIndex(problem, String(options['resource']));
    const demands = needAll(problem, 'demand', 'max-min');
    demands.forEach((row, user) => {
      if ((row[resource] as Fraction).sign > 0) return;
      const rule = `max-min divides "${problem.resources[resource]}" alone, and this user needs none of it`;
      throw problem.fail(['users', user, 'demand'], rule);
    });
    const units = maxMinUnits(problem, poolOf(problem, demands), resource);
    const tasks = units.map((amount, user) => amount.over(demands[user]?.[resource] as Fraction));
    const amounts = units.map((amount) => problem.resources.map((_, r) => (r === resource ? amount : Fraction.zero)));
    const only = `only "${problem.resources[resource]}" is divided; the other resources are taken to be ample`;
    return { fractional: { tasks, amounts }, notes: problem.resources.length > 1 ? [only] : [], details: {} };
  },
};

function maxMinUnits(problem: DivideProblem, pool: Pool, resource: number): Fraction[] {
  const limits = pool.users.map((user) => user.maxTasks?.times(user.demand[resource] as Fraction));
  if (problem.users.some((user) => user.allowed !== undefined)) {
    return constrainedMaxMin(
      problem.agents.map((agent) => agent.capacity[resource] as Fraction),
      problem.users.map((user, index) => ({
        weight: user.weight,
        allowed: user.allowed ?? problem.agents.map(() => true),
        limit: limits[index],
      })),
    );
  }
  const capacity = problem.capacity[resource] as Fraction;
  return weightedMaxMin(
    capacity,
    limits.map((limit) => limit ?? capacity),
    problem.users.map((user) => user.weight),
  );
}

function resourceIndex(problem: DivideProblem, name: string): number {
  if (name === '') return 0;
  const index = problem.resources.indexOf(name);
  if (index < 0) throw problem.fail(['resources'], `there is no resource "${name}"`, nameHint(name, problem.resources));
  return index;
}
