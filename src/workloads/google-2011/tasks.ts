import { InputError } from '../../core/errors.js';
import { emptyReport, type JobRecord, type JobSource, type SourceReport } from '../../model/job.js';
import type { TraceContext } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { LineReader } from '../bytes/line-reader.js';
import { AFTER_END, runTimeUs, TaskBook } from '../google/task-book.js';
import type { Happening } from '../google/task-table.js';
import { byTable, plainName } from './layouts.js';

/** Event types of tasks (trace format v2.1): 0 SUBMIT, 1 SCHEDULE, 2 EVICT, 3 FAIL, 4 FINISH, 5 KILL, 6 LOST, 7 and 8 UPDATE. */
const EVENTS: readonly Happening[] = ['submit', 'schedule', 'evict', 'end', 'end', 'end', 'end', 'other', 'other'];

/** Fields of task_events, from 0. */
const TIME = 0;
const JOB = 2;
const INDEX = 3;
const EVENT = 5;
const USER = 6;
const CLASS = 7;
const PRIORITY = 8;
const CPU = 9;
const MEMORY = 10;
const DISK = 11;
const DISTINCT = 12;

/**
 * ClusterData 2011. task_events makes the tasks: (job, index), submitted at its first event, with the last run that ended other than by
 * EVICT. task_usage, named beside it, tells what they really used, task_constraints where they may run; job_events tells nothing more.
 */
export function openGoogle(files: readonly string[], context: TraceContext): JobSource {
  const tables = byTable(files);
  const events = tables.get('task_events');
  if (events === undefined)
    throw new InputError('E_FORMAT', 'task_events is missing: it alone tells of tasks', { file: files[0] ?? '' });
  const report = emptyReport('google-2011', [...files]);
  const issues = new IssueLog(report, context);
  const book = new TaskBook(context, report);
  eachRow(events, report, (reader) => readEvent(reader, book, issues));
  eachRow(tables.get('task_constraints') ?? [], report, (reader) => readConstraint(reader, book, issues));
  eachRow(tables.get('task_usage') ?? [], report, (reader) => readUsage(reader, book, issues));
  issues.flush();
  const records = book.records();
  const next = (): JobRecord | null => {
    const record = records.next();
    if (record.done === true) return null;
    report.jobCount++;
    for (const group of record.value.groups) report.taskCount += group.count;
    return record.value;
  };
  return { report, next, close: () => void records.return(undefined) };
}

/** Rows of files; `read` says whether a row is used. */
function eachRow(files: readonly string[], report: SourceReport, read: (reader: LineReader) => boolean): void {
  for (const file of files) {
    const reader = new LineReader(file);
    try {
      while (reader.nextRow()) {
        if (reader.isBlank) continue;
        report.rowsRead++;
        if (read(reader)) report.rowsKept++;
      }
    } finally {
      reader.close();
    }
  }
}

/** A row with another number of fields is skipped, as is one without time, job or index. */
function isSound(
  reader: LineReader,
  [least, most]: readonly [number, number],
  time: number,
  job: number,
  index: number,
  issues: IssueLog,
): boolean {
  const count = reader.fieldCount;
  if (reader.isBroken) issues.skip(reader, 1, 'E_QUOTE', 'a quote is not closed');
  else if (!reader.isText) issues.skip(reader, 1, 'E_TEXT', 'the row has NUL bytes or is not UTF-8');
  else if (count < least || count > most)
    issues.skip(reader, Math.min(count, most) + 1, 'E_GOOGLE_FIELDS', `a row must have ${least} fields, got ${count}`);
  else if (!(time >= 0) || reader.isEmpty(job) || !(index >= 0))
    issues.skip(reader, 1, 'E_GOOGLE_VALUE', 'time, job and task index must be whole numbers of at least 0');
  else if (time > AFTER_END) issues.skip(reader, 1, 'E_GOOGLE_AFTER_END', 'the event lies after the end of the trace');
  else return true;
  return false;
}

const EVENT_FIELDS = [13, 13] as const;
const CONSTRAINT_FIELDS = [6, 6] as const;
const USAGE_FIELDS = [19, 20] as const;

function readEvent(reader: LineReader, book: TaskBook, issues: IssueLog): boolean {
  const time = reader.number(TIME);
  const index = reader.number(INDEX);
  if (!isSound(reader, EVENT_FIELDS, time, JOB, index, issues)) return false;
  const what = reader.isEmpty(EVENT) ? undefined : EVENTS[reader.number(EVENT)];
  if (what === undefined) {
    issues.skip(reader, EVENT + 1, 'E_GOOGLE_VALUE', `the event type must be 0 to 8, got "${reader.text(EVENT)}"`);
    return false;
  }
  const timeUs = runTimeUs(time);
  const job = book.job(reader.repeated(JOB), timeUs);
  if (job.firstTask < 0) {
    job.user = reader.repeated(USER);
    job.schedulingClass = reader.repeated(CLASS);
  }
  const priority = reader.number(PRIORITY);
  if (!Number.isNaN(priority)) job.priority = priority;
  const { tasks } = book;
  const task = book.task(job, index);
  tasks.asks(task, reader.number(CPU), reader.number(MEMORY), reader.number(DISK));
  if (reader.number(DISTINCT) === 1) tasks.parts(task);
  tasks.happened(task, what, timeUs);
  return true;
}

/** task_constraints: time, job, index, operator (0 =, 1 ≠, 2 <, 3 >), attribute, value. */
function readConstraint(reader: LineReader, book: TaskBook, issues: IssueLog): boolean {
  const index = reader.number(2);
  if (!isSound(reader, CONSTRAINT_FIELDS, reader.number(TIME), 1, index, issues)) return false;
  const operator = reader.number(3);
  const task = book.known(reader.repeated(1), index);
  if (task < 0) {
    issues.skip(reader, 2, 'E_GOOGLE_ORPHAN', 'the task is not in the files');
    return false;
  }
  const value = plainName(reader.text(5));
  if (!(operator === 0 || operator === 1) || value === '') {
    issues.skip(reader, 4, 'E_GOOGLE_CONSTRAINT', 'only equal and not equal to a value can be asked for');
    return false;
  }
  const text = `${plainName(reader.text(4))}${operator === 0 ? '=' : '!='}${value}`;
  book.constrain(task, text);
  return true;
}

/** task_usage: start, end, job, index, machine, mean CPU, canonical memory, … Only what lies in the replayed run is of use. */
function readUsage(reader: LineReader, book: TaskBook, issues: IssueLog): boolean {
  const index = reader.number(3);
  const time = reader.number(TIME);
  if (!isSound(reader, USAGE_FIELDS, time, 2, index, issues)) return false;
  const startUs = runTimeUs(time);
  const [cpus, mem] = [reader.number(5), reader.number(6)];
  if (!(cpus >= 0 && mem >= 0 && reader.number(1) >= time)) {
    issues.skip(reader, 6, 'E_GOOGLE_VALUE', 'uses must be at least 0, the end not before the start');
    return false;
  }
  const task = book.known(reader.repeated(2), index);
  if (task < 0 || !book.used(task, startUs, cpus, mem)) {
    issues.skip(reader, 3, 'E_GOOGLE_ORPHAN', 'the use is of no run that is replayed');
    return false;
  }
  return true;
}
