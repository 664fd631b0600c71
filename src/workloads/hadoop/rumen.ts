import { type AgentRecord, emptyReport, type JobRecord, type SourceReport, type TaskGroup } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import type { IssueLog } from '../bytes/issues.js';
import { isObject, JsonDocument, type JsonFields, listIn, numberIn, textIn } from '../bytes/json-document.js';
import { JsonObjects } from '../bytes/json-objects.js';
import { sampleOf } from '../bytes/sample.js';
import { rumenFacts } from '../facts/hadoop-facts.js';
import { fromFirst } from '../from-first.js';
import { jobRecord, madeJobs, milliMibOfBytes, taskGroup } from '../records.js';

const MAX_MS = 4.5e12;
const PRIORITIES: Readonly<Record<string, number>> = { VERY_LOW: -2, LOW: -1, NORMAL: 0, HIGH: 1, VERY_HIGH: 2 };

/**
 * Job histories of Hadoop (Rumen): one object a job. A task runs as long as the attempt that succeeded; one that never did runs as
 * long as its last attempt and fails. Reduces wait for all maps. Times are of the calendar: the first submission is 0.
 */
function openRumen(files: readonly string[], context: TraceContext) {
  const memo = new AmountsMemo(context.resources);
  const amounts = memo.of(
    Math.round(Number(context.options['vcores']) * 1000),
    Math.round(Number(context.options['memMib']) * 1000),
  );
  const source = madeJobs('rumen', files, context, function* (report, issues) {
    for (const file of files) {
      const objects = new JsonObjects(file);
      try {
        for (let row = objects.next(); row !== null; row = objects.next()) {
          report.rowsRead++;
          const job =
            'fault' in row
              ? void issues.skip(objects, 0, 'E_RUMEN_VALUE', row.fault)
              : readJob(row.value, objects, issues, amounts);
          if (job === undefined) continue;
          report.rowsKept++;
          yield job;
        }
      } finally {
        objects.close();
      }
    }
  });
  return fromFirst(source);
}

function readJob(
  fields: JsonFields,
  place: JsonObjects,
  issues: IssueLog,
  amounts: Float64Array,
): JobRecord | undefined {
  const id = textIn(fields, 'jobID');
  const submitMs = numberIn(fields, 'submitTime');
  if (id === '') return void issues.skip(place, 0, 'E_RUMEN_VALUE', 'a job must have a jobID');
  if (!(submitMs >= 0 && submitMs <= MAX_MS))
    return void issues.skip(
      place,
      0,
      'E_RUMEN_VALUE',
      `submitTime of "${id}" must be milliseconds of at least 0, got ${submitMs}`,
    );
  const groupsOf = (kind: string, key: string): TaskGroup[] => {
    const tasks = new Tasks(kind, amounts);
    for (const task of listIn(fields, key).filter(isObject)) {
      const fault = tasks.add(task);
      if (fault !== undefined) issues.skip(place, 0, 'E_RUMEN_ATTEMPT', `task "${textIn(task, 'taskID')}" ${fault}`);
    }
    return tasks.groups();
  };
  const maps = groupsOf('map', 'mapTasks');
  const reduces = groupsOf('reduce', 'reduceTasks');
  const names = maps.map(({ name }) => name);
  for (const reduce of reduces) reduce.after = names;
  if (maps.length + reduces.length === 0)
    return void issues.skip(
      place,
      0,
      'E_RUMEN_EMPTY',
      `job "${id}" has no tasks that ran (outcome ${textIn(fields, 'outcome')})`,
    );
  const priority = textIn(fields, 'priority');
  return jobRecord({
    id,
    user: textIn(fields, 'user'),
    queue: textIn(fields, 'queue'),
    class: 'mapreduce',
    priority: Object.hasOwn(PRIORITIES, priority) ? (PRIORITIES[priority] as number) : 0,
    submitUs: Math.round(submitMs * 1000),
    groups: [...maps, ...reduces],
  });
}

/** The tasks of one kind of a job: those that ran equally long and fared alike are one group. */
class Tasks {
  private readonly byRun = new Map<string, { group: TaskGroup; readBytes: number; writtenBytes: number }>();

  constructor(
    private readonly kind: string,
    private readonly amounts: Float64Array,
  ) {}

  /** Why the task cannot be used; undefined when it was taken. */
  add(task: JsonFields): string | undefined {
    const attempts = listIn(task, 'attempts')
      .filter(isObject)
      .filter((attempt) => runMsOf(attempt) >= 0);
    const success = attempts.findLast((attempt) => textIn(attempt, 'result') === 'SUCCESS');
    const attempt = success ?? attempts.at(-1);
    if (attempt === undefined) return 'has no attempt whose start and end are known';
    const runMs = runMsOf(attempt);
    const key = `${runMs}/${success === undefined}`;
    let run = this.byRun.get(key);
    if (run === undefined) {
      const name = this.byRun.size === 0 ? this.kind : `${this.kind}~${this.byRun.size}`;
      const exit = success === undefined ? { exit: 'failed' as const } : {};
      const group = taskGroup({ name, count: 0, amounts: this.amounts, durationUs: Math.round(runMs * 1000), ...exit });
      run = { group, readBytes: 0, writtenBytes: 0 };
      this.byRun.set(key, run);
    }
    run.group.count++;
    run.readBytes += Math.max(0, bytesOf(attempt, 'hdfsBytesRead', 'reduceShuffleBytes'));
    run.writtenBytes += Math.max(0, bytesOf(attempt, 'mapOutputBytes', 'hdfsBytesWritten'));
    return undefined;
  }

  groups(): TaskGroup[] {
    return [...this.byRun.values()].map(({ group, readBytes, writtenBytes }) => ({
      ...group,
      inputMilliMib: milliMibOfBytes(readBytes / group.count),
      outputMilliMib: milliMibOfBytes(writtenBytes / group.count),
    }));
  }
}

/** −1 where start or end is not known (−1). */
function runMsOf(attempt: JsonFields): number {
  const startMs = numberIn(attempt, 'startTime');
  const finishMs = numberIn(attempt, 'finishTime');
  return startMs >= 0 && finishMs >= startMs && finishMs <= MAX_MS ? finishMs - startMs : -1;
}

/** Both counters together; an unknown one (−1) is none. */
function bytesOf(attempt: JsonFields, ...names: string[]): number {
  return names.reduce((sum, name) => sum + (Math.max(0, numberIn(attempt, name)) || 0), 0);
}

/** A topology file: root, racks, hosts. The sizes of hosts are not told. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('rumen', [...files]);
  const memo = new AmountsMemo(context.resources);
  const amounts = memo.of(
    Math.round(Number(context.options['nodeVcores']) * 1000),
    Math.round(Number(context.options['nodeMemMib']) * 1000),
  );
  const agents = new Map<string, AgentRecord>();
  for (const file of files) {
    const racks = listIn(new JsonDocument(file).object, 'children').filter(isObject);
    for (const rack of racks) {
      for (const host of listIn(rack, 'children').filter(isObject)) {
        report.rowsRead++;
        report.rowsKept++;
        // Rumen's anonymized names escape their dots.
        const [id = '', place = ''] = [host, rack].map((node) => textIn(node, 'name').replaceAll('\\.', '.'));
        agents.set(id, { id, amounts, attributes: { rack: place } });
      }
    }
  }
  return { agents: [...agents.values()], report };
}

function kindOf(head: Uint8Array): 'jobs' | 'agents' | undefined {
  const text = new TextDecoder().decode(head);
  if (/"jobID"\s*:/.test(text) && /"(mapTasks|reduceTasks|submitTime|launchTime)"\s*:/.test(text)) return 'jobs';
  return /^\uFEFF?\s*\{\s*"name"\s*:\s*"[^"]*"\s*,\s*"children"\s*:\s*\[/.test(text) ? 'agents' : undefined;
}

export const rumen: TraceFormat = {
  name: 'rumen',
  summary: 'Hadoop job histories as Rumen writes them, and cluster topologies',
  source: 'apache/hadoop hadoop-tools/hadoop-rumen Rumen.md.vm, LoggedJob.java, LoggedNetworkTopology.java',
  options: {
    vcores: { type: 'number', default: 1, range: [0, 1e6], unit: 'CPUs', help: 'of a task' },
    memMib: { type: 'number', default: 1024, range: [0, 1e9], unit: 'MiB', help: 'of a task' },
    nodeVcores: { type: 'number', default: 8, range: [0, 1e6], unit: 'CPUs', help: 'of a host of a topology' },
    nodeMemMib: { type: 'number', default: 16384, range: [0, 1e9], unit: 'MiB', help: 'of a host of a topology' },
  },
  detect: ({ head }) => (kindOf(head) === undefined ? 0 : 0.95),
  facts: (files) => rumenFacts(files, kindOf(sampleOf(files[0] as string).head) === 'agents'),
  holds: (files) => kindOf(sampleOf(files[0] as string).head) ?? 'jobs',
  openJobs: openRumen,
  readAgents,
};
