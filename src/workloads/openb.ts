import { type AgentRecord, emptyReport, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';
import { CPUS, GPUS, MEM } from '../model/resources.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { openbFacts } from './facts/openb-facts.js';
import { reordered } from './reorder.js';
import { headerOf, Table } from './table.js';

const POD_COLUMNS = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'];
const NODE_COLUMNS = ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'];

/** Priority by quality of service: guaranteed and latency-sensitive pods before burstable and best-effort ones. */
const PRIORITY: Readonly<Record<string, number>> = { LS: 3, Guaranteed: 3, Burstable: 2, BE: 1 };

/**
 * OpenB pods: one job of one task each. Run time = deletion − scheduled; pods that were never scheduled (phase Pending) have none
 * and are skipped (E_OPENB_PENDING). GPUs: num_gpu devices of gpu_milli thousandths each; `gpu_spec` (`V100M16|V100M32`) becomes a
 * constraint on the agents' attribute `model`. Rows out of creation order are put in order.
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
        table = new Table(files[index++] as string, [
          ...POD_COLUMNS,
          'creation_time',
          'deletion_time',
          'scheduled_time',
        ]);
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
  const bad = ['cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli', 'creation_time', 'deletion_time'].find(
    (name) => !(value(name) >= 0),
  );
  if (bad !== undefined) {
    return void issues.skip(
      reader,
      table.column(bad) + 1,
      'E_OPENB_VALUE',
      `${bad} must be a number of at least 0, got "${reader.text(table.column(bad))}"`,
    );
  }
  if (reader.isEmpty(table.column('scheduled_time'))) {
    return void issues.skip(
      reader,
      table.column('scheduled_time') + 1,
      'E_OPENB_PENDING',
      'the pod was never scheduled: its run time is unknown',
    );
  }
  const runS = value('deletion_time') - value('scheduled_time');
  if (!(runS >= 0))
    return void issues.skip(reader, table.column('deletion_time') + 1, 'E_OPENB_RUN', 'the pod ends before it starts');
  const amounts = context.resources.zero();
  amounts[CPUS] = value('cpu_milli');
  amounts[MEM] = value('memory_mib') * 1000;
  amounts[GPUS] = value('num_gpu') * value('gpu_milli');
  const spec = table.column('gpu_spec') < 0 ? '' : reader.text(table.column('gpu_spec'));
  const qos = table.column('qos') < 0 ? '' : reader.text(table.column('qos'));
  return {
    id: reader.text(table.column('name')),
    user: '',
    queue: qos,
    class: qos,
    submitUs: Math.round(value('creation_time') * 1e6),
    priority: PRIORITY[qos] ?? 0,
    deadlineUs: -1,
    after: [],
    groups: [
      {
        name: '',
        count: 1,
        gang: false,
        amounts,
        durationUs: Math.round(runS * 1e6),
        estimateUs: -1,
        constraints: spec === '' ? '' : `model=${spec}`,
        after: [],
        image: '',
        inputs: [],
        outputMilliMib: 0,
      },
    ],
  };
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
    if (table.column('creation_time') >= 0) return 'jobs';
    return table.column('sn') >= 0 ? 'agents' : 'sizes';
  },
  openJobs: openPods,
  readAgents: readNodes,
};
