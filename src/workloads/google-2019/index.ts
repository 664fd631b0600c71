import {
  countReason,
  emptyReport,
  type JobRecord,
  type JobSource,
  type MachineEvent,
  type SourceReport,
} from '../../model/job.js';
import { CPUS, MEM } from '../../model/resources.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { google2019Facts } from '../facts/google-2019-facts.js';
import { EventQueue, type EventSink, EventsInOrder, OutOfOrder } from '../google/event-queue.js';
import { AFTER_END, runTimeUs, scaleOptions, TaskBook } from '../google/task-book.js';
import { agentsAt, eventsAfter, inTimeOrder } from '../machine-list.js';
import { eventOfType, isAllocSet, machineEventName } from './events.js';
import { byTable, type ExportRow, eachExportRow, FIELD, needs, type TableName, tableOf } from './rows.js';

/**
 * ClusterData 2019. instance_events makes the tasks; collection_events, named beside it, their users and what they wait for;
 * instance_usage what they really used. Alloc sets are left out: they hold resources in which tasks of other collections run.
 */
function openJobs(files: readonly string[], context: TraceContext): JobSource {
  const tables = byTable(files);
  needs(tables, 'instance_events', files[0] ?? '');
  const { report, book } = readTables(files, tables, context);
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

type Tables = ReadonlyMap<TableName | undefined, string[]>;

/** Events that stand in order of time are carried out as they are read; at the first that does not, all are read again and sorted. */
function readTables(files: readonly string[], tables: Tables, context: TraceContext): Reading {
  // Who listens to issues must hear each once.
  if (context.onIssue !== undefined) return readSorted(files, tables, context);
  const reading = new Reading(files, context);
  try {
    reading.read(tables, new EventsInOrder(reading.book));
    return reading;
  } catch (error) {
    if (!(error instanceof OutOfOrder)) throw error;
    return readSorted(files, tables, context);
  }
}

function readSorted(files: readonly string[], tables: Tables, context: TraceContext): Reading {
  const reading = new Reading(files, context);
  const queue = new EventQueue();
  reading.read(tables, queue, () => {
    if (queue.moved > 0) countReason(reading.report.repaired, 'E_ORDER', queue.moved);
    queue.carryOut(reading.book);
  });
  return reading;
}

/** What is made of the tables. */
class Reading {
  readonly report: SourceReport;
  readonly book: TaskBook;
  private readonly issues: IssueLog;

  constructor(files: readonly string[], context: TraceContext) {
    this.report = emptyReport('google-2019', [...files]);
    this.issues = new IssueLog(this.report, context);
    this.book = new TaskBook(context, this.report);
  }

  read(tables: Tables, events: EventSink, carryOut?: () => void): void {
    const { book, issues } = this;
    this.each(tables.get('instance_events') ?? [], (row) => readInstance(row, book, events, issues));
    carryOut?.();
    this.each(tables.get('collection_events') ?? [], (row) => readCollection(row, book, issues));
    this.each(tables.get('instance_usage') ?? [], (row) => readUsage(row, book, issues));
    issues.flush();
  }

  private each(files: readonly string[], read: (row: ExportRow) => boolean): void {
    const { report } = this;
    eachExportRow(files, report, this.issues, (row) => {
      if (read(row)) report.rowsKept++;
    });
  }
}

/** Time of an event in the run, its collection, and what it does to an instance; undefined = the row was skipped. */
function eventOf(row: ExportRow, issues: IssueLog) {
  const time = row.number(FIELD.time);
  const type = row.text(FIELD.type);
  const id = row.text(FIELD.collection_id);
  if (!(time >= 0) || id === '')
    return void issues.skip(row, 0, 'E_GOOGLE_VALUE', 'time and collection_id must be whole numbers of at least 0');
  const what = eventOfType(type);
  if (what === undefined)
    return void issues.skip(row, 0, 'E_GOOGLE_VALUE', `the event type is not known, got "${type}"`);
  if (time > AFTER_END)
    return void issues.skip(row, 0, 'E_GOOGLE_AFTER_END', 'the event lies after the end of the trace');
  if (isAllocSet(row.text(FIELD.collection_type)))
    return void issues.skip(row, 0, 'E_GOOGLE_ALLOC', 'an alloc set is no job: tasks run in it');
  return { timeUs: runTimeUs(time), id, what };
}

/** Proto defaults are left out of some exports: the first instance. */
function indexOf(row: ExportRow): number {
  const index = row.number(FIELD.instance_index);
  return Number.isNaN(index) && row.text(FIELD.instance_index) === '' ? 0 : index;
}

function readInstance(row: ExportRow, book: TaskBook, events: EventSink, issues: IssueLog): boolean {
  const event = eventOf(row, issues);
  if (event === undefined) return false;
  const { timeUs, id, what } = event;
  const index = indexOf(row);
  if (!(index >= 0)) {
    issues.skip(row, 0, 'E_GOOGLE_VALUE', 'instance_index must be a whole number of at least 0');
    return false;
  }
  const job = book.job(id, timeUs);
  if (job.firstTask < 0) job.schedulingClass = row.text(FIELD.scheduling_class);
  // Where collections are joined to the events, their users stand in the same row.
  if (job.user === '') job.user = row.text(FIELD.user);
  events.add({
    timeUs,
    job,
    task: book.task(job, index),
    what,
    priority: row.number(FIELD.priority),
    cpus: row.number(FIELD['resource_request.cpus']),
    mem: row.number(FIELD['resource_request.memory']),
  });
  return true;
}

function readCollection(row: ExportRow, book: TaskBook, issues: IssueLog): boolean {
  const event = eventOf(row, issues);
  if (event === undefined) return false;
  const { id } = event;
  if (!book.hasJob(id)) {
    issues.skip(row, 0, 'E_GOOGLE_ORPHAN', 'the collection has no instances in the files');
    return false;
  }
  const job = book.job(id, event.timeUs);
  if (row.text(FIELD.user) !== '') job.user = row.text(FIELD.user);
  if (Number(row.text(FIELD.max_per_machine)) === 1) job.isDistinct = true;
  for (const parent of row.list(FIELD.start_after_collection_ids))
    if (!job.after.some((other) => other.job === parent)) job.after.push({ job: parent, delayUs: 0 });
  return true;
}

function readUsage(row: ExportRow, book: TaskBook, issues: IssueLog): boolean {
  const startUs = runTimeUs(row.number(FIELD.start_time));
  const [cpus, mem] = [row.number(FIELD['average_usage.cpus']), row.number(FIELD['average_usage.memory'])];
  if (!(startUs >= 0 && row.number(FIELD.end_time) >= row.number(FIELD.start_time) && cpus >= 0 && mem >= 0)) {
    issues.skip(row, 0, 'E_GOOGLE_VALUE', 'times and average_usage must be at least 0, the end not before the start');
    return false;
  }
  const task = book.known(row.text(FIELD.collection_id), indexOf(row));
  if (task < 0 || !book.used(task, startUs, cpus, mem)) {
    issues.skip(row, 0, 'E_GOOGLE_ORPHAN', 'the use is of no run that is replayed');
    return false;
  }
  return true;
}

/** machine_events: what comes, goes and changes, in order of time. */
function readMachines(files: readonly string[], context: TraceContext) {
  const report = emptyReport('google-2019', [...files]);
  const issues = new IssueLog(report, context);
  const events: MachineEvent[] = [];
  eachExportRow(needs(byTable(files), 'machine_events', files[0] ?? ''), report, issues, (row) => {
    const timeUs = row.number(FIELD.time);
    const name = machineEventName(row.text(FIELD.type));
    const [cpus, mem] = [row.number(FIELD['capacity.cpus']), row.number(FIELD['capacity.memory'])];
    if (!(timeUs >= 0) || row.text(FIELD.machine_id) === '' || name === undefined || name === 'EVENT_TYPE_UNKNOWN') {
      issues.skip(row, 0, 'E_GOOGLE_VALUE', 'a row must have a time, a machine_id and a type of ADD, REMOVE or UPDATE');
    } else if (name !== 'REMOVE' && !(cpus >= 0 && mem >= 0)) {
      issues.skip(row, 0, 'E_GOOGLE_SIZE', 'the size of the machine is not known');
    } else {
      report.rowsKept++;
      const amounts = context.resources.zero();
      amounts[CPUS] = Math.round(cpus * Number(context.options['machineCpus']) * 1000);
      amounts[MEM] = Math.round(mem * Number(context.options['machineMemGib']) * 1024 * 1000);
      const platform = row.text(FIELD.platform_id).replace(/[=!;|]/g, '');
      const rack = row.text(FIELD.switch_id).replace(/[=!;|]/g, '');
      events.push({
        timeUs: runTimeUs(timeUs),
        agent: row.text(FIELD.machine_id),
        event: name === 'ADD' ? 'add' : name === 'REMOVE' ? 'remove' : 'update',
        amounts: name === 'REMOVE' ? undefined : amounts,
        attributes: { platform, switch: rack },
      });
    }
  });
  issues.flush();
  return { events: inTimeOrder(events), report };
}

function readAgents(files: readonly string[], context: TraceContext) {
  return agentsAt(readMachines(files, context), 0);
}

function openMachineEvents(files: readonly string[], context: TraceContext) {
  return eventsAfter(readMachines(files, context), 0);
}

export const google2019: TraceFormat = {
  name: 'google-2019',
  summary: 'Google ClusterData 2019: exports (JSON, CSV) of instance, collection and machine events and of uses',
  source: 'Wilkes, Google cluster-usage traces v3, 2020; google/cluster-data clusterdata_trace_format_v3.proto',
  options: scaleOptions,
  detect: (sample) => {
    const table = tableOf(sample);
    return table === undefined ? 0 : sample.name.includes(table) ? 1 : 0.9;
  },
  facts: google2019Facts,
  holds: (files) => {
    const tables = byTable(files);
    if (tables.has('instance_events')) return 'jobs';
    return tables.has('machine_events') ? 'agents' : 'sizes';
  },
  openJobs,
  readAgents,
  openMachineEvents,
};
