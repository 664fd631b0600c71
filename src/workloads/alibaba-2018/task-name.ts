/** Names are cut off at this length in the published table. */
const FIELD_LENGTH = 50;

/** What the name of a batch task says: its own number in the job and the numbers of the tasks that it waits for. */
export interface TaskNumbers {
  readonly own: number;
  readonly parents: readonly number[];
  /** The name was cut off at the length of its field: the list of parents is not complete. */
  readonly isCut: boolean;
}

/** Names repeat from job to job: what so many of them say is remembered. */
const MAX_KNOWN = 10_000;
const known = new Map<string, TaskNumbers | null>();

/** As {@link readTaskName}, out of a memory. */
export function parseTaskName(name: string): TaskNumbers | undefined {
  const found = known.get(name);
  if (found !== undefined) return found ?? undefined;
  const numbers = readTaskName(name);
  if (known.size < MAX_KNOWN) known.set(name, numbers ?? null);
  return numbers;
}

/**
 * `M1`, `R2_1`, `J3_1_2`: letters tell the kind of stage, the first number is the task's own, the others are its parents
 * (trace_2018.md §2.3). A part that is no number (`_Stg3`) tells nothing. Names such as `task_Nzg3…` or `MergeTask` are no part of a
 * DAG: undefined.
 */
function readTaskName(name: string): TaskNumbers | undefined {
  const match = /^[A-Za-z]+(\d{1,9})((?:_\w*)?)$/.exec(name);
  if (match === null) return undefined;
  const parts = (match[2] as string).split('_').slice(1);
  const parents = parts.filter((part) => /^\d{1,9}$/.test(part)).map(Number);
  let isCut = parts.length > 0 && parts[parts.length - 1] === '';
  // Parents stand in ascending order: at the end of a full field, a number that is not above the one before it has lost digits.
  if (name.length >= FIELD_LENGTH && parents.length > 1 && (parents.at(-1) as number) <= (parents.at(-2) as number)) {
    parents.pop();
    isCut = true;
  }
  return { own: Number(match[1]), parents, isCut };
}
