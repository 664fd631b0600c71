import { jainIndex } from '../core/statistics.js';
import { defineMetric, type RowWriter } from '../model/metric.js';
import type { ClusterView } from '../model/observer.js';

const COLUMNS = [
  'time_s',
  'framework',
  'role',
  'weight',
  'dominant_resource',
  'dominant_share',
  'weighted_share',
  'demand_share',
  'jain',
];

export const fairness = defineMetric({
  name: 'fairness',
  summary:
    'fairness.csv: dominant and demand shares per framework at samples; Jain over min(dominant share, demand share) / weight',
  source: 'Jain, Chiu, Hawe, DEC-TR-301, 1984; dominant shares: Ghodsi et al., NSDI 2011',
  options: {},
  isDefault: true,
  create: (_options, { cluster, table, summary, warmupUs }) => {
    const rows = table('fairness.csv', COLUMNS);
    // Samples may become sparser during a run: each stands for the time since the one before.
    let lastUs = 0;
    let weightUs = 0;
    let sampleCount = 0;
    let jainSum = 0;
    let gapSum = 0;
    return {
      sample: () => {
        const spanUs = cluster.nowUs - lastUs;
        lastUs = cluster.nowUs;
        const shares = sharesOf(cluster);
        if (shares.length === 0) return;
        const jain = jainIndex(shares.map((entry) => entry.served));
        for (const entry of shares) writeRow(rows, cluster, entry, jain);
        if (cluster.nowUs < warmupUs) return;
        sampleCount++;
        weightUs += spanUs;
        jainSum += jain * spanUs;
        gapSum += gapOf(shares) * spanUs;
      },
      finished: () => {
        if (sampleCount === 0) return;
        const base = { scope: 'cluster', name: '', unit: 'ratio', n: sampleCount } as const;
        summary({ ...base, metric: 'jain_dominant_share', value: jainSum / weightUs });
        summary({ ...base, metric: 'dominant_share_gap', value: gapSum / weightUs });
      },
    };
  },
});

/** What one framework holds and wants at a sample. */
interface Share {
  readonly framework: number;
  readonly weight: number;
  readonly resource: number;
  readonly share: number;
  readonly demand: number;
  /** min(share, demand) / weight. */
  readonly served: number;
}

/** Frameworks with demand or allocation, in the order of their rows. */
function sharesOf(cluster: ClusterView): Share[] {
  const { ledger } = cluster;
  const shares: Share[] = [];
  for (let framework = 0; framework < cluster.frameworkCount; framework++) {
    if (cluster.pendingTaskCount(framework) === 0 && cluster.runningTaskCount(framework) === 0) continue;
    const { resource, share } = dominant(cluster, (row) => ledger.allocatedTo(framework, row));
    const demand = dominant(cluster, (row) => ledger.demandOf(framework, row)).share;
    const weight = cluster.frameworkWeight(framework);
    shares.push({ framework, weight, resource, share, demand, served: Math.min(share, demand) / weight });
  }
  return shares;
}

/** The largest share of any resource, and which it is; the first of equal ones. */
function dominant(cluster: ClusterView, amountOf: (resource: number) => number): { resource: number; share: number } {
  const { total } = cluster.ledger;
  let best = { resource: 0, share: 0 };
  for (let resource = 0; resource < total.length; resource++) {
    const all = total[resource] as number;
    const share = all === 0 ? 0 : amountOf(resource) / all;
    if (share > best.share) best = { resource, share };
  }
  return best;
}

/** How far the least served framework that wants more stands behind the best served one; 0 when all have what they want. */
function gapOf(shares: readonly Share[]): number {
  let most = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const { served, share, demand } of shares) {
    most = Math.max(most, served);
    if (demand > share) least = Math.min(least, served);
  }
  return least === Number.POSITIVE_INFINITY ? 0 : most - least;
}

function writeRow(rows: RowWriter, cluster: ClusterView, entry: Share, jain: number): void {
  const { framework, weight, resource, share, demand } = entry;
  rows.seconds(cluster.nowUs).text(cluster.frameworkName(framework)).text(cluster.frameworkRole(framework));
  rows
    .real(weight)
    .text(cluster.resources.names[resource] as string)
    .real(share);
  rows
    .real(share / weight)
    .real(demand)
    .real(jain)
    .end();
}
