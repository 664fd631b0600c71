import { defineMetric } from '../model/metric.js';
import type { TaskFact } from '../model/observer.js';
import type { PriceStep } from '../model/prices.js';
import { CPUS } from '../model/resources.js';

const HOUR_US = 3600e6;

export const spotCost = defineMetric({
  name: 'spot-cost',
  summary: 'what the run would have cost at the spot prices of cluster.prices, by framework; only where they are given',
  source: 'docs/traces/spot-prices.md',
  options: {},
  isDefault: true,
  create: (_options, { cluster, prices, summary }) => {
    if (prices === undefined) return {};
    const sum = new PriceSum(prices.steps);
    const costs = new Map<number, number>();
    const charge = ({ startUs, finishUs, framework, group, job }: TaskFact): void => {
      if (startUs < 0 || job.record.isHost === true) return;
      const endUs = finishUs < 0 ? cluster.nowUs : finishUs;
      const instances = (group.amounts[CPUS] as number) / 1000 / prices.cpus;
      costs.set(framework, (costs.get(framework) ?? 0) + instances * (sum.until(endUs) - sum.until(startUs)));
    };
    return {
      taskEnded: charge,
      finished: () => {
        for (const task of cluster.liveTasks()) charge(task);
        const row = (scope: 'cluster' | 'framework', name: string, metric: string, value: number): void =>
          summary({
            scope,
            name,
            metric,
            unit: metric === 'spot_cost' ? 'currency' : 'currency per instance and h',
            value,
          });
        row(
          'cluster',
          '',
          'spot_cost',
          [...costs.values()].reduce((total, cost) => total + cost, 0),
        );
        row('cluster', '', 'spot_price_mean', (sum.until(cluster.nowUs) / cluster.nowUs) * HOUR_US);
        for (const framework of [...costs.keys()].sort((a, b) => a - b))
          row('framework', cluster.frameworkName(framework), 'spot_cost', costs.get(framework) as number);
      },
    };
  },
});

/** ∫ price dt of one instance from the start of the run, in currency; the first price holds from before, the last one for ever. */
class PriceSum {
  private readonly sums: number[] = [];

  constructor(private readonly steps: readonly PriceStep[]) {
    let sum = 0;
    for (const [row, { timeUs }] of steps.entries()) {
      const before = steps[row - 1];
      if (before !== undefined) sum += (before.price * (timeUs - before.timeUs)) / HOUR_US;
      this.sums.push(sum);
    }
  }

  until(us: number): number {
    // The last step at or before the time.
    let low = 0;
    let high = this.steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.steps[middle] as PriceStep).timeUs <= us) low = middle;
      else high = middle - 1;
    }
    const { timeUs, price } = this.steps[low] as PriceStep;
    return (this.sums[low] as number) + (price * (us - timeUs)) / HOUR_US;
  }
}
