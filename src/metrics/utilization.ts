import { defineMetric, type MetricContext } from '../model/metric.js';
import type { ClusterView } from '../model/observer.js';

const AMOUNTS = ['total', 'allocated', 'offered', 'used'] as const;

export const utilization = defineMetric({
  name: 'utilization',
  summary: 'utilization.csv: mean amounts since the previous sample; the summary divides exact integrals',
  source: 'utilization = ∫ allocated dt / ∫ total dt; fragmented = free where the median waiting shape does not fit',
  options: {},
  isDefault: true,
  create: (_options, context) => {
    const { cluster, table, warmupUs } = context;
    const { resources } = cluster;
    const rows = table('utilization.csv', ['time_s', 'resource', ...AMOUNTS, 'fragmented']);
    let last: ClusterIntegrals = clusterIntegrals(cluster);
    // Everything before the warm-up's end (the first sample at or after it) is left out of the summary.
    let base = warmupUs === 0 ? integralsOf(cluster) : undefined;
    const write = (): void => {
      const now = clusterIntegrals(cluster);
      const spanS = (now.atUs - last.atUs) / 1e6;
      const fragmented = fragmentedAmounts(cluster);
      for (let resource = 0; resource < resources.count; resource++) {
        const mean = AMOUNTS.map((what, index) => {
          if (spanS === 0) return cluster.ledger[what][resource] as number;
          return ((now.sums[index]?.[resource] as number) - (last.sums[index]?.[resource] as number)) / spanS;
        });
        if (mean[0] === 0) continue;
        rows.seconds(cluster.nowUs).text(resources.names[resource] as string);
        for (const amount of mean) rows.milli(amount);
        rows.milli(fragmented[resource] as number).end();
      }
      last = now;
      if (base === undefined && cluster.nowUs >= warmupUs) base = integralsOf(cluster);
    };
    return {
      sample: write,
      finished: () => {
        if (cluster.nowUs > last.atUs) write();
        summarize(context, base ?? integralsOf(cluster));
      },
    };
  },
});

/** Exact integrals of the cluster at an instant, by amount and resource. */
interface ClusterIntegrals {
  readonly atUs: number;
  readonly sums: readonly (readonly number[])[];
}

/** And of each framework's tasks by resource: too many to be taken at each sample. */
interface Integrals extends ClusterIntegrals {
  readonly frameworks: readonly (readonly number[])[];
}

function clusterIntegrals({ nowUs, ledger, resources }: ClusterView): ClusterIntegrals {
  const sums = AMOUNTS.map((what) => resources.names.map((_, resource) => ledger.integral(what, resource)));
  return { atUs: nowUs, sums };
}

function integralsOf(cluster: ClusterView): Integrals {
  const { ledger, resources, frameworkCount } = cluster;
  const frameworks = Array.from({ length: frameworkCount }, (_, framework) =>
    resources.names.map((_name, resource) => ledger.frameworkIntegral(framework, resource)),
  );
  return { ...clusterIntegrals(cluster), frameworks };
}

/** Shares of the supply of the whole span after the warm-up, however often it was sampled. */
function summarize({ cluster, summary }: MetricContext, base: Integrals): void {
  const end = integralsOf(cluster);
  for (const [resource, name] of cluster.resources.names.entries()) {
    const grown = AMOUNTS.map(
      (_, index) => (end.sums[index]?.[resource] as number) - (base.sums[index]?.[resource] as number),
    );
    const [total = 0, allocated = 0, offered = 0, used = 0] = grown;
    if (total <= 0) continue;
    const row = (metric: string, amount: number): void =>
      summary({ scope: 'cluster', name: '', metric: `${metric}_${name}`, unit: 'ratio', value: amount / total });
    row('utilization', allocated);
    row('offered', offered);
    row('used', used);
    for (const [framework, sums] of end.frameworks.entries()) {
      const held = (sums[resource] as number) - (base.frameworks[framework]?.[resource] ?? 0);
      const value = held / total;
      const metric = `utilization_${name}`;
      summary({ scope: 'framework', name: cluster.frameworkName(framework), metric, unit: 'ratio', value });
    }
  }
}

/** Free amounts on agents where the median waiting shape does not fit; zero when nothing waits. */
function fragmentedAmounts(cluster: ClusterView): Float64Array {
  const fragmented = cluster.resources.zero();
  const shape = cluster.medianPendingShape();
  if (shape === undefined) return fragmented;
  for (let agent = 0; agent < cluster.agentCount; agent++) {
    if (!cluster.agentIsUp(agent)) continue;
    const fits = shape.every((amount, resource) => amount <= cluster.agentFree(agent, resource));
    if (fits) continue;
    for (let resource = 0; resource < fragmented.length; resource++) {
      fragmented[resource] = (fragmented[resource] as number) + cluster.agentFree(agent, resource);
    }
  }
  return fragmented;
}
