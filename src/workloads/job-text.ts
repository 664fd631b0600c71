import type { JobDependency, JobRecord, TaskGroup, UsageStep } from '../model/job.js';

/** Shapes remembered by number; further ones are written out in full. */
const MAX_SHAPES = 50_000;
const LIST = '\x1f';

/** What groups of a trace mostly have in common. */
type Shape = Pick<
  TaskGroup,
  | 'gang'
  | 'amounts'
  | 'constraints'
  | 'image'
  | 'inputs'
  | 'inputMilliMib'
  | 'outputMilliMib'
  | 'exit'
  | 'retry'
  | 'usage'
>;

/** The shapes met so far, each kept once: a row of text then needs a number instead of eight fields. */
export class Shapes {
  private readonly numbers = new Map<string, number>();
  private readonly shapes: Shape[] = [];

  /** Its number, or the shape as JSON when there are too many. */
  encode(group: TaskGroup): string {
    const key = shortKey(group) ?? shapeKey(group);
    const known = this.numbers.get(key);
    if (known !== undefined) return String(known);
    if (this.shapes.length >= MAX_SHAPES) return shapeKey(group);
    this.numbers.set(key, this.shapes.length);
    this.shapes.push(group);
    return String(this.shapes.length - 1);
  }

  decode(text: string): Shape {
    return text.startsWith('[') ? parseShape(text) : (this.shapes[Number(text)] as Shape);
  }
}

/** Amounts as text: most groups share few. */
const amountTexts = new WeakMap<Float64Array, string>();

function amountText(amounts: Float64Array): string {
  let text = amountTexts.get(amounts);
  if (text === undefined) {
    text = amounts.join();
    amountTexts.set(amounts, text);
  }
  return text;
}

/** What makes groups alike, briefly where there is little to tell; undefined when JSON must tell it. */
function shortKey(group: TaskGroup): string | undefined {
  const { gang, amounts, constraints, image, inputs, outputMilliMib, exit, retry, usage, inputMilliMib } = group;
  const isPlain =
    exit === undefined &&
    retry === undefined &&
    usage === undefined &&
    inputMilliMib === undefined &&
    inputs.length === 0;
  if (!isPlain || constraints !== '' || image !== '' || outputMilliMib !== 0) return undefined;
  return gang ? `g${amountText(amounts)}` : amountText(amounts);
}

function shapeKey(group: TaskGroup): string {
  const { gang, amounts, constraints, image, inputs, outputMilliMib, exit = null, retry = null, usage } = group;
  const { inputMilliMib = null } = group;
  const steps = usage?.map(({ offsetUs, amounts: used }) => [offsetUs, ...used]) ?? null;
  return JSON.stringify([
    gang,
    [...amounts],
    constraints,
    image,
    inputs,
    outputMilliMib,
    exit,
    retry,
    steps,
    inputMilliMib,
  ]);
}

function parseShape(text: string): Shape {
  const [gang, amounts, constraints, image, inputs, outputMilliMib, exit, retry, steps, inputMilliMib] = JSON.parse(
    text,
  ) as [
    boolean,
    number[],
    string,
    string,
    string[],
    number,
    'finished' | 'failed' | null,
    boolean | null,
    number[][] | null,
    number | null,
  ];
  const shape = { gang, amounts: Float64Array.from(amounts), constraints, image, inputs, outputMilliMib };
  const usage = steps?.map(([offsetUs = 0, ...used]): UsageStep => ({ offsetUs, amounts: Float64Array.from(used) }));
  return {
    ...shape,
    ...(exit === null ? {} : { exit }),
    ...(retry === null ? {} : { retry }),
    ...(usage === undefined ? {} : { usage }),
    ...(inputMilliMib === null ? {} : { inputMilliMib }),
  };
}

/** Text that keeps its line and cell: control characters and backslashes are escaped as in JSON. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand in a cell
  return /[\x00-\x1f\\\ud800-\udfff]/.test(text) ? JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"') : text;
}

function unescaped(cell: string): string {
  return cell.includes('\\') ? (JSON.parse(`"${cell.replaceAll('"', '\\"')}"`) as string) : cell;
}

/** A job as lines of tab-separated cells: the job, then each group. */
export function encodeJob(job: JobRecord, shapes: Shapes): string {
  const after = job.after.map(({ job: id, delayUs }) => `${escaped(id)}${LIST}${delayUs}`).join(LIST);
  const head = [job.id, job.user, job.queue, job.class].map(escaped).join('\t');
  let text = `${head}\t${job.submitUs}\t${job.priority}\t${job.deadlineUs}\t${job.groups.length}\t${after}\n`;
  for (const group of job.groups) {
    const waits = group.after.length === 0 ? '' : group.after.map(escaped).join(LIST);
    const times = `${group.durationUs}\t${group.estimateUs}`;
    text += `${group.count}\t${times}\t${shapes.encode(group)}\t${escaped(group.name)}\t${waits}\n`;
  }
  return text;
}

/** The job of a first line, its groups still missing. */
export function decodeJob(line: string): { job: JobRecord; groupCount: number } {
  const [id, user, queue, kind, submit, priority, deadline, groups, after] = line.split('\t');
  const job: JobRecord = {
    id: unescaped(id as string),
    user: unescaped(user as string),
    queue: unescaped(queue as string),
    class: unescaped(kind as string),
    submitUs: Number(submit),
    priority: Number(priority),
    deadlineUs: Number(deadline),
    after: decodeAfter(after as string),
    groups: [],
  };
  return { job, groupCount: Number(groups) };
}

function decodeAfter(cell: string): readonly JobDependency[] {
  if (cell === '') return NONE;
  const parts = cell.split(LIST);
  const after: JobDependency[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2)
    after.push({ job: unescaped(parts[at] as string), delayUs: Number(parts[at + 1]) });
  return after;
}

export function decodeGroup(line: string, shapes: Shapes): TaskGroup {
  const [count, duration, estimate, number, name, waits] = line.split('\t');
  const shape = shapes.decode(number as string);
  // Field by field, as readers make it: all groups have one shape in memory.
  const group: TaskGroup = {
    name: unescaped(name as string),
    count: Number(count),
    gang: shape.gang,
    amounts: shape.amounts,
    durationUs: Number(duration),
    estimateUs: Number(estimate),
    constraints: shape.constraints,
    after: waits === '' ? NONE : (waits as string).split(LIST).map(unescaped),
    image: shape.image,
    inputs: shape.inputs,
    outputMilliMib: shape.outputMilliMib,
  };
  if (shape.inputMilliMib !== undefined) group.inputMilliMib = shape.inputMilliMib;
  if (shape.usage !== undefined) group.usage = shape.usage;
  if (shape.exit !== undefined) group.exit = shape.exit;
  if (shape.retry !== undefined) group.retry = shape.retry;
  return group;
}

const NONE: readonly never[] = Object.freeze([]);
