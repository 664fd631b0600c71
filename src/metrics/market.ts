import { giniCoefficient } from '../core/statistics.js';
import { defineMetric, type MetricContext, type RowWriter } from '../model/metric.js';
import type { BudgetFact, ClusterObserver, MarketFact } from '../model/observer.js';

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

/** Running sums over clearings of one resource. */
interface ResourceSums {
  clearings: number;
  supply: number;
  sold: number;
  unplaced: number;
  /** Prices of clearings that sold something. */
  prices: number;
  priceSum: number;
  squareSum: number;
  priceMax: number;
}

/** Running sums over the clearings of one framework. */
interface FrameworkSums {
  spent: number;
  utility: number;
  bid: number;
  value: number;
  clearings: number;
  wonShare: number;
  balance: number;
}

export const market = defineMetric({
  name: 'market',
  summary:
    'market.csv and budgets.csv; revenue, welfare, unsold and unplaced supply, gaps, prices, utilities in the summary',
  source: 'Stokely et al., IPDPS 2009; docs/market.md',
  options: {},
  isDefault: true,
  create: (_options, context) => new MarketObserver(context),
});

class MarketObserver implements ClusterObserver {
  private marketRows: RowWriter | undefined;
  private budgetRows: RowWriter | undefined;
  private readonly resources: ResourceSums[] = [];
  private readonly frameworks: FrameworkSums[] = [];
  private clearings = 0;
  private unconverged = 0;
  private gaps = 0;
  private gapSum = 0;
  private gapMax = 0;
  private iterations = 0;
  private lastUs = -1;

  constructor(private readonly context: MetricContext) {}

  marketCleared(row: MarketFact): void {
    const { cluster, table } = this.context;
    this.marketRows ??= table('market.csv', MARKET);
    const rows = this.marketRows;
    rows.seconds(cluster.nowUs).text(cluster.resources.names[row.resource] as string);
    rows.milli(row.supplyMilli).milli(row.demandMilli).milli(row.soldMilli);
    rows
      .milli(row.supplyMilli - row.soldMilli)
      .milli(row.unplacedMilli)
      .real(row.reservePrice)
      .real(row.price);
    rows.real(row.revenue).integer(row.iterations).text(String(row.converged));
    if (Number.isNaN(row.optimalityGap)) rows.empty();
    else rows.real(row.optimalityGap);
    rows.end();
    if (cluster.nowUs !== this.lastUs) this.countClearing(row);
    this.lastUs = cluster.nowUs;
    this.addResource(row);
  }

  private countClearing(row: MarketFact): void {
    this.clearings++;
    this.iterations += row.iterations;
    if (!row.converged) this.unconverged++;
    if (Number.isNaN(row.optimalityGap)) return;
    this.gaps++;
    this.gapSum += row.optimalityGap;
    this.gapMax = Math.max(this.gapMax, row.optimalityGap);
  }

  private addResource(row: MarketFact): void {
    const none = { clearings: 0, supply: 0, sold: 0, unplaced: 0, prices: 0, priceSum: 0, squareSum: 0, priceMax: 0 };
    const sums = this.resources[row.resource] ?? none;
    this.resources[row.resource] = sums;
    sums.clearings++;
    sums.supply += row.supplyMilli;
    sums.sold += row.soldMilli;
    sums.unplaced += row.unplacedMilli;
    if (row.soldMilli === 0) return;
    sums.prices++;
    sums.priceSum += row.price;
    sums.squareSum += row.price * row.price;
    sums.priceMax = Math.max(sums.priceMax, row.price);
  }

  budgetChanged(row: BudgetFact): void {
    const { cluster, table } = this.context;
    this.budgetRows ??= table('budgets.csv', BUDGETS);
    const rows = this.budgetRows.seconds(cluster.nowUs).text(cluster.frameworkName(row.framework));
    if (Number.isFinite(row.balance)) rows.real(row.balance);
    else rows.empty();
    rows.real(row.income).real(row.bidTotal).real(row.spent).real(row.wonShare).real(row.utility).end();
    const none = { spent: 0, utility: 0, bid: 0, value: 0, clearings: 0, wonShare: 0, balance: 0 };
    const sums = this.frameworks[row.framework] ?? none;
    this.frameworks[row.framework] = sums;
    sums.spent += row.spent;
    sums.utility += row.utility;
    sums.bid += row.bidTotal;
    sums.value += row.valueTotal;
    sums.balance = row.balance;
    if (row.bidTotal === 0 && row.valueTotal === 0) return;
    sums.clearings++;
    sums.wonShare += row.wonShare;
  }

  finished(): void {
    if (this.marketRows === undefined) return;
    this.summarizeMarket();
    this.resources.forEach((sums, resource) => {
      this.summarizeResource(this.context.cluster.resources.names[resource] as string, sums);
    });
    this.frameworks.forEach((sums, framework) => {
      this.summarizeFramework(this.context.cluster.frameworkName(framework), sums);
    });
  }

  private summarizeMarket(): void {
    const say = (metric: string, unit: string, value: number, n?: number): void => {
      const row = { scope: 'market' as const, name: '', metric, unit, value };
      this.context.summary(n === undefined ? row : { ...row, n });
    };
    const total = (key: 'spent' | 'utility'): number => this.frameworks.reduce((sum, each) => sum + each[key], 0);
    say('revenue', 'currency', total('spent'));
    say('welfare', 'currency', total('spent') + total('utility'));
    say('clearings', '', this.clearings);
    say('clearings_not_converged', '', this.unconverged);
    if (this.clearings > 0) say('iterations_mean', '', this.iterations / this.clearings, this.clearings);
    if (this.gaps > 0) {
      say('optimality_gap_mean', 'ratio', this.gapSum / this.gaps, this.gaps);
      say('optimality_gap_max', 'ratio', this.gapMax, this.gaps);
    }
    const balances = this.frameworks.map(({ balance }) => balance).filter((balance) => Number.isFinite(balance));
    if (balances.length > 1 && balances.some((balance) => balance > 0)) {
      // A debt has no place in the index: it counts as no money.
      say('gini_balance', 'ratio', giniCoefficient(balances.map((balance) => Math.max(0, balance))), balances.length);
    }
  }

  private summarizeResource(name: string, sums: ResourceSums): void {
    const say = (metric: string, unit: string, value: number, n: number): void =>
      this.context.summary({ scope: 'market', name, metric, unit, value, n });
    if (sums.supply > 0) {
      say('unsold_share', 'ratio', (sums.supply - sums.sold) / sums.supply, sums.clearings);
      say('unplaced_share', 'ratio', sums.unplaced / sums.supply, sums.clearings);
    }
    if (sums.prices === 0) return;
    const unit = 'currency per unit and s';
    const mean = sums.priceSum / sums.prices;
    say('price_mean', unit, mean, sums.prices);
    say('price_max', unit, sums.priceMax, sums.prices);
    if (mean === 0) return;
    const variance = Math.max(0, sums.squareSum / sums.prices - mean * mean);
    say('price_volatility', 'ratio', Math.sqrt(variance) / mean, sums.prices);
  }

  private summarizeFramework(name: string, sums: FrameworkSums): void {
    const say = (metric: string, unit: string, value: number, n?: number): void => {
      const row = { scope: 'framework' as const, name, metric, unit, value };
      this.context.summary(n === undefined ? row : { ...row, n });
    };
    say('spent', 'currency', sums.spent);
    say('market_value', 'currency', sums.spent + sums.utility);
    say('market_utility', 'currency', sums.utility);
    if (Number.isFinite(sums.balance)) say('balance_end', 'currency', sums.balance);
    if (sums.clearings > 0) say('won_share_mean', 'ratio', sums.wonShare / sums.clearings, sums.clearings);
    if (sums.value > 0) say('bid_to_value', 'ratio', sums.bid / sums.value, sums.clearings);
  }
}
