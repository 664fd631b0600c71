import { Fraction, sumOf } from '../../allocators/math/fraction.js';
import { weightedMaxMin } from '../../allocators/math/progressive-filling.js';
import { Streams } from '../../core/random.js';
import { paretoFinding } from './audit-pareto.js';
import { exceeds, type Finding, finding, short } from './findings.js';
import { misreports } from './misreports.js';
import type { Outcome } from './outcome.js';
import type { DivideProblem } from './problem.js';
import { rerun, type Shares, type Subject, sharesOf, utilities, utilityOf } from './utility.js';
import { withCapacity, withoutUser, withUser } from './variants.js';

/** Audits one division: what it guarantees on this problem, and what it does not. */
export function audit(problem: DivideProblem, subject: Subject, outcome: Outcome): Finding[] {
  if (subject.kind === 'none') {
    const detail = 'the problem does not say what users want beyond the rule';
    return [{ property: 'all', verdict: 'not applicable', detail, worst: 0 }];
  }
  const shares = sharesOf(subject, outcome);
  const honest = utilities(subject, problem, shares);
  return [
    paretoFinding(problem, subject, shares, honest),
    envy(problem, subject, shares, honest),
    subject.kind === 'money' ? rationality(honest) : sharingIncentive(problem, subject, honest),
    strategyProofness(problem, subject, honest),
    bottleneckFairness(problem, subject, shares),
    populationMonotone(problem, subject, honest),
    resourceMonotone(problem, subject, honest),
  ];
}

function envy(problem: DivideProblem, subject: Subject, shares: Shares, honest: readonly number[]): Finding {
  const rights = problem.users.map((user) => subject.policy.entitlement(user).toNumber());
  const cases: { text: string; size: number }[] = [];
  problem.users.forEach((user, i) => {
    problem.users.forEach((other, j) => {
      if (i === j) return;
      const factor = subject.kind === 'money' ? 1 : (rights[i] as number) / (rights[j] as number);
      const bundle = (shares.amounts[j] as readonly number[]).map((amount) => amount * factor);
      const wish = utilityOf(subject, problem, i, bundle, shares.payments[j] as number, shares.isWhole);
      const own = honest[i] as number;
      if (!exceeds(wish, own)) return;
      cases.push({ text: `${user.name} envies ${other.name} (${short(wish)} > ${short(own)})`, size: wish - own });
    });
  });
  return finding('envy-free', cases, 'nobody prefers another bundle, scaled by entitlement');
}

function rationality(honest: readonly number[]): Finding {
  const cases = honest.flatMap((value, index) =>
    exceeds(0, value) ? [{ text: `user ${index + 1} pays ${short(-value)} above its value`, size: -value }] : [],
  );
  return finding('individually rational', cases, 'nobody pays more than its value');
}

function sharingIncentive(problem: DivideProblem, subject: Subject, honest: readonly number[]): Finding {
  const rights = problem.users.map((user) => subject.policy.entitlement(user));
  const total = sumOf(rights);
  const cases = problem.users.flatMap((user, index) => {
    const part = (rights[index] as Fraction).over(total).toNumber();
    const alone = utilityOf(
      subject,
      problem,
      index,
      problem.capacity.map((c) => c.toNumber() * part),
      0,
      false,
    );
    const own = honest[index] as number;
    return exceeds(alone, own)
      ? [{ text: `${user.name} has ${short(own)}, alone with its part ${short(alone)}`, size: alone - own }]
      : [];
  });
  return finding('sharing incentive', cases, 'everyone has at least what its part of the whole gives alone');
}

/** Misreports × users × resources at most: larger problems are probed more thinly. */
const PROBE_WORK = 400_000;

/** Evenly spread members of a list, at least one. */
function thinned<T>(list: readonly T[], most: number): T[] {
  const step = Math.max(1, Math.ceil(list.length / Math.max(1, most)));
  return list.filter((_, index) => index % step === 0);
}

function strategyProofness(problem: DivideProblem, subject: Subject, honest: readonly number[]): Finding {
  const random = new Streams('divide').stream('misreports');
  const cases: { text: string; size: number }[] = [];
  let tried = 0;
  const perUser = Math.floor(PROBE_WORK / (problem.users.length ** 2 * problem.resources.length));
  problem.users.forEach((user, index) => {
    let best: { text: string; size: number } | undefined;
    for (const lie of thinned(misreports(problem, index, subject.kind, random), perUser)) {
      tried++;
      const shares = rerun(subject, withUser(problem, index, lie.change));
      const bundle = shares.amounts[index] as readonly number[];
      const value = utilityOf(subject, problem, index, bundle, shares.payments[index] as number, shares.isWhole);
      const size = value - (honest[index] as number);
      if (!exceeds(value, honest[index] as number) || size <= (best?.size ?? 0)) continue;
      const text = `${user.name} gains by ${lie.text} (${short(honest[index] as number)} → ${short(value)})`;
      best = { text, size };
    }
    if (best !== undefined) cases.push(best);
  });
  if (tried === 0) {
    return { property: 'strategy-proof', verdict: 'not applicable', detail: 'nothing to misreport', worst: 0 };
  }
  return finding('strategy-proof', cases, `no gain found among ${tried} misreports`);
}

function bottleneckFairness(problem: DivideProblem, subject: Subject, shares: Shares): Finding {
  const property = 'bottleneck fair';
  const none = (detail: string): Finding => ({ property, verdict: 'not applicable', detail, worst: 0 });
  if (subject.kind !== 'tasks') return none('users do not demand bundles of tasks');
  const resource = commonBottleneck(problem);
  if (resource < 0) return none('no resource is the most demanded one of every user');
  const units = weightedMaxMin(
    problem.capacity[resource] as Fraction,
    problem.users.map((user) =>
      user.maxTasks === undefined
        ? (problem.capacity[resource] as Fraction)
        : user.maxTasks.times(user.demand?.[resource] as Fraction),
    ),
    problem.users.map((user) => subject.policy.entitlement(user)),
  );
  const cases = problem.users.flatMap((user, index) => {
    const fair = (units[index] as Fraction).toNumber();
    const own = shares.amounts[index]?.[resource] as number;
    return exceeds(fair, own)
      ? [
          {
            text: `${user.name} has ${short(own)} of ${problem.resources[resource]}, max-min ${short(fair)}`,
            size: fair - own,
          },
        ]
      : [];
  });
  return finding(property, cases, `"${problem.resources[resource]}" is divided max-min`);
}

/** The resource of which every user needs its largest share, or -1. */
function commonBottleneck(problem: DivideProblem): number {
  return problem.resources.findIndex((_, resource) =>
    problem.users.every((user) => {
      const shares = (user.demand ?? []).map((amount, r) => amount.over(problem.capacity[r] as Fraction));
      return shares.every((share) => share.compare(shares[resource] as Fraction) <= 0);
    }),
  );
}

function populationMonotone(problem: DivideProblem, subject: Subject, honest: readonly number[]): Finding {
  const property = 'population monotone';
  if (problem.users.length < 2) return { property, verdict: 'not applicable', detail: 'one user', worst: 0 };
  const cases = problem.users.flatMap((gone, index) => {
    const rest = withoutUser(problem, index);
    const after = utilities(subject, rest, rerun(subject, rest));
    const before = honest.filter((_, other) => other !== index);
    return losses(rest, before, after, `when ${gone.name} leaves`);
  });
  return finding(property, cases, 'nobody falls when another leaves');
}

function resourceMonotone(problem: DivideProblem, subject: Subject, honest: readonly number[]): Finding {
  const cases = problem.resources.flatMap((name, resource) =>
    ['5/4', '2'].flatMap((factor) => {
      const more = withCapacity(problem, resource, Fraction.of(factor));
      if (subject.kind === 'money' && more.capacity.some((amount) => amount.denominator !== 1n)) return [];
      const after = utilities(subject, more, rerun(subject, more));
      return losses(more, honest, after, `with ${name} × ${factor}`);
    }),
  );
  return finding('resource monotone', cases, 'nobody falls when a resource grows by a quarter or doubles');
}

function losses(
  problem: DivideProblem,
  before: readonly number[],
  after: readonly number[],
  when: string,
): { text: string; size: number }[] {
  return problem.users.flatMap((user, index) => {
    const [old, now] = [before[index] as number, after[index] as number];
    return exceeds(old, now)
      ? [{ text: `${user.name} falls from ${short(old)} to ${short(now)} ${when}`, size: old - now }]
      : [];
  });
}
