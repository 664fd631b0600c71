import { defineMetric, type RowWriter } from '../model/metric.js';

const MARKET = [
  'time_s',
  'resource',
  'supply',
  'demand',
  'sold',
  'unsold',
  'unplaced',
  'reserve_price',
  'price',
  'revenue',
  'iterations',
  'converged',
  'optimality_gap',
];
const BUDGETS = ['time_s', 'framework', 'balance', 'income', 'bid_total', 'spent', 'won_share', 'utility'];

export const market = defineMetric({
  name: 'market',
  summary: 'market.csv and budgets.csv: prices, sold and unsold supply, balances; revenue in the summary',
  source: 'Stokely et al., IPDPS 2009; docs/results.md',
  options: {},
  isDefault: true,
  create: (_options, { cluster, table, summary }) => {
    let marketRows: RowWriter | undefined;
    let budgetRows: RowWriter | undefined;
    let spent = 0;
    const prices = new Map<number, { sum: number; count: number }>();
    return {
      marketCleared: (row) => {
        marketRows ??= table('market.csv', MARKET);
        const name = cluster.resources.names[row.resource] as string;
        marketRows.seconds(cluster.nowUs).text(name).milli(row.supplyMilli).milli(row.demandMilli).milli(row.soldMilli);
        marketRows
          .milli(row.supplyMilli - row.soldMilli)
          .milli(row.unplacedMilli)
          .real(row.reservePrice)
          .real(row.price);
        marketRows.real(row.revenue).integer(row.iterations).text(String(row.converged)).real(row.optimalityGap).end();
        if (row.soldMilli === 0) return;
        const seen = prices.get(row.resource) ?? { sum: 0, count: 0 };
        seen.sum += row.price;
        seen.count++;
        prices.set(row.resource, seen);
      },
      budgetChanged: (row) => {
        budgetRows ??= table('budgets.csv', BUDGETS);
        budgetRows.seconds(cluster.nowUs).text(cluster.frameworkName(row.framework));
        if (Number.isFinite(row.balance)) budgetRows.real(row.balance);
        else budgetRows.empty();
        budgetRows.real(row.income).real(row.bidTotal).real(row.spent).real(row.wonShare).real(row.utility).end();
        spent += row.spent;
      },
      finished: () => {
        if (marketRows === undefined) return;
        summary({ scope: 'market', name: '', metric: 'revenue', unit: 'currency', value: spent });
        for (const [resource, { sum, count }] of prices) {
          const name = cluster.resources.names[resource] as string;
          summary({
            scope: 'market',
            name,
            metric: 'price_mean',
            unit: 'currency per unit and s',
            value: sum / count,
            n: count,
          });
        }
      },
    };
  },
});
