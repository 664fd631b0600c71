import {
  type AgentRecord,
  emptyReport,
  type JobRecord,
  type JobSource,
  type MachineEvent,
  type SourceReport,
  type TaskGroup,
} from '../model/job.js';
import { CPUS, DISK, MEM, type ResourceSpace } from '../model/resources.js';
import type { FileSample, TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { LineReader } from './bytes/line-reader.js';
import { googleFacts } from './facts/google-facts.js';

/** Event types of tasks (trace format v2.1). */
const SUBMIT = 0;
const SCHEDULE = 1;
const EVICT = 2;
const LOST = 6;
/** Time 0 stands for before the trace; the trace begins at 600 s. */
const ORIGIN_US = 600e6;
/** 2^63 − 1: after the end of the trace. */
const AFTER_END = 2 ** 62;

interface Task {
  readonly index: number;
  submitUs: number;
  scheduleUs: number;
  /** Length of the run that ended for good, -1 = none in the files. */
  runUs: number;
  evictions: number;
  cpus: number;
  mem: number;
  disk: number;
}

interface GoogleJob {
  readonly id: string;
  user: string;
  schedulingClass: string;
  priority: number;
  submitUs: number;
  readonly tasks: Map<number, Task>;
}

/**
 * ClusterData 2011 task_events. A task is (job, index): submitted at its first SUBMIT; its run time is the last run that ended other
 * than by EVICT, so an evicted and restarted task counts once, with its final run. Tasks whose end is not in the files are censored
 * (option). Requests are relative to the largest machine and multiplied by the scale. The files are read in a pass of their own
 * before the first job, because a run time is known only when the run has ended: memory follows the tasks of the files.
 */
function openGoogle(files: readonly string[], context: TraceContext): JobSource {
  const report = emptyReport('google-2011', [...files]);
  const issues = new IssueLog(report, context);
  const jobs = new Map<string, GoogleJob>();
  let lastUs = 0;
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.isBlank) continue;
      report.rowsRead++;
      const timeUs = readEvent(reader, jobs, issues);
      if (timeUs === undefined) continue;
      report.rowsKept++;
      lastUs = Math.max(lastUs, timeUs);
    }
    reader.close();
  }
  issues.flush();
  const list = [...jobs.values()].sort((a, b) => a.submitUs - b.submitUs || Number(a.id) - Number(b.id));
  const mean = meanRunUs(list);
  let index = 0;
  const next = (): JobRecord | null => {
    while (index < list.length) {
      const record = toRecord(list[index++] as GoogleJob, context, report, lastUs, mean);
      if (record === undefined) continue;
      report.jobCount++;
      for (const group of record.groups) report.taskCount += group.count;
      return record;
    }
    return null;
  };
  return { report, next, close: () => jobs.clear() };
}

/** Time in the run of a time in the trace. */
function runTimeUs(traceUs: number): number {
  return Math.max(0, traceUs - ORIGIN_US);
}

function readEvent(reader: LineReader, jobs: Map<string, GoogleJob>, issues: IssueLog): number | undefined {
  const count = reader.split();
  if (count < 13)
    return void issues.skip(reader, count + 1, 'E_GOOGLE_FIELDS', `a row must have 13 fields, got ${count}`);
  const traceUs = reader.number(0);
  const kind = reader.number(5);
  const index = reader.number(3);
  if (!(traceUs >= 0) || !(kind >= 0 && kind <= 8) || !(index >= 0)) {
    return void issues.skip(
      reader,
      1,
      'E_GOOGLE_VALUE',
      'time, task index and event type must be whole numbers of at least 0',
    );
  }
  if (traceUs > AFTER_END)
    return void issues.skip(reader, 1, 'E_GOOGLE_AFTER_END', 'the event lies after the end of the trace');
  const timeUs = runTimeUs(traceUs);
  const id = reader.text(2);
  let job = jobs.get(id);
  if (job === undefined) {
    job = {
      id,
      user: reader.text(6),
      schedulingClass: reader.text(7),
      priority: reader.number(8),
      submitUs: timeUs,
      tasks: new Map(),
    };
    jobs.set(id, job);
  }
  let task = job.tasks.get(index);
  if (task === undefined) {
    task = { index, submitUs: timeUs, scheduleUs: -1, runUs: -1, evictions: 0, cpus: 0, mem: 0, disk: 0 };
    job.tasks.set(index, task);
  }
  for (const [field, key] of [
    [9, 'cpus'],
    [10, 'mem'],
    [11, 'disk'],
  ] as const) {
    const value = reader.number(field);
    if (value >= 0) task[key] = value;
  }
  applyEvent(task, kind, timeUs);
  return timeUs;
}

function applyEvent(task: Task, kind: number, timeUs: number): void {
  if (kind === SUBMIT) return;
  if (kind === SCHEDULE) {
    task.scheduleUs = timeUs;
    return;
  }
  if (kind > LOST || task.scheduleUs < 0) return;
  if (kind === EVICT) task.evictions++;
  else task.runUs = timeUs - task.scheduleUs;
  task.scheduleUs = -1;
}

function meanRunUs(jobs: readonly GoogleJob[]): number {
  let sum = 0;
  let count = 0;
  for (const job of jobs) {
    for (const task of job.tasks.values()) {
      if (task.runUs < 0) continue;
      sum += task.runUs;
      count++;
    }
  }
  return count === 0 ? 0 : Math.round(sum / count);
}

function toRecord(
  job: GoogleJob,
  context: TraceContext,
  report: SourceReport,
  lastUs: number,
  meanUs: number,
): JobRecord | undefined {
  const groups: TaskGroup[] = [];
  for (const task of job.tasks.values()) {
    const durationUs = task.runUs >= 0 ? task.runUs : censored(task, context, lastUs, meanUs);
    if (durationUs < 0) {
      report.skipped.set('E_GOOGLE_CENSORED', (report.skipped.get('E_GOOGLE_CENSORED') ?? 0) + 1);
      continue;
    }
    groups.push({
      name: String(task.index),
      count: 1,
      gang: false,
      amounts: scaled(context, context.resources, task.cpus, task.mem, task.disk),
      durationUs,
      estimateUs: -1,
      constraints: '',
      after: [],
      image: '',
      inputs: [],
      outputMilliMib: 0,
    });
  }
  if (groups.length === 0) return undefined;
  return {
    id: job.id,
    user: job.user,
    queue: '',
    class: job.schedulingClass,
    submitUs: job.submitUs,
    priority: Number.isNaN(job.priority) ? 0 : job.priority,
    deadlineUs: -1,
    after: [],
    groups,
  };
}

/** Run time of a task whose end the files do not show; -1 = leave it out. */
function censored(task: Task, context: TraceContext, lastUs: number, meanUs: number): number {
  const how = context.options['censored'];
  if (how === 'run-to-end') return task.scheduleUs >= 0 ? lastUs - task.scheduleUs : -1;
  return how === 'fit' ? meanUs : -1;
}

function scaled(context: TraceContext, resources: ResourceSpace, cpus: number, mem: number, disk: number) {
  const amounts = resources.zero();
  amounts[CPUS] = Math.round(cpus * Number(context.options['machineCpus']) * 1000);
  amounts[MEM] = Math.round(mem * Number(context.options['machineMemGib']) * 1024 * 1000);
  amounts[DISK] = Math.round(disk * Number(context.options['machineDiskGib']) * 1024 * 1000);
  return amounts;
}

/** machine_events rows: time, machine, event (0 ADD, 1 REMOVE, 2 UPDATE), platform, CPUs, memory. */
function* machineRows(files: readonly string[], context: TraceContext, report: SourceReport): Generator<MachineEvent> {
  const issues = new IssueLog(report, context);
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.isBlank) continue;
      report.rowsRead++;
      const count = reader.split();
      const kind = reader.number(2);
      if (count < 6 || !(reader.number(0) >= 0) || !(kind >= 0 && kind <= 2)) {
        issues.skip(reader, 1, 'E_GOOGLE_VALUE', 'a row must have 6 fields with a time and an event type of 0 to 2');
        continue;
      }
      const hasSize = !reader.isEmpty(4) && !reader.isEmpty(5);
      if (kind !== 1 && !hasSize) {
        issues.skip(reader, 5, 'E_GOOGLE_SIZE', 'the size of the machine is not known');
        continue;
      }
      report.rowsKept++;
      yield {
        timeUs: runTimeUs(reader.number(0)),
        agent: reader.text(1),
        event: kind === 0 ? 'add' : kind === 1 ? 'remove' : 'update',
        amounts: kind === 1 ? undefined : scaled(context, context.resources, reader.number(4), reader.number(5), 1),
        attributes: { platform: reader.text(3) },
      };
    }
    reader.close();
  }
  issues.flush();
}

/** Machines that are there before the trace begins. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('google-2011', [...files]);
  const agents = new Map<string, AgentRecord>();
  for (const event of machineRows(files, context, report)) {
    if (event.timeUs > 0) break;
    if (event.amounts === undefined) agents.delete(event.agent);
    else agents.set(event.agent, { id: event.agent, amounts: event.amounts, attributes: event.attributes });
  }
  return { agents: [...agents.values()], report };
}

function openMachineEvents(files: readonly string[], context: TraceContext) {
  const report = emptyReport('google-2011', [...files]);
  const rows = machineRows(files, context, report);
  const next = (): MachineEvent | null => {
    for (;;) {
      const row = rows.next();
      if (row.done === true) return null;
      // What is there before the trace begins are the agents of the cluster.
      if (row.value.timeUs > 0) return row.value;
    }
  };
  return { report, next, close: () => void rows.return(undefined) };
}

export const google2011: TraceFormat = {
  name: 'google-2011',
  summary: 'Google ClusterData 2011-2: task events with priorities and classes; machine events',
  source:
    'Reiss, Wilkes, Hellerstein, Google cluster-usage traces: format + schema, 2011 (v2.1); google/cluster-data ClusterData2011_2.md',
  options: {
    censored: {
      type: 'choice',
      choices: ['skip', 'run-to-end', 'fit'],
      default: 'skip',
      help: 'tasks whose end the files do not show: left out, run to the last event, or the mean run time',
    },
    machineCpus: {
      type: 'number',
      default: 32,
      range: [0.001, 1e6],
      unit: 'CPUs',
      help: 'CPUs of the largest machine (1.0 in the trace)',
    },
    machineMemGib: {
      type: 'number',
      default: 128,
      range: [0.001, 1e6],
      unit: 'GiB',
      help: 'memory of the largest machine',
    },
    machineDiskGib: {
      type: 'number',
      default: 1024,
      range: [0.001, 1e6],
      unit: 'GiB',
      help: 'disk of the largest machine',
    },
  },
  detect: (sample: FileSample) => {
    if (/^(task_events|machine_events)-part-/.test(sample.name)) return 1;
    const line = new TextDecoder().decode(sample.head.subarray(0, 1024)).split('\n')[0] ?? '';
    return /^\d+,\d*,\d+,\d+,\d*,[0-8],/.test(line) && line.split(',').length === 13 ? 0.9 : 0;
  },
  facts: googleFacts,
  holds: (files) => (files.every((file) => !/machine_events/.test(file)) ? 'jobs' : 'agents'),
  openJobs: openGoogle,
  readAgents,
  openMachineEvents,
};
