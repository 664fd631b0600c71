import { type AgentRecord, emptyReport, type JobRecord, type SourceReport, type TaskGroup } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { IssueLog } from '../bytes/issues.js';
import { fieldOf, isObject, type JsonFields, listIn, numberIn, textIn } from '../bytes/json-document.js';
import { JsonObjects } from '../bytes/json-objects.js';
import { sampleOf } from '../bytes/sample.js';
import { slsFacts } from '../facts/hadoop-facts.js';
import { jobRecord, madeJobs, taskGroup } from '../records.js';
import { MAX_TASKS } from '../rows.js';

/** Longest time in milliseconds that whole microseconds can tell. */
const MAX_MS = 4.5e12;

/**
 * Jobs of YARN's Scheduler Load Simulator: one object a job, its containers are tasks. Containers of the same type, size and run time
 * are one group; reduces of a `mapreduce` job wait for its maps (MRAMSimulator). Where a container ran is not where it must run.
 */
function openSls(files: readonly string[], context: TraceContext) {
  const memo = new AmountsMemo(context.resources);
  return madeJobs('sls', files, context, function* (report, issues) {
    for (const file of files) {
      const objects = new JsonObjects(file);
      try {
        for (let row = objects.next(); row !== null; row = objects.next()) {
          if ('value' in row && fieldOf(row.value, 'job.tasks') === undefined && numberIn(row.value, 'num.nodes') >= 0)
            continue;
          report.rowsRead++;
          const jobs =
            'fault' in row
              ? void issues.skip(objects, 0, 'E_SLS_VALUE', row.fault)
              : readJob(row.value, objects, issues, memo, context, report.rowsRead);
          if (jobs === undefined) continue;
          report.rowsKept++;
          yield* jobs;
        }
      } finally {
        objects.close();
      }
    }
  });
}

function readJob(
  fields: JsonFields,
  place: JsonObjects,
  issues: IssueLog,
  memo: AmountsMemo,
  { options }: TraceContext,
  number: number,
): JobRecord[] | undefined {
  const id = textIn(fields, 'job.id') || `job_${number}`;
  const skip = (message: string): undefined => void issues.skip(place, 0, 'E_SLS_VALUE', `job "${id}": ${message}`);
  const startMs = numberIn(fields, 'job.start.ms');
  if (!(startMs >= 0 && startMs <= MAX_MS)) return skip('job.start.ms must be milliseconds of at least 0');
  const copies = Math.max(1, numberIn(fields, 'job.count') || 1);
  if (!(copies <= MAX_TASKS && Number.isInteger(copies))) return skip('job.count must be a whole number');
  const containers = new Containers(memo, options);
  for (const [index, task] of listIn(fields, 'job.tasks').entries()) {
    const fault = isObject(task) ? containers.add(task) : 'must be an object';
    if (fault !== undefined) issues.skip(place, 0, 'E_SLS_TASK', `container ${index} of job "${id}" ${fault}`);
  }
  const type = textIn(fields, 'am.type') || textIn(fields, 'yarn.sls.am.type');
  const groups = containers.groups(type === 'mapreduce');
  if (groups.length === 0) return skip('it has no containers that can be used');
  return Array.from({ length: copies }, (_, copy) =>
    jobRecord({
      id: copies === 1 ? id : `${id}-${copy}`,
      user: textIn(fields, 'job.user'),
      queue: textIn(fields, 'job.queue.name'),
      class: type,
      priority: numberIn(fields, 'job.priority') || 0,
      submitUs: Math.round(startMs * 1000),
      groups: groups.map((group) => ({ ...group })),
    }),
  );
}

/** The containers of a job, those that are alike together. */
class Containers {
  private readonly byShape = new Map<string, TaskGroup>();
  private readonly perType = new Map<string, number>();

  constructor(
    private readonly memo: AmountsMemo,
    private readonly options: TraceContext['options'],
  ) {}

  /** What is wrong with the container; undefined when it was taken. */
  add(task: JsonFields): string | undefined {
    const runMs = runOf(task);
    if (!(runMs >= 0 && runMs <= MAX_MS)) return `must run for at least 0 ms, got ${runMs}`;
    const count = fieldOf(task, 'count') === undefined ? 1 : numberIn(task, 'count');
    if (!(count >= 1 && count <= MAX_TASKS && Number.isInteger(count))) return `must have a whole count, got ${count}`;
    const cores =
      fieldOf(task, 'container.vcores') === undefined
        ? Number(this.options['vcores'])
        : numberIn(task, 'container.vcores');
    const memMib =
      fieldOf(task, 'container.memory-mb') === undefined
        ? Number(this.options['memMib'])
        : numberIn(task, 'container.memory-mb');
    if (!(cores >= 0) || !(memMib >= 0)) return 'must ask for amounts of at least 0';
    const type = textIn(task, 'container.type') || 'task';
    const key = `${type}/${runMs}/${cores}/${memMib}`;
    const known = this.byShape.get(key);
    if (known !== undefined) known.count += count;
    else {
      const rank = this.perType.get(type) ?? 0;
      this.perType.set(type, rank + 1);
      const amounts = this.memo.of(Math.round(cores * 1000), Math.round(memMib * 1000));
      const durationUs = Math.round(runMs * 1000);
      this.byShape.set(key, taskGroup({ name: rank === 0 ? type : `${type}~${rank}`, count, amounts, durationUs }));
    }
    return undefined;
  }

  groups(isMapReduce: boolean): TaskGroup[] {
    const groups = [...this.byShape.values()];
    if (!isMapReduce) return groups;
    const isMap = ({ name }: TaskGroup): boolean => /^map(~|$)/.test(name);
    const maps = groups.filter(isMap).map(({ name }) => name);
    for (const group of groups) if (/^reduce(~|$)/.test(group.name)) group.after = maps;
    return groups;
  }
}

/** `container.duration.ms`, the older `duration.ms`, or end less start (TaskContainerDefinition.java). */
function runOf(task: JsonFields): number {
  for (const name of ['container.duration.ms', 'duration.ms'])
    if (fieldOf(task, name) !== undefined) return numberIn(task, name);
  return numberIn(task, 'container.end.ms') - numberIn(task, 'container.start.ms');
}

/** Nodes file: `{rack, nodes: [{node, memory-mb, vcores, labels}]}` a rack; or `num.nodes` of a jobs file, over `num.racks` in turn. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('sls', [...files]);
  const issues = new IssueLog(report, context);
  const memo = new AmountsMemo(context.resources);
  const agents = new Map<string, AgentRecord>();
  const add = (id: string, rack: string, node: JsonFields): void => {
    const cores =
      fieldOf(node, 'vcores') === undefined ? Number(context.options['nodeVcores']) : numberIn(node, 'vcores');
    const memMib =
      fieldOf(node, 'memory-mb') === undefined ? Number(context.options['nodeMemMib']) : numberIn(node, 'memory-mb');
    const labels = textIn(node, 'labels');
    const attributes = { rack, ...(labels === '' ? {} : { labels }) };
    agents.set(id, { id, amounts: memo.of(Math.round(cores * 1000), Math.round(memMib * 1000)), attributes });
  };
  for (const file of files) {
    const objects = new JsonObjects(file);
    for (let row = objects.next(); row !== null; row = objects.next()) {
      if ('fault' in row) {
        issues.skip(objects, 0, 'E_SLS_VALUE', row.fault);
        continue;
      }
      for (const node of nodesOf(row.value)) {
        report.rowsRead++;
        const id = textIn(node, 'node');
        if (id === '') issues.skip(objects, 0, 'E_SLS_NODE', 'a node must have a name');
        else {
          report.rowsKept++;
          add(id, textIn(node, 'rack') || textIn(row.value, 'rack'), node);
        }
      }
    }
    objects.close();
  }
  issues.flush();
  return { agents: [...agents.values()], report };
}

function nodesOf(fields: JsonFields): JsonFields[] {
  const listed = listIn(fields, 'nodes').filter(isObject);
  const count = Math.min(numberIn(fields, 'num.nodes') || 0, MAX_TASKS);
  const racks = Math.max(1, numberIn(fields, 'num.racks') || 1);
  const numbered = Array.from({ length: count }, (_, row) => ({ node: `node${row}`, rack: `rack-${row % racks}` }));
  return [...listed, ...numbered];
}

function kindOf(head: Uint8Array): 'jobs' | 'agents' | undefined {
  const text = new TextDecoder().decode(head);
  if (!/^\uFEFF?\s*[[{]/.test(text)) return undefined;
  if (/"job\.tasks"\s*:|"job\.start\.ms"\s*:/.test(text)) return 'jobs';
  return /"rack"\s*:/.test(text) && /"nodes"\s*:/.test(text) && /"node"\s*:/.test(text) ? 'agents' : undefined;
}

export const sls: TraceFormat = {
  name: 'sls',
  summary: "jobs and nodes of Hadoop YARN's Scheduler Load Simulator",
  source: 'apache/hadoop hadoop-tools/hadoop-sls SchedulerLoadSimulator.md, AMDefinitionSLS.java',
  options: {
    vcores: {
      type: 'number',
      default: 1,
      range: [0, 1e6],
      unit: 'CPUs',
      help: 'of a container that tells none (yarn.sls.container.vcores)',
    },
    memMib: {
      type: 'number',
      default: 1024,
      range: [0, 1e9],
      unit: 'MiB',
      help: 'of a container that tells none (yarn.sls.container.memory.mb)',
    },
    nodeVcores: {
      type: 'number',
      default: 10,
      range: [0, 1e6],
      unit: 'CPUs',
      help: 'of a node that tells none (yarn.sls.nm.vcores)',
    },
    nodeMemMib: {
      type: 'number',
      default: 10240,
      range: [0, 1e9],
      unit: 'MiB',
      help: 'of a node that tells none (yarn.sls.nm.memory.mb)',
    },
  },
  detect: ({ head }) => (kindOf(head) === undefined ? 0 : 1),
  facts: slsFacts,
  holds: (files) => kindOf(sampleOf(files[0] as string).head) ?? 'jobs',
  openJobs: openSls,
  readAgents,
};
