import { packItems } from '../../allocators/math/integer-packing.js';
import { exceeds, type Finding, finding, short } from './findings.js';
import { hasUnitBids, limitOf, offerOf } from './policies-market.js';
import type { DivideProblem } from './problem.js';
import { moneyValue, type Shares, type Subject } from './utility.js';

const PROPERTY = 'Pareto efficient';

/** Pareto efficiency, each kind of utility by its own test. */
export function paretoFinding(
  problem: DivideProblem,
  subject: Subject,
  shares: Shares,
  honest: readonly number[],
): Finding {
  if (subject.kind === 'money') return welfare(problem, shares);
  const free = problem.capacity.map((capacity, resource) =>
    shares.amounts.reduce((left, row) => left - (row[resource] as number), capacity.toNumber()),
  );
  if (subject.kind === 'goods') return trades(problem, shares, free);
  return needsFullResource(problem, subject, shares, honest, free);
}

/** Leontief: everyone must need a resource that is full, or have all that it can use. */
function needsFullResource(
  problem: DivideProblem,
  subject: Subject,
  shares: Shares,
  honest: readonly number[],
  free: readonly number[],
): Finding {
  const divided = (resource: number): boolean =>
    subject.policy.name !== 'max-min' || shares.amounts.some((row) => (row[resource] as number) > 0);
  const isConstrained = subject.policy.name === 'max-min' && problem.users.some((user) => user.allowed !== undefined);
  if (isConstrained) {
    return {
      property: PROPERTY,
      verdict: 'holds',
      detail: 'users freeze only where their machines are full',
      worst: 0,
    };
  }
  const cases = problem.users.flatMap((user, index) => {
    const cap = user.maxTasks?.toNumber() ?? Number.POSITIVE_INFINITY;
    if (!exceeds(cap, honest[index] as number)) return [];
    let more = cap - (honest[index] as number);
    user.demand?.forEach((amount, resource) => {
      const need = amount.toNumber();
      if (need > 0 && divided(resource)) more = Math.min(more, (free[resource] as number) / need);
    });
    const isGain = shares.isWhole
      ? more >= 1 - 1e-9
      : exceeds((honest[index] as number) + more, honest[index] as number);
    return isGain ? [{ text: `${user.name} could have ${short(more)} tasks more at nobody's cost`, size: more }] : [];
  });
  return finding(PROPERTY, cases, 'everyone needs a full resource or has its cap');
}

/** Quasi-linear: the division must have the largest sum of values. */
function welfare(problem: DivideProblem, shares: Shares): Finding {
  const reached = problem.users.reduce(
    (sum, _, index) => sum + moneyValue(problem, index, shares.amounts[index] as readonly number[], shares.isWhole),
    0,
  );
  const best = hasUnitBids(problem) ? bestUnits(problem) : bestBundles(problem);
  const text = `welfare ${short(reached)} of ${short(best)}`;
  return finding(PROPERTY, exceeds(best, reached) ? [{ text, size: best - reached }] : [], text);
}

function bestUnits(problem: DivideProblem): number {
  const bids = problem.users.flatMap((user) => user.marginalBids?.map((bid) => bid.toNumber()) ?? []);
  bids.sort((a, b) => b - a);
  return bids.slice(0, Number(problem.capacity[0]?.floor() ?? 0n)).reduce((sum, bid) => sum + bid, 0);
}

function bestBundles(problem: DivideProblem): number {
  const items = problem.users.map((user, index) => ({
    amounts: user.demand ?? [],
    value: offerOf(problem, index, 'the audit'),
    limit: limitOf(user.maxTasks, user.price !== undefined),
  }));
  return packItems({ capacity: problem.capacity, items }).value.toNumber();
}

/**
 * Linear utilities: a division is efficient iff nothing wanted lies idle and no cycle of trades gains. Good j trades for good k at the
 * best rate value_k / value_j of those who hold j; a cycle whose rates multiply to more than 1 is an improvement.
 */
function trades(problem: DivideProblem, shares: Shares, free: readonly number[]): Finding {
  const goods = problem.resources.map((_, good) => good);
  const value = (user: number, good: number): number => problem.users[user]?.values?.[good]?.toNumber() ?? 0;
  const idle = goods.filter((good) => {
    const isWanted = problem.users.some((_, user) => value(user, good) > 0);
    return isWanted && (free[good] as number) > 1e-7 * (problem.capacity[good]?.toNumber() ?? 0);
  });
  const cases = idle.map((good) => ({ text: `${problem.resources[good]} lies idle`, size: free[good] as number }));
  const rate = goods.map((j) => goods.map((k) => bestRate(problem, shares, value, j, k)));
  for (const middle of goods) {
    for (const j of goods) {
      for (const k of goods) {
        const through = (rate[j]?.[middle] as number) * (rate[middle]?.[k] as number);
        if (through > (rate[j]?.[k] as number)) (rate[j] as number[])[k] = through;
      }
    }
  }
  for (const good of goods) {
    const gain = rate[good]?.[good] as number;
    if (!(gain > 1 + 1e-6)) continue;
    cases.push({
      text: `a cycle of trades through ${problem.resources[good]} gains ${short(gain)} to 1`,
      size: gain - 1,
    });
  }
  return finding(PROPERTY, cases, 'nothing wanted lies idle and no cycle of trades gains');
}

function bestRate(
  problem: DivideProblem,
  shares: Shares,
  value: (user: number, good: number) => number,
  j: number,
  k: number,
): number {
  if (j === k) return 1;
  let best = 0;
  problem.users.forEach((_, user) => {
    const holds = (shares.amounts[user]?.[j] as number) > 1e-7 * (problem.capacity[j]?.toNumber() ?? 0);
    if (!holds) return;
    const own = value(user, j);
    best = Math.max(best, own > 0 ? value(user, k) / own : value(user, k) > 0 ? Number.POSITIVE_INFINITY : 0);
  });
  return best;
}
