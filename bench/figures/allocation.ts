import { type Figure, median } from '../figure.js';
import { type CycleBench, type CycleTimes, changedAgents, declineOffers, suppressOffers } from './allocation-cycle.js';

/** Warm: the first cycles of a process are several times slower. */
function warm(quota: boolean): void {
  declineOffers({ agents: 1000, frameworks: 100, quota, roundCount: 20 });
}

function rounds(bench: CycleBench, run: (bench: CycleBench) => CycleTimes): number {
  warm(bench.quota === true);
  return median(run(bench).roundsMs);
}

function figure(name: string, bench: CycleBench, run: (bench: CycleBench) => CycleTimes, floor?: number): Figure {
  const size = `${bench.agents.toLocaleString('en-US')} agents × ${bench.frameworks} frameworks`;
  const base: Figure = { name: `${name}, ${size}`, unit: 'ms', better: 'less', measure: () => rounds(bench, run) };
  return floor === undefined ? base : { ...base, floor };
}

const CHANGED: readonly [number, string][] = [
  [0, '0 %'],
  [100, '1 %'],
  [10_000, '100 %'],
];

/** The rounds of Mesos's own allocator benchmark, on the engine that takes its decisions. */
export const allocationFigures: Figure[] = [
  figure('DeclineOffers', { agents: 1000, frameworks: 50 }, declineOffers),
  figure('DeclineOffers', { agents: 5000, frameworks: 200 }, declineOffers),
  figure('DeclineOffers', { agents: 10_000, frameworks: 500 }, declineOffers, 30),
  figure('DeclineOffers with quota', { agents: 1000, frameworks: 50, quota: true }, declineOffers),
  figure('DeclineOffers with quota', { agents: 5000, frameworks: 200, quota: true }, declineOffers, 100),
  figure('DeclineOffers with reservations', { agents: 10_000, frameworks: 500, reservations: true }, declineOffers),
  figure('SuppressOffers', { agents: 10_000, frameworks: 500 }, suppressOffers),
  ...CHANGED.map(
    ([changed, share]): Figure => ({
      name: `event-driven run, ${share} of 10,000 agents changed`,
      unit: 'ms',
      better: 'less',
      measure: () => {
        warm(false);
        return changedAgents({ agents: 10_000, frameworks: 500 }, changed, changed < 1000 ? 200 : 10);
      },
    }),
  ),
];
