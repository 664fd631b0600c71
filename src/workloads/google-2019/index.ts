import { countReason, emptyReport, type JobRecord, type JobSource, type MachineEvent } from '../../model/job.js';
import { CPUS, MEM } from '../../model/resources.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { google2019Facts } from '../facts/google-2019-facts.js';
import { EventQueue } from '../google/event-queue.js';
import { AFTER_END, runTimeUs, scaleOptions, TaskBook } from '../google/task-book.js';
import { agentsAt, eventsAfter, inTimeOrder } from '../machine-list.js';
import { eventName, happening, isAllocSet, machineEventName } from './events.js';
import { byTable, type ExportRow, exportRows, needs, tableOf } from './rows.js';

/**
 * ClusterData 2019. instance_events makes the tasks; collection_events, named beside it, their users and what they wait for;
 * instance_usage what they really used. Alloc sets are left out: they hold resources in which tasks of other collections run.
 */
function openJobs(files: readonly string[], context: TraceContext): JobSource {
  const tables = byTable(files);
  const report = emptyReport('google-2019', [...files]);
  const issues = new IssueLog(report, context);
  const book = new TaskBook(context, report);
  const each = (list: readonly string[], read: (row: ExportRow) => boolean): void => {
    for (const row of exportRows(list, report, issues)) if (read(row)) report.rowsKept++;
  };
  const queue = new EventQueue();
  each(needs(tables, 'instance_events', files[0] ?? ''), (row) => readInstance(row, book, queue, issues));
  if (queue.moved > 0) countReason(report.repaired, 'E_ORDER', queue.moved);
  queue.carryOut();
  each(tables.get('collection_events') ?? [], (row) => readCollection(row, book, issues));
  each(tables.get('instance_usage') ?? [], (row) => readUsage(row, book, issues));
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

/** Time of an event and its name; undefined = the row was skipped. */
function eventOf(row: ExportRow, issues: IssueLog): { timeUs: number; name: string } | undefined {
  const timeUs = row.number('time');
  const name = eventName(row.text('type'));
  if (!(timeUs >= 0) || row.text('collection_id') === '')
    return void issues.skip(row, 0, 'E_GOOGLE_VALUE', 'time and collection_id must be whole numbers of at least 0');
  if (name === undefined)
    return void issues.skip(row, 0, 'E_GOOGLE_VALUE', `the event type is not known, got "${row.text('type')}"`);
  if (timeUs > AFTER_END)
    return void issues.skip(row, 0, 'E_GOOGLE_AFTER_END', 'the event lies after the end of the trace');
  if (isAllocSet(row.text('collection_type')))
    return void issues.skip(row, 0, 'E_GOOGLE_ALLOC', 'an alloc set is no job: tasks run in it');
  return { timeUs: runTimeUs(timeUs), name };
}

function readInstance(row: ExportRow, book: TaskBook, queue: EventQueue, issues: IssueLog): boolean {
  const event = eventOf(row, issues);
  if (event === undefined) return false;
  // Proto defaults are left out of some exports: the first instance.
  const index = row.text('instance_index') === '' ? 0 : row.number('instance_index');
  if (!(index >= 0)) {
    issues.skip(row, 0, 'E_GOOGLE_VALUE', 'instance_index must be a whole number of at least 0');
    return false;
  }
  const job = book.job(row.text('collection_id'), event.timeUs);
  if (job.tasks.size === 0) job.schedulingClass = row.text('scheduling_class');
  // Where collections are joined to the events, their users stand in the same row.
  if (job.user === '') job.user = row.text('user');
  queue.add({
    timeUs: event.timeUs,
    job,
    task: book.task(job, index),
    what: happening(event.name),
    priority: row.number('priority'),
    cpus: row.number('resource_request.cpus'),
    mem: row.number('resource_request.memory'),
  });
  return true;
}

function readCollection(row: ExportRow, book: TaskBook, issues: IssueLog): boolean {
  const event = eventOf(row, issues);
  if (event === undefined) return false;
  const id = row.text('collection_id');
  if (!book.hasJob(id)) {
    issues.skip(row, 0, 'E_GOOGLE_ORPHAN', 'the collection has no instances in the files');
    return false;
  }
  const job = book.job(id, event.timeUs);
  if (row.text('user') !== '') job.user = row.text('user');
  if (Number(row.text('max_per_machine')) === 1) job.isDistinct = true;
  for (const parent of row.list('start_after_collection_ids'))
    if (!job.after.some((other) => other.job === parent)) job.after.push({ job: parent, delayUs: 0 });
  return true;
}

function readUsage(row: ExportRow, book: TaskBook, issues: IssueLog): boolean {
  const startUs = runTimeUs(row.number('start_time'));
  const [cpus, mem] = [row.number('average_usage.cpus'), row.number('average_usage.memory')];
  if (!(startUs >= 0 && row.number('end_time') >= row.number('start_time') && cpus >= 0 && mem >= 0)) {
    issues.skip(row, 0, 'E_GOOGLE_VALUE', 'times and average_usage must be at least 0, the end not before the start');
    return false;
  }
  const index = row.text('instance_index') === '' ? 0 : row.number('instance_index');
  const task = book.known(row.text('collection_id'), index);
  if (task === undefined || !task.covers(startUs)) {
    issues.skip(row, 0, 'E_GOOGLE_ORPHAN', 'the use is of no run that is replayed');
    return false;
  }
  task.usage ??= [];
  task.usage.push(startUs, cpus, mem);
  return true;
}

/** machine_events: what comes, goes and changes, in order of time. */
function readMachines(files: readonly string[], context: TraceContext) {
  const report = emptyReport('google-2019', [...files]);
  const issues = new IssueLog(report, context);
  const events: MachineEvent[] = [];
  for (const row of exportRows(needs(byTable(files), 'machine_events', files[0] ?? ''), report, issues)) {
    const timeUs = row.number('time');
    const name = machineEventName(row.text('type'));
    const [cpus, mem] = [row.number('capacity.cpus'), row.number('capacity.memory')];
    if (!(timeUs >= 0) || row.text('machine_id') === '' || name === undefined || name === 'EVENT_TYPE_UNKNOWN') {
      issues.skip(row, 0, 'E_GOOGLE_VALUE', 'a row must have a time, a machine_id and a type of ADD, REMOVE or UPDATE');
    } else if (name !== 'REMOVE' && !(cpus >= 0 && mem >= 0)) {
      issues.skip(row, 0, 'E_GOOGLE_SIZE', 'the size of the machine is not known');
    } else {
      report.rowsKept++;
      const amounts = context.resources.zero();
      amounts[CPUS] = Math.round(cpus * Number(context.options['machineCpus']) * 1000);
      amounts[MEM] = Math.round(mem * Number(context.options['machineMemGib']) * 1024 * 1000);
      const platform = row.text('platform_id').replace(/[=!;|]/g, '');
      const rack = row.text('switch_id').replace(/[=!;|]/g, '');
      events.push({
        timeUs: runTimeUs(timeUs),
        agent: row.text('machine_id'),
        event: name === 'ADD' ? 'add' : name === 'REMOVE' ? 'remove' : 'update',
        amounts: name === 'REMOVE' ? undefined : amounts,
        attributes: { platform, switch: rack },
      });
    }
  }
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
