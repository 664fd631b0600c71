import type { TaskGroup } from '../../model/job.js';
import type { JobView } from '../../model/observer.js';

/**
 * The block of input data that a task reads, empty = none. A group names its blocks, dealt to its tasks in turn; when `hasOwn`, tasks
 * of a group that waits for no other and names none read a block of their own each.
 */
export function inputBlock(job: JobView, group: TaskGroup, index: number, hasOwn: boolean): string {
  const { inputs } = group;
  if (inputs.length > 0) return inputs[index % inputs.length] as string;
  if (!hasOwn || group.after.length > 0) return '';
  return `${job.record.id}/${group.name}/${index}`;
}
