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
import { AmountsMemo } from './amounts-memo.js';
import { IssueLog } from './bytes/issues.js';
import type { LineReader } from './bytes/line-reader.js';
import { openbFacts } from './facts/openb-facts.js';
import { jobRecord, taskGroup } from './records.js';
import { reordered } from './reorder.js';
import { inOrder, type LookAhead, lookAheadOf, type ScoutedTable } from './scout.js';
import { headerOf, Table } from './table.js';

const POD_COLUMNS = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'];
const NODE_COLUMNS = ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'];

/** By what the order of a list is seen; one without it is read as it comes. */
const CREATED: ScoutedTable = {
  layout: { columns: ['creation_time'], numeric: ['creation_time'] },
  submit: 0,
};

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
  let columns: PodColumns | undefined;
  const memo = new AmountsMemo(context.resources);
  const read = (): JobRecord | null => {
    for (;;) {
      if (table === undefined || columns === undefined) {
        if (index >= files.length) {
          issues.flush();
          return null;
        }
        table = new Table(files[index++] as string, POD_COLUMNS);
        columns = podColumns(table);
      }
      if (!table.next()) {
        table.reader.close();
        table = undefined;
        continue;
      }
      report.rowsRead++;
      const job = parsePod(table, columns, memo, issues);
      if (job === undefined) continue;
      report.rowsKept++;
      report.jobCount++;
      report.taskCount++;
      return job;
    }
  };
  const close = (): void => table?.reader.close();
  const bound = Number(context.options['reorder']);
  /** The user's bound holds; one that is larger than needed is not used up. */
  const scout = (): LookAhead => {
    const ahead = lookAheadOf(files, CREATED);
    return ahead !== undefined && ahead <= bound ? ahead : undefined;
  };
  return inOrder(report, context, scout, read, close, () => reordered(report, read, bound, (job) => job, close));
}

/** Columns of a pod list, -1 = it has none: looked up once, not for each row. */
interface PodColumns {
  readonly sizes: readonly (readonly [name: string, column: number])[];
  readonly times: readonly (readonly [name: string, column: number])[];
  readonly scheduled: number;
  readonly phase: number;
  readonly name: number;
  readonly spec: number;
  readonly qos: number;
}

function podColumns(table: Table): PodColumns {
  const named = (name: string) => [name, table.column(name)] as const;
  return {
    sizes: POD_COLUMNS.slice(1).map(named),
    times: ['creation_time', 'deletion_time'].map(named),
    scheduled: table.column('scheduled_time'),
    phase: table.column('pod_phase'),
    name: table.column('name'),
    spec: table.column('gpu_spec'),
    qos: table.column('qos'),
  };
}

function parsePod(table: Table, columns: PodColumns, memo: AmountsMemo, issues: IssueLog): JobRecord | undefined {
  const { reader } = table;
  if (!table.isSound(issues)) return undefined;
  if (!areNumbers(table, columns.sizes, issues)) return undefined;
  const times = columns.scheduled < 0 ? STATIC : timesOf(table, columns, issues);
  if (times === undefined) return undefined;
  const [cpusMilli, memMib, gpus, gpuMilli] = columns.sizes as [Sized, Sized, Sized, Sized];
  const count = reader.number(gpus[1]);
  const milli = gpusMilli(reader, count, gpuMilli[1], issues);
  const spec = columns.spec < 0 ? '' : reader.repeated(columns.spec);
  const qos = columns.qos < 0 ? '' : reader.repeated(columns.qos);
  const group = taskGroup({
    amounts: memo.of(reader.number(cpusMilli[1]), reader.number(memMib[1]) * 1000, milli),
    durationUs: times.durationUs,
    constraints: spec === '' ? '' : `model=${spec}`,
  });
  return jobRecord({
    id: reader.text(columns.name),
    queue: qos,
    class: qos,
    submitUs: times.submitUs,
    priority: PRIORITY[qos] ?? 0,
    groups: [group],
  });
}

type Sized = readonly [name: string, column: number];

/** A pod without times is there from the start and stays. */
const STATIC = { submitUs: 0, durationUs: FOREVER_US };

/** False when one of the columns holds no number of at least 0: the row was skipped. */
function areNumbers({ reader }: Table, columns: readonly Sized[], issues: IssueLog): boolean {
  for (const [name, column] of columns) {
    if (reader.number(column) >= 0) continue;
    const message = `${name} must be a number of at least 0, got "${reader.text(column)}"`;
    issues.skip(reader, column + 1, 'E_OPENB_VALUE', message);
    return false;
  }
  return true;
}

function timesOf(table: Table, columns: PodColumns, issues: IssueLog): typeof STATIC | undefined {
  const { reader } = table;
  const { times, scheduled, phase } = columns;
  if (!areNumbers(table, times, issues)) return undefined;
  const [[, created], [, deleted]] = times as [Sized, Sized];
  if (reader.isEmpty(scheduled)) {
    const message = 'the pod was never scheduled: its run time is unknown';
    return void issues.skip(reader, scheduled + 1, 'E_OPENB_PENDING', message);
  }
  const runS = reader.number(deleted) - reader.number(scheduled);
  if (!(runS >= 0)) return void issues.skip(reader, deleted + 1, 'E_OPENB_RUN', 'the pod ends before it starts');
  if (phase >= 0 && reader.repeated(phase) === 'Running')
    issues.repair(reader, phase + 1, 'E_OPENB_CENSORED', 'the pod ran when the record was taken: it ends then');
  return { submitUs: Math.round(reader.number(created) * 1e6), durationUs: Math.round(runS * 1e6) };
}

/** num_gpu devices of gpu_milli thousandths each; several shared ones are not to be had together: they are taken whole. */
function gpusMilli(reader: LineReader, count: number, column: number, issues: IssueLog): number {
  const milli = reader.number(column);
  if (count <= 1 || milli === 1000) return count * milli;
  issues.repair(reader, column + 1, 'E_OPENB_GPUS', 'several GPUs are taken whole');
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
      if (!table.isSound(issues)) continue;
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
