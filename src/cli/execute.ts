import { parseResources } from '../frameworks/mesos-execute.js';

/** Resources in the notation of Mesos (`cpus:2;mem:1024;disk:512;gpus:1`; memory and disk in MiB) as a scenario of one task of `mesos-execute`. */
export function executeText(resources: string, duration: string): string {
  const { cpus = 0, mem = 0, disk = 0, gpus = 0 } = parseResources(resources, '--execute');
  // The default agent is Mesos's own guess on a small machine, and larger where the task needs it.
  const agent = {
    cpus: Math.max(4, cpus),
    mem: Math.max(8192, mem),
    disk: Math.max(65_536, disk),
    gpus: Math.ceil(gpus),
  };
  return JSON.stringify({
    name: 'execute',
    cluster: { agents: [agent] },
    frameworks: [{ name: 'mesos-execute', type: 'mesos-execute', options: { resources, duration } }],
  });
}
