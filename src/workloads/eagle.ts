import type { JobRecord, TaskGroup } from '../model/job.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { AmountsMemo } from './amounts-memo.js';
import type { IssueLog } from './bytes/issues.js';
import { LineReader } from './bytes/line-reader.js';
import { eagleFacts } from './facts/eagle-facts.js';
import { type JobMaker, jobRecord, madeJobs } from './records.js';
import { MAX_SECONDS, MAX_TASKS } from './rows.js';
import { type LookAhead, OrderScout } from './scout.js';

/** Fields before the run times: submit time, number of tasks, mean run time. */
const HEAD = 3;

/**
 * Traces of Eagle, Hawk and Sparrow: a line is a job, `submit tasks mean duration…` in seconds. Tasks that run equally long are one
 * group; the mean is what these schedulers go by, so it is the estimate of each. Ids are line numbers: the format has none.
 */
function openEagle(files: readonly string[], context: TraceContext) {
  const memo = new AmountsMemo(context.resources);
  const { cpus, memMib } = context.options;
  const amounts = memo.of(Math.round(Number(cpus) * 1000), Math.round(Number(memMib) * 1000));
  const scout = () => lookAheadOf(files);
  const make: JobMaker = function* (report, issues) {
    for (const file of files) {
      const reader = new LineReader(file);
      try {
        while (reader.nextLine()) {
          if (reader.isBlank) continue;
          report.rowsRead++;
          const job = parseLine(reader, files.length > 1 ? `${files.indexOf(file) + 1}-` : '', issues, amounts);
          if (job === undefined) continue;
          report.rowsKept++;
          yield job;
        }
      } finally {
        reader.close();
      }
    }
  };
  return madeJobs('eagle', files, context, make, scout);
}

/** Whether the lines stand in order of their first field. */
function lookAheadOf(files: readonly string[]): LookAhead {
  const order = new OrderScout();
  for (const file of files) {
    const reader = new LineReader(file);
    try {
      while (reader.nextLine()) if (reader.splitBlanks(1) > 0 && !order.sees(reader.number(0))) return undefined;
    } finally {
      reader.close();
    }
  }
  return order.lookAhead;
}

/** How many tasks run equally long, in the order in which they are met. */
class RunTimes {
  size = 0;
  durations: number[] = [];
  counts: number[] = [];
  /** Where a run time stands, once there are too many to look at each. */
  private readonly places = new Map<number, number>();

  clear(): void {
    if (this.size > FEW) this.places.clear();
    this.size = 0;
  }

  add(durationUs: number): void {
    const at = this.size <= FEW ? this.placeOf(durationUs) : (this.places.get(durationUs) ?? this.size);
    if (at < this.size) {
      this.counts[at] = (this.counts[at] as number) + 1;
      return;
    }
    this.durations[at] = durationUs;
    this.counts[at] = 1;
    this.size++;
    if (this.size > FEW) this.places.set(durationUs, at);
    if (this.size === FEW + 1)
      for (let known = 0; known < at; known++) this.places.set(this.durations[known] as number, known);
  }

  private placeOf(durationUs: number): number {
    let at = 0;
    while (at < this.size && this.durations[at] !== durationUs) at++;
    return at;
  }
}
const FEW = 32;

const NONE: readonly never[] = Object.freeze([]);

/** Names of groups are their numbers; keys of objects are texts that are the same only if they are one. */
const NAMES = Object.keys(Array.from({ length: 1000 }));
const nameOf = (index: number): string => NAMES[index] ?? String(index);

const runs = new RunTimes();
/** Whole run times of a line, as many as are read at a time. */
const whole = new Float64Array(1024);

function parseLine(reader: LineReader, prefix: string, issues: IssueLog, amounts: Float64Array): JobRecord | undefined {
  const fields = reader.splitBlanks();
  if (!reader.isText) return void issues.skip(reader, 1, 'E_TEXT', 'the row has NUL bytes');
  const count = reader.number(1);
  const skip = (column: number, code: string, rule: string): undefined =>
    void issues.skip(reader, column, code, `${rule}, got "${reader.text(column - 1)}"`);
  if (!(count >= 1 && count <= MAX_TASKS && Number.isInteger(count)))
    return skip(2, 'E_EAGLE_VALUE', `the number of tasks must be a whole number from 1 to ${MAX_TASKS}`);
  if (fields !== HEAD + count)
    return skip(2, 'E_EAGLE_FIELDS', `a line of ${count} tasks must have ${HEAD + count} fields, it has ${fields}`);
  runs.clear();
  // Run times are mostly short whole numbers, which need no check.
  const read = reader.wholeNumbers(HEAD, whole);
  for (let index = 0; index < read; index++) runs.add((whole[index] as number) * 1e6);
  for (let field = 0; field < fields; field++) {
    if (field === HEAD) field += read;
    if (field === fields) break;
    const value = reader.number(field);
    if (!(value >= 0 && value <= MAX_SECONDS))
      return skip(field + 1, 'E_EAGLE_VALUE', 'times must be seconds of at least 0');
    if (field >= HEAD) runs.add(Math.round(value * 1e6));
  }
  const estimateUs = Math.round(reader.number(2) * 1e6);
  const groups: TaskGroup[] = [];
  const { durations, counts, size } = runs;
  for (let index = 0; index < size; index++)
    groups.push({
      name: size === 1 ? '' : nameOf(index),
      count: counts[index] as number,
      gang: false,
      amounts,
      durationUs: durations[index] as number,
      estimateUs,
      constraints: '',
      after: NONE,
      image: '',
      inputs: NONE,
      outputMilliMib: 0,
    });
  return jobRecord({ id: `${prefix}${reader.line}`, submitUs: Math.round(reader.number(0) * 1e6), groups });
}

export const eagle: TraceFormat = {
  name: 'eagle',
  summary: 'traces of the Eagle, Hawk and Sparrow simulators (.tr): a line per job with the run time of each task',
  source: 'epfl-labos/eagle simulation/README.md; Delgado et al., SoCC 2016',
  options: {
    cpus: {
      type: 'number',
      default: 1,
      range: [0, 1e6],
      unit: 'CPUs',
      help: 'of every task: a slot of those simulators',
    },
    memMib: { type: 'number', default: 0, range: [0, 1e9], unit: 'MiB', help: 'of every task' },
  },
  detect: ({ head, name }) => {
    const line = new TextDecoder().decode(head).split(/\r?\n/)[0] ?? '';
    const cells = line.trim().split(/\s+/);
    const isNumeric = cells.slice(0, HEAD).every((cell) => /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(cell));
    if (!isNumeric || cells.length < HEAD + 1) return 0;
    const isWhole = cells.length === HEAD + Number(cells[1]);
    if (name.endsWith('.tr')) return 1;
    return isWhole ? 0.6 : 0;
  },
  facts: eagleFacts,
  openJobs: openEagle,
};
