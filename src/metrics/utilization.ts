import { defineMetric } from '../model/metric.js';

export const utilization = defineMetric({
  name: 'utilization',
  summary:
    'utilization.csv: totals, allocated, offered, used and fragmented amounts at samples; summary from exact integrals',
  source: 'utilization = ∫ allocated dt / ∫ total dt; fragmented = free where the median waiting shape does not fit',
  options: {},
  isDefault: true,
  create: (_options, { cluster, table, summary }) => {
    const { resources, ledger } = cluster;
    const rows = table('utilization.csv', [
      'time_s',
      'resource',
      'total',
      'allocated',
      'offered',
      'used',
      'fragmented',
    ]);
    return {
      sample: () => {
        const fragmented = fragmentedAmounts(cluster);
        for (let resource = 0; resource < resources.count; resource++) {
          if (ledger.total[resource] === 0) continue;
          rows
            .seconds(cluster.nowUs)
            .text(resources.names[resource] as string)
            .milli(ledger.total[resource] as number);
          rows
            .milli(ledger.allocated[resource] as number)
            .milli(ledger.offered[resource] as number)
            .milli(ledger.used[resource] as number);
          rows.milli(fragmented[resource] as number).end();
        }
      },
      finished: () => {
        for (let resource = 0; resource < resources.count; resource++) {
          const name = resources.names[resource] as string;
          const total = ledger.integral('total', resource);
          if (total === 0) continue;
          const share = (what: 'allocated' | 'offered' | 'used'): number => ledger.integral(what, resource) / total;
          summary({
            scope: 'cluster',
            name: '',
            metric: `utilization_${name}`,
            unit: 'ratio',
            value: share('allocated'),
          });
          summary({ scope: 'cluster', name: '', metric: `offered_${name}`, unit: 'ratio', value: share('offered') });
          summary({ scope: 'cluster', name: '', metric: `used_${name}`, unit: 'ratio', value: share('used') });
          for (let framework = 0; framework < cluster.frameworkCount; framework++) {
            const value = ledger.frameworkIntegral(framework, resource) / total;
            summary({
              scope: 'framework',
              name: cluster.frameworkName(framework),
              metric: `utilization_${name}`,
              unit: 'ratio',
              value,
            });
          }
        }
      },
    };
  },
});

/** Free amounts on agents where the median waiting shape does not fit; zero when nothing waits. */
function fragmentedAmounts(cluster: Parameters<typeof utilization.create>[1]['cluster']): Float64Array {
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
