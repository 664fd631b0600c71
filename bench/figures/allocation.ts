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

const SIZES: readonly [agents: number, frameworks: number][] = [
  [1000, 50],
  [5000, 200],
  [10_000, 500],
];

/** The first run of all, which offers every agent; on code that is warm. */
function firstOffers(bench: CycleBench): number {
  warm(false);
  return declineOffers({ ...bench, roundCount: 1 }).roundsMs[0] ?? Number.NaN;
}

/** All rounds at one size; floors stand where one was set. */
function roundsOf([agents, frameworks]: readonly [number, number]): Figure[] {
  const size = { agents, frameworks };
  return [
    { ...figure('first offers', size, declineOffers), measure: () => firstOffers(size) },
    figure('DeclineOffers', size, declineOffers, agents === 10_000 ? 30 : undefined),
    figure('DeclineOffers with quota', { ...size, quota: true }, declineOffers, agents === 5000 ? 100 : undefined),
    figure('DeclineOffers with reservations', { ...size, reservations: true }, declineOffers),
    figure('SuppressOffers', size, suppressOffers),
  ];
}

/** The rounds of Mesos's own allocator benchmark, on the engine that takes its decisions. */
export const allocationFigures: Figure[] = [
  ...SIZES.flatMap(roundsOf),
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
