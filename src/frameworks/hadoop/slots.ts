import type { Amounts } from '../../model/resources.js';
import type { MapReduceJob } from './job.js';
import type { HadoopSettings } from './settings.js';

export interface SlotCounts {
  readonly maps: number;
  readonly reduces: number;
}

/** Neither kind gets less of an offer than this when both are needed. */
const LEAST_SHARE = 0.25;

/** Slots wanted: what waits (at least the minimum), less what idles or is on its way (ResourcePolicy.computeNeededSlots). */
export function neededSlots(
  settings: HadoopSettings,
  jobs: Iterable<MapReduceJob>,
  idleMaps: number,
  idleReduces: number,
): SlotCounts {
  let maps = 0;
  let reduces = 0;
  for (const job of jobs) {
    maps += job.waitingMaps + (settings.countsCleanup ? 1 : 0);
    reduces += job.waitingReduces;
  }
  return {
    maps: Math.max(settings.minMapSlots, maps) - idleMaps,
    reduces: Math.max(settings.minReduceSlots, reduces) - idleReduces,
  };
}

/** Slots of a tracker in what is held on one agent; undefined = it is declined. */
export function slotsIn(
  settings: HadoopSettings,
  held: Amounts,
  tracker: Amounts,
  slot: Amounts,
  needed: SlotCounts,
): SlotCounts | undefined {
  const count = countIn(held, tracker, slot);
  const { mapSlots, reduceSlots, policy } = settings;
  if (policy === 'fixed') return count >= mapSlots + reduceSlots ? { maps: mapSlots, reduces: reduceSlots } : undefined;
  const maps = Math.max(0, needed.maps);
  const reduces = Math.max(0, needed.reduces);
  if (count < 1 || maps + reduces === 0) return undefined;
  if (count >= maps + reduces && maps < mapSlots && reduces < reduceSlots) return { maps, reduces };
  return split(settings, count, maps, reduces);
}

function countIn(held: Amounts, tracker: Amounts, slot: Amounts): number {
  let count = Number.POSITIVE_INFINITY;
  for (let resource = 0; resource < held.length; resource++) {
    const each = slot[resource] as number;
    const left = (held[resource] as number) - (tracker[resource] as number);
    if (left < 0) return 0;
    if (each > 0) count = Math.min(count, Math.floor(left / each));
  }
  return Number.isFinite(count) ? count : 0;
}

/** In proportion to the needs, each kind at least a quarter when both are needed (ResourcePolicyVariable.computeSlots). */
function split({ mapSlots, reduceSlots }: HadoopSettings, count: number, maps: number, reduces: number): SlotCounts {
  const share = maps / (maps + reduces);
  const clamped = maps > 0 && reduces > 0 ? Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, share)) : share;
  const mapCount = Math.min(mapSlots, maps, Math.max(1, Math.round(clamped * count)));
  return { maps: mapCount, reduces: Math.min(reduceSlots, reduces, count - mapCount) };
}
