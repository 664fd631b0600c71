import type { TraceFormat } from '../model/trace-format.js';
import { openNative } from './native-jobs.js';
import { openMachineEvents, readAgents } from './native-machines.js';
import { headerNames, headerOf } from './table.js';

export const native: TraceFormat = {
  name: 'native',
  summary: "mesosim's own tables of jobs, tasks, agents and machine events",
  source: 'docs/traces/native.md',
  options: {
    reorder: {
      type: 'integer',
      default: 0,
      range: [0, 10_000_000],
      unit: 'jobs',
      help: 'look this far ahead for jobs out of submit order',
    },
  },
  detect: ({ head, name }) => {
    const header = headerOf(head);
    const has = (...columns: string[]): boolean => columns.every((column) => header.includes(column));
    if (/^(workload-jobs|workload-tasks|workload-usage|agents|machine-events)\.csv$/.test(name)) return 1;
    const isSure =
      has('job_id', 'submit_s', 'priority') ||
      has('job_id', 'task', 'duration_s') ||
      has('agent_id', 'cpus') ||
      has('time_s', 'agent_id', 'event');
    // Only the required columns: other formats may know better.
    return isSure ? 0.9 : has('job_id', 'submit_s') ? 0.5 : 0;
  },
  filesOf: (names) => {
    const named = (table: string): string[] =>
      names.filter((name) => new RegExp(`^${table}\\.csv(\\.gz|\\.zst)?$`).test(name)).slice(0, 1);
    const [jobs, tasks] = [named('workload-jobs'), named('workload-tasks')];
    const machines = [...named('agents'), ...named('machine-events')];
    return jobs.length > 0 && tasks.length > 0
      ? [...jobs, ...tasks, ...named('workload-usage'), ...machines]
      : jobs.length + tasks.length > 0
        ? []
        : machines;
  },
  holds: (files) => {
    const headers = files.map(headerNames);
    const has = (name: string): boolean => headers.some((names) => names.includes(name));
    if (has('job_id')) return 'jobs';
    return headers.some((names) => names.includes('agent_id') && !names.includes('event'))
      ? 'agents'
      : has('event')
        ? 'events'
        : 'jobs';
  },
  openJobs: openNative,
  readAgents,
  openMachineEvents,
};
