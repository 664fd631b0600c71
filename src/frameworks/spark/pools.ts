import { InputError } from '../../core/errors.js';
import type { TaskSet } from './task-set.js';

interface Pool {
  readonly name: string;
  readonly weight: number;
  readonly minShare: number;
}

/** Order of task sets in an offer round. */
export type SetOrder = (sets: readonly TaskSet[]) => TaskSet[];

/** Job first, then stage (FIFOSchedulingAlgorithm). */
export const fifoOrder: SetOrder = (sets) => [...sets].sort((a, b) => a.sequence - b.sequence);

/**
 * FAIR (FairSchedulingAlgorithm): pools below their minimum share first, by running / minShare; then by running / weight; ties by
 * name. It counts tasks, not cores. Inside a pool FIFO.
 */
export function fairOrder(text: string): SetOrder {
  const pools = parsePools(text);
  return (sets) => {
    const running = new Map<string, number>();
    for (const set of sets) running.set(set.pool, (running.get(set.pool) ?? 0) + set.runningCount);
    const poolOf = (set: TaskSet): Pool => pools.get(set.pool) ?? { name: set.pool, weight: 1, minShare: 0 };
    return [...sets].sort((a, b) => comparePools(poolOf(a), poolOf(b), running) || a.sequence - b.sequence);
  };
}

function comparePools(a: Pool, b: Pool, running: ReadonlyMap<string, number>): number {
  const runningA = running.get(a.name) ?? 0;
  const runningB = running.get(b.name) ?? 0;
  const isNeedyA = runningA < a.minShare;
  const isNeedyB = runningB < b.minShare;
  if (isNeedyA !== isNeedyB) return isNeedyA ? -1 : 1;
  const difference = isNeedyA
    ? runningA / Math.max(a.minShare, 1) - runningB / Math.max(b.minShare, 1)
    : runningA / a.weight - runningB / b.weight;
  return difference !== 0 ? difference : a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** `name:weight:minShare;…`; weight 1 and minShare 0 may be left out. */
function parsePools(text: string): Map<string, Pool> {
  const pools = new Map<string, Pool>();
  for (const part of text.split(';').filter((piece) => piece.trim() !== '')) {
    const [name = '', weight = '1', minShare = '0', ...rest] = part.split(':').map((piece) => piece.trim());
    const isRight = name !== '' && Number(weight) > 0 && Number(minShare) >= 0 && rest.length === 0;
    if (!isRight) throw new InputError('E_OPTION_VALUE', `spark[pools] must be name:weight:minShare;…, got "${part}"`);
    pools.set(name, { name, weight: Number(weight), minShare: Number(minShare) });
  }
  return pools;
}
