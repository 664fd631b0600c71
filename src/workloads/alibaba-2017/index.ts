import { InputError } from '../../core/errors.js';
import type { JobSource } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { alibaba2017Facts } from '../facts/alibaba-2017-facts.js';
import { openBatchTask, openInstances } from './batch-task.js';
import { tableOf, tableOfFile } from './layouts.js';
import { openContainers, openMachineEvents, readMachines } from './services.js';

function openJobs(files: readonly string[], context: TraceContext): JobSource {
  const file = files[0] as string;
  const table = tableOfFile(file);
  if (table === 'batch_task') return openBatchTask(files, context);
  if (table === 'batch_instance') return openInstances(files, context);
  if (table === 'container_event') return openContainers(files, context);
  throw new InputError(
    'E_FORMAT',
    'the file is none of batch_task, batch_instance and container_event of alibaba-2017',
    { file, line: 1, column: 1 },
    'batch_task has 8 columns, batch_instance 12, container_event 8',
  );
}

export const alibaba2017: TraceFormat = {
  name: 'alibaba-2017',
  summary: "Alibaba's cluster trace 2017: batch tasks of equal instances, their runs, containers, machines",
  source: 'alibaba/clusterdata cluster-trace-v2017, schema.csv and trace_201708.md',
  options: {
    machineMemGib: {
      type: 'number',
      default: 256,
      range: [0.001, 1e6],
      unit: 'GiB',
      help: 'memory of the largest machine (1.0 in the trace)',
    },
    machineDiskGib: {
      type: 'number',
      default: 2048,
      range: [0.001, 1e9],
      unit: 'GiB',
      help: 'disk of the largest machine (1.0 in the trace)',
    },
    missingCpus: {
      type: 'number',
      default: 0.5,
      range: [0, 1e6],
      unit: 'CPUs',
      help: 'of an instance whose request is missing',
    },
    missingMemShare: {
      type: 'number',
      default: 0.008,
      range: [0, 1],
      help: 'memory of an instance whose request is missing, as a share of the largest machine',
    },
  },
  detect: (sample) => tableOf(sample)?.score ?? 0,
  facts: alibaba2017Facts,
  holds: (files) => (tableOfFile(files[0] as string) === 'server_event' ? 'agents' : 'jobs'),
  openJobs,
  readAgents: readMachines,
  openMachineEvents,
};
