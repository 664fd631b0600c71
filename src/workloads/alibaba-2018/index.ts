import { InputError } from '../../core/errors.js';
import type { JobSource } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { alibaba2018Facts } from '../facts/alibaba-2018-facts.js';
import { openBatchInstance } from './batch-instance.js';
import { openBatchTask } from './batch-task.js';
import { openContainers } from './containers.js';
import { tableOf, tableOfFile } from './layouts.js';
import { openMachineEvents, readMachines } from './machines.js';

function openJobs(files: readonly string[], context: TraceContext): JobSource {
  const file = files[0] as string;
  const table = tableOfFile(file);
  if (table === 'batch_task') return openBatchTask(files, context);
  if (table === 'batch_instance') return openBatchInstance(files, context);
  if (table === 'container_meta') return openContainers(files, context);
  throw new InputError(
    'E_FORMAT',
    'the file is none of batch_task, batch_instance and container_meta of alibaba-2018',
    { file, line: 1, column: 1 },
    'batch_task has 9 columns, batch_instance 14, container_meta 8',
  );
}

export const alibaba2018: TraceFormat = {
  name: 'alibaba-2018',
  summary: "Alibaba's cluster trace 2018: batch jobs whose task names hold a DAG, instances, containers, machines",
  source: 'alibaba/clusterdata cluster-trace-v2018, schema.md and trace_2018.md §2.3',
  options: {
    machineMemGib: {
      type: 'number',
      default: 512,
      range: [0.001, 1e6],
      unit: 'GiB',
      help: 'memory of the largest machine (100 % in the trace)',
    },
    missingCpus: {
      type: 'number',
      default: 1,
      range: [0, 1e6],
      unit: 'CPUs',
      help: 'of an instance whose request is missing',
    },
    missingMemPercent: {
      type: 'number',
      default: 0.5,
      range: [0, 100],
      unit: '%',
      help: 'memory of an instance whose request is missing',
    },
  },
  detect: (sample) => tableOf(sample)?.score ?? 0,
  facts: alibaba2018Facts,
  holds: (files) => (tableOfFile(files[0] as string) === 'machine_meta' ? 'agents' : 'jobs'),
  openJobs,
  readAgents: readMachines,
  openMachineEvents,
};
