import {
  type AgentRecord,
  emptyReport,
  FOREVER_US,
  type JobRecord,
  type JobSource,
  type SourceReport,
} from '../model/job.js';
import { CPUS, GPUS, MEM } from '../model/resources.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { openbFacts } from './facts/openb-facts.js';
import { jobRecord, taskGroup } from './records.js';
import { reordered } from './reorder.js';
import { headerOf, Table } from './table.js';

const POD_COLUMNS = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'];
const NODE_COLUMNS = ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'];

/** Priority by quality of service: guaranteed and latency-sensitive pods before burstable and best-effort ones. */
const PRIORITY: Readonly<Record<string, number>> = { LS: 3, Guaranteed: 3, Burstable: 2, BE: 1 };

/**
 * OpenB pods: one job of one task each. Run time = deletion − scheduled; pods that were never scheduled (phase Pending) have none
 * and are skipped (E_OPENB_PENDING), those of phase Running ran when the record was taken and end with it (counted,
 * E_OPENB_CENSORED). GPUs: num_gpu devices of gpu_milli thousandths each; `gpu_spec` (`V100M16|V100M32`) becomes a constraint on the agents' attribute `model`. Rows out of creation order are put in order. Lists of five columns have no times: their
 * pods come in the order of the rows, all at 0, and stay, as static packing asks.
 */
function openPods(files: readonly string[], context: TraceContext): JobSource {
  const report = emptyReport('openb', [...files]);
  const issues = new IssueLog(report, context);
  let index = 0;
  let table: Table | undefined;
  const read = (): JobRecord | null => {
    for (;;) {
      if (table === undefined) {
        if (index >= files.length) {
          issues.flush();
          return null;
        }
        table = new Table(files[index++] as string, POD_COLUMNS);
      }
      if (!table.next()) {
        table.reader.close();
        table = undefined;
        continue;
      }
      report.rowsRead++;
      const job = parsePod(table, context, issues);
      if (job === undefined) continue;
      report.rowsKept++;
      report.jobCount++;
      report.taskCount++;
      return job;
    }
  };
  return reordered(
    report,
    read,
    Number(context.options['reorder']),
    (job) => job,
    () => table?.reader.close(),
  );
}

function parsePod(table: Table, context: TraceContext, issues: IssueLog): JobRecord | undefined {
  const { reader } = table;
  const value = (name: string): number => reader.number(table.column(name));
  if (table.isBroken) return void issues.skip(reader, 1, 'E_QUOTE', 'a quote is not closed');
  const bad = ['cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'].find((name) => !(value(name) >= 0));
  if (bad !== undefined) return skipValue(table, bad, issues);
  const times = table.column('scheduled_time') < 0 ? STATIC : timesOf(table, issues);
  if (times === undefined) return undefined;
  const amounts = context.resources.zero();
  amounts[CPUS] = value('cpu_milli');
  amounts[MEM] = value('memory_mib') * 1000;
  amounts[GPUS] = gpusMilli(table, issues);
  const text = (name: string): string => (table.column(name) < 0 ? '' : reader.repeated(table.column(name)));
  const spec = text('gpu_spec');
  const qos = text('qos');
  return jobRecord({
    id: reader.text(table.column('name')),
    queue: qos,
    class: qos,
    submitUs: times.submitUs,
    priority: PRIORITY[qos] ?? 0,
    groups: [taskGroup({ amounts, durationUs: times.durationUs, constraints: spec === '' ? '' : `model=${spec}` })],
  });
}

/** A pod without times is there from the start and stays. */
const STATIC = { submitUs: 0, durationUs: FOREVER_US };

function skipValue(table: Table, name: string, issues: IssueLog): undefined {
  const column = table.column(name);
  const message = `${name} must be a number of at least 0, got "${table.reader.text(column)}"`;
  return void issues.skip(table.reader, column + 1, 'E_OPENB_VALUE', message);
}

function timesOf(table: Table, issues: IssueLog): typeof STATIC | undefined {
  const { reader } = table;
  const at = (name: string): number => table.column(name);
  const bad = ['creation_time', 'deletion_time'].find((name) => !(reader.number(at(name)) >= 0));
  if (bad !== undefined) return skipValue(table, bad, issues);
  if (reader.isEmpty(at('scheduled_time'))) {
    const message = 'the pod was never scheduled: its run time is unknown';
    return void issues.skip(reader, at('scheduled_time') + 1, 'E_OPENB_PENDING', message);
  }
  const runS = reader.number(at('deletion_time')) - reader.number(at('scheduled_time'));
  if (!(runS >= 0))
    return void issues.skip(reader, at('deletion_time') + 1, 'E_OPENB_RUN', 'the pod ends before it starts');
  if (at('pod_phase') >= 0 && reader.repeated(at('pod_phase')) === 'Running')
    issues.repair(
      reader,
      at('pod_phase') + 1,
      'E_OPENB_CENSORED',
      'the pod ran when the record was taken: it ends then',
    );
  return { submitUs: Math.round(reader.number(at('creation_time')) * 1e6), durationUs: Math.round(runS * 1e6) };
}

/** num_gpu devices of gpu_milli thousandths each; several shared ones are not to be had together: they are taken whole. */
function gpusMilli(table: Table, issues: IssueLog): number {
  const { reader } = table;
  const count = reader.number(table.column('num_gpu'));
  const milli = reader.number(table.column('gpu_milli'));
  if (count <= 1 || milli === 1000) return count * milli;
  issues.repair(reader, table.column('gpu_milli') + 1, 'E_OPENB_GPUS', 'several GPUs are taken whole');
  return count * 1000;
}

function readNodes(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('openb', [...files]);
  const issues = new IssueLog(report, context);
  const agents: AgentRecord[] = [];
  for (const file of files) {
    const table = new Table(file, NODE_COLUMNS);
    const { reader } = table;
    while (table.next()) {
      report.rowsRead++;
      const [cpus, mem, gpus] = ['cpu_milli', 'memory_mib', 'gpu'].map((name) => reader.number(table.column(name))) as [
        number,
        number,
        number,
      ];
      if (!(cpus >= 0 && mem >= 0 && gpus >= 0)) {
        issues.skip(reader, 2, 'E_OPENB_VALUE', 'cpu_milli, memory_mib and gpu must be numbers of at least 0');
        continue;
      }
      report.rowsKept++;
      const amounts = context.resources.zero();
      amounts[CPUS] = cpus;
      amounts[MEM] = mem * 1000;
      amounts[GPUS] = gpus * 1000;
      const model = reader.text(table.column('model'));
      agents.push({ id: reader.text(table.column('sn')), amounts, attributes: model === '' ? {} : { model } });
    }
    reader.close();
  }
  issues.flush();
  return { agents, report };
}

export const openb: TraceFormat = {
  name: 'openb',
  summary: "Alibaba's GPU cluster trace 2023: node and pod lists with shared GPUs",
  source: 'Weng et al., Beware of Fragmentation, USENIX ATC 2023; alibaba/clusterdata cluster-trace-gpu-v2023',
  options: {
    reorder: {
      type: 'integer',
      default: 100_000,
      range: [0, 10_000_000],
      unit: 'jobs',
      help: 'look this far ahead for rows out of creation order',
    },
  },
  detect: ({ head }) => {
    const header = headerOf(head);
    return [POD_COLUMNS, NODE_COLUMNS].some((columns) => columns.every((name) => header.includes(name))) ? 1 : 0;
  },
  facts: openbFacts,
  holds: (files) => {
    const table = new Table(files[0] as string, []);
    table.reader.close();
    return table.column('sn') >= 0 ? 'agents' : 'jobs';
  },
  openJobs: openPods,
  readAgents: readNodes,
};
