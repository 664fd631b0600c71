import { InputError } from '../core/errors.js';

/** Resources in the notation of Mesos (`cpus:2;mem:1024;disk:512;gpus:1`; memory and disk in MiB) as a scenario of one task. */
export function executeText(resources: string, duration: string): string {
  const amounts = { cpus: 0, mem: 0, disk: 0, gpus: 0 };
  for (const part of resources.split(';')) {
    const match = /^\s*(cpus|mem|disk|gpus)\s*:\s*(\d+(?:\.\d+)?)\s*$/.exec(part);
    if (match === null) {
      throw new InputError(
        'E_RESOURCES',
        `resources must be written name:amount;…, got "${part}"`,
        { file: '--execute' },
        'such as cpus:2;mem:1024;disk:512',
      );
    }
    amounts[match[1] as keyof typeof amounts] = Number(match[2]);
  }
  const { cpus, mem, disk, gpus } = amounts;
  // The default agent is Mesos's own guess on a small machine, and larger where the task needs it.
  const agent = {
    cpus: Math.max(4, cpus),
    mem: Math.max(8192, mem),
    disk: Math.max(65_536, disk),
    gpus: Math.ceil(gpus),
  };
  return JSON.stringify({
    name: 'execute',
    workload: { synthetic: { jobs: 1, arrivals: 0, duration, cpus, mem, disk, gpus } },
    cluster: { agents: [agent] },
  });
}
