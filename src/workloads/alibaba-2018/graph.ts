import type { IssueLog, RowPlace } from '../bytes/issues.js';
import { hasCycle } from '../dag.js';
import { parseTaskName, type TaskNumbers } from './task-name.js';

/** Column of the task's name in both batch tables, from 1. */
const NAME_COLUMN = 1;

const NONE: readonly never[] = Object.freeze([]);

/** For each task of a job, the tasks that it waits for; undefined when they form a circle. Cut names and unknown parents are counted. */
export function dependencies(
  names: readonly string[],
  places: readonly RowPlace[],
  issues: IssueLog,
): readonly (readonly number[])[] | undefined {
  const byNumber = new Map<number, number[]>();
  const parsed: (TaskNumbers | undefined)[] = [];
  for (const [index, name] of names.entries()) {
    const numbers = parseTaskName(name);
    parsed.push(numbers);
    if (numbers === undefined) continue;
    const list = byNumber.get(numbers.own);
    if (list === undefined) byNumber.set(numbers.own, [index]);
    else list.push(index);
  }
  if (byNumber.size === 0) return names.map(() => []);
  const waits = parsed.map((numbers, index) => {
    if (numbers === undefined) return NONE;
    const place = places[index] as RowPlace;
    if (numbers.isCut)
      issues.repair(place, NAME_COLUMN, 'E_ALIBABA_CUT', `the task name is cut off: "${names[index]}" waits for more`);
    return parentsOf(numbers, names[index] as string, byNumber, place, issues);
  });
  return hasCycle(waits) ? undefined : waits;
}

function parentsOf(
  numbers: TaskNumbers,
  name: string,
  byNumber: ReadonlyMap<number, readonly number[]>,
  place: RowPlace,
  issues: IssueLog,
): readonly number[] {
  const { parents } = numbers;
  if (parents.length === 0) return NONE;
  const waits: number[] = [];
  for (const parent of parents.length === 1 ? parents : new Set(parents)) {
    const found = byNumber.get(parent);
    if (found === undefined) {
      const rule = `task "${name}" waits for task ${parent}, of which the job has no usable row`;
      issues.repair(place, NAME_COLUMN, 'E_ALIBABA_PARENT', rule);
    } else waits.push(...found);
  }
  return waits;
}
