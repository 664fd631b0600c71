import type { TraceFormat } from '../../model/trace-format.js';
import { googleFacts } from '../facts/google-facts.js';
import { scaleOptions } from '../google/task-book.js';
import { byTable, tableOf } from './layouts.js';
import { openMachineEvents, readAgents } from './machines.js';
import { openGoogle } from './tasks.js';

export const google2011: TraceFormat = {
  name: 'google-2011',
  summary: 'Google ClusterData 2011-2: task events with priorities, classes, uses and constraints; machine events',
  source:
    'Reiss, Wilkes, Hellerstein, Google cluster-usage traces: format + schema, 2011 (v2.1); google/cluster-data ClusterData2011_2.md',
  options: {
    ...scaleOptions,
    machineDiskGib: {
      type: 'number',
      default: 1024,
      range: [0.001, 1e6],
      unit: 'GiB',
      help: 'disk of the largest machine',
    },
  },
  detect: (sample) => tableOf(sample)?.score ?? 0,
  facts: googleFacts,
  holds: (files) => {
    const tables = byTable(files);
    if (tables.has('task_events')) return 'jobs';
    return tables.has('machine_events') ? 'agents' : 'sizes';
  },
  openJobs: openGoogle,
  readAgents,
  openMachineEvents,
};
