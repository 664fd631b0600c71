import { defineMetric } from '../model/metric.js';
import type { ClusterView, TaskFact } from '../model/observer.js';

/** Σ numerator / denominator over pairs whose denominator is positive: the form of all three indices. */
export function ratioSum(pairs: Iterable<readonly [numerator: number, denominator: number]>): number {
  let sum = 0;
  for (const [numerator, denominator] of pairs) if (denominator > 0) sum += numerator / denominator;
  return sum;
}

/** Partitions are the agents that are alike: CPUs to GiB of disk of each such class, those without disk left out. */
function computeToStorage(cluster: ClusterView): number {
  const [cpus, disk] = ['cpus', 'disk'].map((name) => cluster.resources.indexOf(name)) as [number, number];
  const classes = new Map<string, readonly [number, number]>();
  for (let agent = 0; agent < cluster.agentCount; agent++) {
    if (!cluster.agentIsUp(agent)) continue;
    const totals = cluster.resources.names.map((_, resource) => cluster.agentTotal(agent, resource));
    classes.set(totals.join(), [(totals[cpus] as number) / 1000, (totals[disk] as number) / 1000 / 1024]);
  }
  return ratioSum(classes.values());
}

/** Run time that a task still needs: what it has run, or a checkpoint keeps, is done. */
function remainingS(task: TaskFact, nowUs: number): number {
  const ranUs = task.startUs >= 0 ? nowUs - task.startUs : 0;
  const leftUs = task.group.durationUs - ranUs - (task.keptUs ?? 0);
  return Number.isFinite(leftUs) ? Math.max(0, leftUs) / 1e6 : 0;
}

/** Σ over unfinished jobs of remaining run time over priority; a job of priority 0 or less urges nobody. */
function urgency(cluster: ClusterView): number {
  const remaining = new Map<TaskFact['job'], number>();
  for (const task of cluster.liveTasks()) {
    if (task.job.record.isHost === true) continue;
    remaining.set(task.job, (remaining.get(task.job) ?? 0) + remainingS(task, cluster.nowUs));
  }
  return ratioSum([...remaining].map(([job, seconds]) => [seconds, job.record.priority] as const));
}

export const indices = defineMetric({
  name: 'indices',
  summary:
    'three sums of ratios: compute to storage of partitions, urgency of unfinished work, efficiency to complexity of the policy',
  source: 'Σ C_i/T_i, Σ remaining_j/priority_j and Σ U_k/V_k: docs/results.md, indices',
  options: {},
  isDefault: true,
  create: (_options, { cluster, summary, policyComplexity = 1 }) => {
    return {
      finished: () => {
        const row = (metric: string, unit: string, value: number): void =>
          summary({ scope: 'cluster', name: '', metric, unit, value });
        row('index_compute_to_storage', 'CPUs per GiB', computeToStorage(cluster));
        row('index_urgency', 's per priority', urgency(cluster));
        const { ledger } = cluster;
        let used = 0;
        for (let resource = 0; resource < cluster.resources.count; resource++) {
          const total = ledger.integral('total', resource);
          if (total > 0) used = Math.max(used, ledger.integral('allocated', resource) / total);
        }
        row('index_efficiency_to_complexity', 'ratio', ratioSum([[used, policyComplexity]]));
      },
    };
  },
});
