import { defineMetric } from '../model/metric.js';
import type { ClusterView } from '../model/observer.js';

/** Dominant share of a framework: its largest share of any resource, in tasks or in tasks and demand. */
function dominant(cluster: ClusterView, amountOf: (resource: number) => number): { resource: number; share: number } {
  const { total } = cluster.ledger;
  let best = { resource: 0, share: 0 };
  for (let resource = 0; resource < total.length; resource++) {
    const all = total[resource] as number;
    if (all === 0) continue;
    const share = amountOf(resource) / all;
    if (share > best.share) best = { resource, share };
  }
  return best;
}

export const fairness = defineMetric({
  name: 'fairness',
  summary:
    'fairness.csv: dominant and demand shares per framework at samples; Jain over min(dominant share, demand share) / weight',
  source: 'Jain, Chiu, Hawe, DEC-TR-301, 1984; dominant shares: Ghodsi et al., NSDI 2011',
  options: {},
  isDefault: true,
  create: (_options, { cluster, table, summary, warmupUs }) => {
    const { ledger, resources } = cluster;
    const rows = table('fairness.csv', [
      'time_s',
      'framework',
      'role',
      'weight',
      'dominant_resource',
      'dominant_share',
      'weighted_share',
      'demand_share',
      'jain',
    ]);
    let sumJain = 0;
    let sampleCount = 0;
    let sumSpread = 0;
    const sample = (): void => {
      const shares: { framework: number; resource: number; share: number; demand: number; fair: number }[] = [];
      for (let framework = 0; framework < cluster.frameworkCount; framework++) {
        if (cluster.pendingTaskCount(framework) === 0 && cluster.runningTaskCount(framework) === 0) continue;
        const held = dominant(cluster, (resource) => ledger.allocatedTo(framework, resource));
        const demand = dominant(cluster, (resource) => ledger.demandOf(framework, resource)).share;
        const fair = Math.min(held.share, demand) / cluster.frameworkWeight(framework);
        shares.push({ framework, resource: held.resource, share: held.share, demand, fair });
      }
      if (shares.length === 0) return;
      const jain = jainOf(shares.map((entry) => entry.fair));
      for (const entry of shares) {
        const weight = cluster.frameworkWeight(entry.framework);
        rows
          .seconds(cluster.nowUs)
          .text(cluster.frameworkName(entry.framework))
          .text(cluster.frameworkRole(entry.framework));
        rows
          .real(weight)
          .text(resources.names[entry.resource] as string)
          .real(entry.share)
          .real(entry.share / weight);
        rows.real(entry.demand).real(jain).end();
      }
      if (cluster.nowUs < warmupUs) return;
      sumJain += jain;
      // How far the least served framework that wants more stands behind the best served one.
      const unsatisfied = shares.filter((entry) => entry.demand > entry.share);
      if (unsatisfied.length > 0) {
        const most = Math.max(...shares.map((entry) => entry.fair));
        const least = Math.min(...unsatisfied.map((entry) => entry.fair));
        sumSpread += most - least;
      }
      sampleCount++;
    };
    return {
      sample,
      finished: () => {
        if (sampleCount === 0) return;
        summary({
          scope: 'cluster',
          name: '',
          metric: 'jain_dominant_share',
          unit: 'ratio',
          value: sumJain / sampleCount,
          n: sampleCount,
        });
        summary({
          scope: 'cluster',
          name: '',
          metric: 'dominant_share_gap',
          unit: 'ratio',
          value: sumSpread / sampleCount,
          n: sampleCount,
        });
      },
    };
  },
});

/** (Σx)² / (n Σx²); all zero counts as equal. */
function jainOf(values: readonly number[]): number {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}
