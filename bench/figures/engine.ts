import { calibration, type Figure, type Told } from '../figure.js';
import { holdModel } from './hold.js';
import { type ReplayShape, replay, saturatedCycleMs } from './poisson.js';

const AGENTS = 12_500;
const FRAMEWORKS = 100;

function path(shape: Omit<ReplayShape, 'agents' | 'frameworks' | 'load'>): Told {
  const { tasksPerS, counts } = replay({ agents: AGENTS, frameworks: FRAMEWORKS, load: 0.7, ...shape });
  return { value: tasksPerS, counts };
}

/** The queue alone, and the whole path from arrival to recovery with all messages. */
export const engineFigures: Figure[] = [
  { name: 'calibration', unit: 'M iterations/s', better: 'more', measure: calibration },
  ...(
    [
      [1e3, 5],
      [1e5, 3],
      [1e6, 1.5],
    ] as const
  ).map(
    ([pending, floor]): Figure => ({
      name: `hold model, ${pending.toExponential().replace('+', '')} pending`,
      unit: 'M events/s',
      better: 'more',
      floor,
      measure: () => holdModel(pending, 3e6),
    }),
  ),
  {
    name: 'replay, 37 tasks per job',
    unit: 'tasks/s',
    better: 'more',
    floor: 150_000,
    measure: () => path({ tasksPerJob: 37, tasks: 1_000_000 }),
  },
  {
    name: 'replay, 1 task per job',
    unit: 'tasks/s',
    better: 'more',
    floor: 60_000,
    measure: () => path({ tasksPerJob: 1, tasks: 400_000 }),
  },
  {
    name: 'replay, 10 tasks per job, think 0.1 s + 5 ms·n',
    unit: 'tasks/s',
    better: 'more',
    floor: 20_000,
    measure: () => path({ tasksPerJob: 10, tasks: 200_000, tJobUs: 100_000, tTaskUs: 5_000 }),
  },
  {
    name: 'saturated cycle, 10 of 100 frameworks active: offers made',
    unit: 'ms',
    better: 'less',
    floor: 8,
    measure: () => saturatedCycleMs(AGENTS, 10, 100).offeredMs,
  },
  {
    name: 'saturated cycle, 10 of 100 frameworks active: answers taken back',
    unit: 'ms',
    better: 'less',
    floor: 6,
    measure: () => saturatedCycleMs(AGENTS, 10, 100).answeredMs,
  },
  {
    name: 'saturated cluster: simulated seconds per CPU second',
    unit: 's/s',
    better: 'more',
    measure: () => {
      const { offeredMs, answeredMs } = saturatedCycleMs(AGENTS, 10, 100);
      return 1000 / (offeredMs + answeredMs);
    },
  },
];
