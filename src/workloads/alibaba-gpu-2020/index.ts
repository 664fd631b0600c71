import { type AgentRecord, emptyReport, type SourceReport } from '../../model/job.js';
import { CPUS, GPUS, MEM } from '../../model/resources.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { alibabaGpu2020Facts } from '../facts/alibaba-gpu-2020-facts.js';
import { MAX_AMOUNT, Rows } from '../rows.js';
import { byTable, MACHINE_SPEC, tableOf } from './layouts.js';
import { openTasks } from './tasks.js';

/** pai_machine_spec: cores, GiB and GPUs of each machine, its type of GPU as the attribute `gpu_type`. */
function readMachines(
  files: readonly string[],
  context: TraceContext,
): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('alibaba-gpu-2020', [...files]);
  const issues = new IssueLog(report, context);
  const rows = new Rows(files, MACHINE_SPEC, report, issues);
  const agents: AgentRecord[] = [];
  while (rows.next()) {
    const bad = [2, 3, 4].find((column) => !(rows.number(column) >= 0 && rows.number(column) <= MAX_AMOUNT / 1e6));
    if (rows.isEmpty(0)) rows.skip(0, 'E_ALIBABA_VALUE', 'must not be empty');
    else if (bad !== undefined) rows.skip(bad, 'E_ALIBABA_VALUE', 'must be a number of at least 0');
    else {
      report.rowsKept++;
      const amounts = context.resources.zero();
      amounts[CPUS] = Math.round(rows.number(2) * 1000);
      amounts[MEM] = Math.round(rows.number(3) * 1024 * 1000);
      amounts[GPUS] = Math.round(rows.number(4)) * 1000;
      agents.push({ id: rows.text(0), amounts, attributes: { gpu_type: rows.repeated(1) } });
    }
  }
  issues.flush();
  return { agents, report };
}

export const alibabaGpu2020: TraceFormat = {
  name: 'alibaba-gpu-2020',
  summary: "Alibaba's PAI trace 2020: machine learning jobs with shared GPUs, machines with types of GPU",
  source: 'Weng et al., MLaaS in the Wild, NSDI 2022; alibaba/clusterdata cluster-trace-gpu-v2020',
  options: {
    gpuTypes: {
      type: 'boolean',
      default: true,
      help: 'tasks run only on machines of the type of GPU on which they ran',
    },
    missingCpus: { type: 'number', default: 6, range: [0, 1e6], unit: 'CPUs', help: 'of an instance without plan_cpu' },
    missingMemGib: {
      type: 'number',
      default: 29,
      range: [0, 1e6],
      unit: 'GiB',
      help: 'of an instance without plan_mem',
    },
  },
  detect: (sample) => tableOf(sample)?.score ?? 0,
  facts: alibabaGpu2020Facts,
  holds: (files) => {
    const tables = byTable(files);
    if (tables.has('pai_task_table')) return 'jobs';
    return tables.has('pai_machine_spec') ? 'agents' : 'sizes';
  },
  openJobs: openTasks,
  readAgents: readMachines,
};
