import { FOREVER_US, type JobRecord, type TaskGroup } from '../../model/job.js';
import { CPUS, MEM } from '../../model/resources.js';

/** A job as formats of rigid jobs tell it: so many processors for so long. */
export interface RigidJob {
  readonly processors: number;
  readonly runUs: number;
  /** -1 = unknown. */
  readonly estimateUs: number;
  /** Largest memory of a processor, thousandths of a MiB. */
  readonly memMilliMib: number;
}

/**
 * Processors are the CPUs of all tasks that may run at once (whole ones per task), run time is the longest chain of groups that wait
 * for each other. Undefined when the job has no end.
 */
export function rigidJob({ groups }: JobRecord): RigidJob | undefined {
  if (groups.some(({ durationUs }) => durationUs === FOREVER_US)) return undefined;
  const ends = new Map<string, { level: number; endUs: number }>();
  const widths: number[] = [];
  let runUs = 0;
  let estimateUs = -1;
  let memMilliMib = 0;
  for (const group of inOrder(groups)) {
    let level = 0;
    let startUs = 0;
    for (const name of group.after) {
      const parent = ends.get(name);
      level = Math.max(level, (parent?.level ?? -1) + 1);
      startUs = Math.max(startUs, parent?.endUs ?? 0);
    }
    const endUs = startUs + group.durationUs;
    ends.set(group.name, { level, endUs });
    const cpus = Math.max(1, Math.ceil((group.amounts[CPUS] as number) / 1000));
    widths[level] = (widths[level] ?? 0) + group.count * cpus;
    runUs = Math.max(runUs, endUs);
    if (group.estimateUs >= 0) estimateUs = Math.max(estimateUs, startUs + group.estimateUs);
    memMilliMib = Math.max(memMilliMib, Math.ceil((group.amounts[MEM] as number) / cpus));
  }
  return { processors: Math.max(...widths), runUs, estimateUs, memMilliMib };
}

/** Groups such that each comes after those that it waits for. The guard has seen to it that there is no circle. */
function inOrder(groups: readonly TaskGroup[]): readonly TaskGroup[] {
  if (groups.every(({ after }) => after.length === 0)) return groups;
  const waiting = new Map(groups.map((group) => [group.name, group.after.length]));
  const dependants = new Map<string, TaskGroup[]>();
  for (const group of groups) {
    for (const parent of group.after) {
      const known = dependants.get(parent);
      if (known === undefined) dependants.set(parent, [group]);
      else known.push(group);
    }
  }
  const ready = groups.filter(({ after }) => after.length === 0);
  for (const { name } of ready) {
    for (const child of dependants.get(name) ?? []) {
      const left = (waiting.get(child.name) ?? 0) - 1;
      waiting.set(child.name, left);
      if (left === 0) ready.push(child);
    }
  }
  return ready;
}
