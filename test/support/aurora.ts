import { type FrameworkRun, runFramework } from './framework-run.js';

export interface Setup {
  readonly options?: Record<string, unknown>;
  readonly agents?: readonly object[];
  readonly actions?: readonly object[];
  readonly until?: string;
  readonly quotas?: object;
  /** Keys of the framework's entry besides its name, type and options. */
  readonly keys?: object;
  readonly cluster?: object;
  readonly master?: object;
}

/** Without the executor, so that amounts are plain. */
export function run(
  jobs: readonly object[],
  { options, agents, quotas, keys, cluster, ...rest }: Setup = {},
): FrameworkRun {
  const given = {
    jobs: 'jobs.json',
    executorCpus: 0,
    executorRam: 0,
    ...(quotas ? { quotas: 'quotas.json' } : { unsetQuota: 'unlimited' }),
    ...options,
  };
  return runFramework(
    {
      cluster: {
        agents: agents ?? [{ count: 4, cpus: 4, mem: '8 GiB', disk: '64 GiB', attributes: { rack: 'r{i/2}' } }],
        ...cluster,
      },
      frameworks: [{ name: 'aurora', type: 'aurora', ...keys, options: given }],
      until: '1 h',
      ...rest,
    },
    { 'jobs.json': jobs, ...(quotas ? { 'quotas.json': quotas } : {}) },
  );
}

export const job = (name: string, more: object = {}) => ({
  role: 'www',
  environment: 'prod',
  name,
  task: { resources: { cpu: 2, ram: '1 GiB', disk: '1 GiB' } },
  ...more,
});
export const service = (name: string, more: object = {}) => job(name, { service: true, ...more });
export const fullAgents = [{ count: 2, cpus: 4, mem: '8 GiB', disk: '64 GiB' }];

export function starts({ started }: FrameworkRun, key: string): number[] {
  return started.filter(({ id }) => id.startsWith(key)).map(({ atS }) => atS);
}

export function ends({ ended }: FrameworkRun, key: string, reason: string): number[] {
  return ended.filter((task) => task.id.startsWith(key) && task.reason === reason).map(({ atS }) => atS);
}
