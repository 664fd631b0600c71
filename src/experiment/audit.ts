import { mean, sampleSd } from '../core/statistics.js';
import { tCritical } from '../core/student-t.js';
import type { JobRecord } from '../model/job.js';
import type { Scenario } from '../scenario/load.js';
import { Simulation } from '../scenario/simulation.js';

/** What a framework does, or has, otherwise in a counterfactual run. */
export type Counterfactual = 'alone' | 'doubled' | 'trimmed' | 'bundle';

/** One comparison of a framework with itself: means over seeds, paired by seed. */
export interface AuditRow {
  readonly framework: string;
  readonly counterfactual: Counterfactual;
  /** Whose bundle, for `bundle`. */
  readonly other: string;
  readonly base_response_s: number;
  readonly response_s: number;
  /** Counterfactual less base: negative = the framework is better off so. */
  readonly difference_s: number;
  /** 95 % t interval of the paired differences. */
  readonly low_s: number;
  readonly high_s: number;
  /** better: the interval lies below zero; worse: above; same: it holds zero. */
  readonly verdict: 'better' | 'worse' | 'same';
}

export interface AuditReport {
  readonly scenario: string;
  readonly allocator: string;
  readonly seeds: readonly number[];
  readonly rows: readonly AuditRow[];
  readonly gains_by_lying: readonly { readonly framework: string; readonly lie: 'doubled' | 'trimmed' }[];
  readonly envies: readonly { readonly framework: string; readonly other: string }[];
  readonly worse_than_alone: readonly string[];
}

/** Mean response of each framework's jobs, its share of the cluster while it had work, its weight. */
interface Outcome {
  readonly names: readonly string[];
  readonly responsesS: readonly number[];
  readonly shares: readonly number[];
  readonly weights: readonly number[];
  readonly agentCount: number;
}

interface Change {
  /** Row of the framework whose jobs alone stay; -1 = all. */
  readonly only: number;
  /** Part of the agents that there are. */
  readonly share: number;
  /** Row of the framework that lies, and by what its amounts are multiplied; -1 = nobody. */
  readonly liar: number;
  readonly factor: number;
}

const HONEST: Change = { only: -1, share: 1, liar: -1, factor: 1 };

/** Runs the scenario as it is or changed; everything random is drawn from the same streams. */
function play(scenario: Scenario, allocator: string | undefined, seed: number, change: Change): Outcome {
  const sums: { sumS: number; count: number; busyUs: number; sinceUs: number; live: number }[] = [];
  const of = (framework: number) => {
    sums[framework] ??= { sumS: 0, count: 0, busyUs: 0, sinceUs: 0, live: 0 };
    return sums[framework];
  };
  const simulation = new Simulation(change.share === 1 ? scenario : withShare(scenario, change.share), {
    seed,
    allocator,
    changeJob: (record, framework) => changed(record, framework, change),
    observe: () => [
      {
        jobArrived: (job) => {
          const entry = of(job.framework);
          if (entry.live++ === 0) entry.sinceUs = job.submitUs;
        },
        jobEnded: (job) => {
          const entry = of(job.framework);
          entry.sumS += (job.finishUs - job.submitUs) / 1e6;
          entry.count++;
          if (--entry.live === 0) entry.busyUs += job.finishUs - entry.sinceUs;
        },
      },
    ],
  });
  simulation.run();
  const { view, nowUs } = simulation;
  // Work that is not done by the end has taken at least until then.
  for (const job of view.liveJobs()) {
    const entry = of(job.framework);
    entry.sumS += (nowUs - job.submitUs) / 1e6;
    entry.count++;
  }
  const rows = Array.from({ length: view.frameworkCount }, (_, row) => row);
  const shares = rows.map((row) => {
    const entry = of(row);
    const busyUs = entry.busyUs + (entry.live > 0 ? nowUs - entry.sinceUs : 0);
    let share = 0;
    for (let resource = 0; resource < view.resources.count; resource++) {
      const total = view.ledger.integral('total', resource) * (busyUs / Math.max(1, nowUs));
      if (total > 0) share = Math.max(share, view.ledger.frameworkIntegral(row, resource) / total);
    }
    return Math.min(1, share);
  });
  simulation.close();
  return {
    names: rows.map((row) => view.frameworkName(row)),
    responsesS: rows.map((row) => (of(row).count === 0 ? Number.NaN : of(row).sumS / of(row).count)),
    shares,
    weights: rows.map((row) => view.frameworkWeight(row)),
    agentCount: view.agentCount,
  };
}

/** A lie of factor 2 asks for twice of everything; one of 1/2 for half of it, so that each task takes twice as long. */
function changed(record: JobRecord, framework: number, { only, liar, factor }: Change): JobRecord | undefined {
  if (only >= 0 && framework !== only) return undefined;
  if (framework !== liar) return record;
  const groups = record.groups.map((group) => ({
    ...group,
    amounts: group.amounts.map((amount) => Math.round(amount * factor)),
    durationUs: factor < 1 ? Math.round(group.durationUs / factor) : group.durationUs,
    estimateUs: factor < 1 && group.estimateUs >= 0 ? Math.round(group.estimateUs / factor) : group.estimateUs,
  }));
  return { ...record, groups };
}

/** The same scenario on a part of its agents, of each kind at least one; what happens to single agents does not happen. */
function withShare(scenario: Scenario, share: number): Scenario {
  const { document } = scenario;
  const { machineEvents: _events, ...cluster } = document.cluster;
  const agents = cluster.agents.map((entry) =>
    'trace' in entry
      ? { ...entry, maxAgents: Math.max(1, Math.round((entry.maxAgents ?? 1) * share)) }
      : { ...entry, count: Math.max(1, Math.round(entry.count * share)) },
  );
  return { ...scenario, document: { ...document, cluster: { ...cluster, agents }, actions: [] } };
}

/** Compares a framework's responses with and without a change, seed by seed. */
function compareWith(
  base: readonly Outcome[],
  other: readonly Outcome[],
  row: number,
  labels: { counterfactual: Counterfactual; other: string },
): AuditRow {
  const pairs = base
    .map((outcome, index) => [outcome.responsesS[row] as number, other[index]?.responsesS[row] as number] as const)
    .filter((pair) => pair.every(Number.isFinite));
  const differences = pairs.map(([was, is]) => is - was);
  const difference = pairs.length === 0 ? Number.NaN : mean(differences);
  const half =
    pairs.length < 2
      ? Number.NaN
      : (tCritical(0.95, pairs.length - 1) * sampleSd(differences)) / Math.sqrt(pairs.length);
  return {
    framework: base[0]?.names[row] ?? '',
    ...labels,
    base_response_s: pairs.length === 0 ? Number.NaN : mean(pairs.map(([was]) => was)),
    response_s: pairs.length === 0 ? Number.NaN : mean(pairs.map(([, is]) => is)),
    difference_s: difference,
    low_s: difference - half,
    high_s: difference + half,
    verdict: difference + half < 0 ? 'better' : difference - half > 0 ? 'worse' : 'same',
  };
}

/**
 * The fairness properties of a policy measured in a running cluster: sharing incentive (alone on its weighted share of the agents),
 * strategy-proofness (asking for twice or half of what its tasks need) and envy (alone on as many agents as another one had on average,
 * scaled by weights), for each framework, on common random numbers; Ghodsi et al., NSDI 2011, §3 for what they are.
 */
export function audit(scenario: Scenario, seeds: readonly number[], allocator?: string): AuditReport {
  const run = (change: (index: number) => Change): Outcome[] =>
    seeds.map((seed, index) => play(scenario, allocator, seed, change(index)));
  const base = run(() => HONEST);
  const first = base[0] as Outcome;
  const weightSum = first.weights.reduce((sum, weight) => sum + weight, 0);
  const rows: AuditRow[] = [];
  for (let row = 0; row < first.names.length; row++) {
    if (base.every(({ responsesS }) => !Number.isFinite(responsesS[row]))) continue;
    const weight = first.weights[row] as number;
    const add = (counterfactual: Counterfactual, other: string, change: (index: number) => Change): void =>
      void rows.push(compareWith(base, run(change), row, { counterfactual, other }));
    add('alone', '', () => ({ ...HONEST, only: row, share: weight / weightSum }));
    add('doubled', '', () => ({ ...HONEST, liar: row, factor: 2 }));
    add('trimmed', '', () => ({ ...HONEST, liar: row, factor: 0.5 }));
    for (let other = 0; other < first.names.length; other++) {
      if (other === row) continue;
      const scale = weight / (first.weights[other] as number);
      const bundle = (index: number): number => Math.min(1, ((base[index] as Outcome).shares[other] as number) * scale);
      add('bundle', first.names[other] as string, (index) => ({ ...HONEST, only: row, share: bundle(index) }));
    }
  }
  return summarize(scenario, allocator, seeds, rows);
}

function summarize(
  { document }: Scenario,
  allocator: string | undefined,
  seeds: readonly number[],
  rows: readonly AuditRow[],
): AuditReport {
  const better = rows.filter(({ verdict }) => verdict === 'better');
  return {
    scenario: document.name,
    allocator: allocator ?? document.policy?.allocator ?? 'drf',
    seeds,
    rows,
    gains_by_lying: better.flatMap(({ framework, counterfactual }) =>
      counterfactual === 'doubled' || counterfactual === 'trimmed' ? [{ framework, lie: counterfactual }] : [],
    ),
    envies: better.flatMap(({ framework, counterfactual, other }) =>
      counterfactual === 'bundle' ? [{ framework, other }] : [],
    ),
    worse_than_alone: better.flatMap(({ framework, counterfactual }) =>
      counterfactual === 'alone' ? [framework] : [],
    ),
  };
}

/** True when no property was seen broken. */
export function isClean(report: AuditReport): boolean {
  return report.gains_by_lying.length + report.envies.length + report.worse_than_alone.length === 0;
}
