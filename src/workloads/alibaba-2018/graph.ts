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
  const parsed: (TaskNumbers | undefined)[] = [];
  let isGraph = false;
  for (let index = 0; index < names.length; index++) {
    const numbers = parseTaskName(names[index] as string);
    parsed.push(numbers);
    isGraph ||= numbers !== undefined;
  }
  if (!isGraph) return names.map(() => NONE);
  const numbered = names.length > FEW ? byOwnNumber(parsed) : undefined;
  const waits = parsed.map((numbers, index) => {
    if (numbers === undefined) return NONE;
    const place = places[index] as RowPlace;
    if (numbers.isCut)
      issues.repair(place, NAME_COLUMN, 'E_ALIBABA_CUT', `the task name is cut off: "${names[index]}" waits for more`);
    return parentsOf(numbers, names[index] as string, parsed, numbered, place, issues);
  });
  return hasCycle(waits) ? undefined : waits;
}

/** Up to so many tasks, looking at each costs less than a map. */
const FEW = 24;

/** Tasks by their own numbers. */
function byOwnNumber(parsed: readonly (TaskNumbers | undefined)[]): Map<number, number[]> {
  const tasks = new Map<number, number[]>();
  for (const [index, numbers] of parsed.entries()) {
    if (numbers === undefined) continue;
    const list = tasks.get(numbers.own);
    if (list === undefined) tasks.set(numbers.own, [index]);
    else list.push(index);
  }
  return tasks;
}

function parentsOf(
  { parents }: TaskNumbers,
  name: string,
  parsed: readonly (TaskNumbers | undefined)[],
  numbered: ReadonlyMap<number, readonly number[]> | undefined,
  place: RowPlace,
  issues: IssueLog,
): readonly number[] {
  if (parents.length === 0) return NONE;
  const waits: number[] = [];
  for (const parent of parents.length === 1 ? parents : new Set(parents)) {
    const before = waits.length;
    if (numbered !== undefined) waits.push(...(numbered.get(parent) ?? NONE));
    else for (let index = 0; index < parsed.length; index++) if (parsed[index]?.own === parent) waits.push(index);
    if (waits.length > before) continue;
    const rule = `task "${name}" waits for task ${parent}, of which the job has no usable row`;
    issues.repair(place, NAME_COLUMN, 'E_ALIBABA_PARENT', rule);
  }
  return waits;
}
