import { linearEquilibrium } from './fisher-linear.js';
import { Fraction, sumOf } from './fraction.js';
import { transport } from './transport.js';

/** Buyers with linear utilities, in fractions. */
export interface ExactLinearMarket {
  readonly budgets: readonly Fraction[];
  readonly supply: readonly Fraction[];
  readonly values: readonly (readonly Fraction[])[];
}

/** Exact equilibrium: prices and utilities are unique, the allocation is where `isUnique` says so. */
export interface ExactLinearEquilibrium {
  readonly prices: Fraction[];
  readonly allocation: Fraction[][];
  readonly utilities: Fraction[];
  /** True when the pairs of best value per money form no cycle, so that only one allocation clears. */
  readonly isUnique: boolean;
}

/** Money below which a purchase of the approximate solution counts as rounding; tried in turn. */
const THRESHOLDS = [1e-6, 1e-4, 1e-8, 1e-3, 1e-10];

/**
 * Linear Fisher equilibrium in exact fractions (Eisenberg and Gale 1959; prices are rational, Vazirani 2007): the interior point finds
 * who buys what; within a set of buyers and goods that trade, value per money fixes the ratio of the prices, the budgets their sum; the
 * result is then proven (no better value for money anywhere, all money spent, all goods sold). Undefined if no proof is found.
 */
export function exactLinearEquilibrium(market: ExactLinearMarket): ExactLinearEquilibrium | undefined {
  const near = linearEquilibrium({
    budgets: market.budgets.map((value) => value.toNumber()),
    supply: market.supply.map((value) => value.toNumber()),
    values: market.values.map((row) => row.map((value) => value.toNumber())),
  });
  const total = sumOf(market.budgets).toNumber();
  const purchases = near.allocation.flatMap((row, buyer) =>
    row.map((amount, good) => ({ buyer, good, money: amount * (near.prices[good] as number) })),
  );
  purchases.sort((a, b) => b.money - a.money || a.buyer - b.buyer || a.good - b.good);
  for (const threshold of THRESHOLDS) {
    const edges = purchases.filter(({ money }) => money > threshold * total);
    const prices = pricesOf(market, edges);
    const proof = prices === undefined ? undefined : prove(market, prices);
    if (proof !== undefined) return proof;
  }
  return undefined;
}

interface Edge {
  readonly buyer: number;
  readonly good: number;
}

/** Prices from a spanning forest of the purchases; undefined when a buyer buys nothing or a value is 0. */
function pricesOf(market: ExactLinearMarket, edges: readonly Edge[]): Fraction[] | undefined {
  const prices: (Fraction | undefined)[] = market.supply.map((_, good) =>
    market.values.some((row) => (row[good] as Fraction).sign > 0) ? undefined : Fraction.zero,
  );
  for (let good = 0; good < prices.length; good++) {
    if (prices[good] !== undefined) continue;
    const group = spread(market, edges, prices, good);
    if (group === undefined || group.buyers.length === 0) return undefined;
    const money = sumOf(group.buyers.map((buyer) => market.budgets[buyer] as Fraction));
    const worth = sumOf(
      group.goods.map((member) => (prices[member] as Fraction).times(market.supply[member] as Fraction)),
    );
    for (const member of group.goods) prices[member] = (prices[member] as Fraction).times(money).over(worth);
  }
  return prices.map((price) => price ?? Fraction.zero);
}

/** Gives every good that trades with `first`, directly or through others, its price relative to it. */
function spread(
  market: ExactLinearMarket,
  edges: readonly Edge[],
  prices: (Fraction | undefined)[],
  first: number,
): { buyers: number[]; goods: number[] } | undefined {
  prices[first] = Fraction.one;
  const goods = [first];
  const buyers: number[] = [];
  for (let position = 0; position < goods.length; position++) {
    const good = goods[position] as number;
    for (const { buyer } of edges.filter((edge) => edge.good === good && !buyers.includes(edge.buyer))) {
      const values = market.values[buyer] as readonly Fraction[];
      if ((values[good] as Fraction).sign <= 0) return undefined;
      buyers.push(buyer);
      for (const next of edges.filter((edge) => edge.buyer === buyer && prices[edge.good] === undefined)) {
        const ratio = (values[next.good] as Fraction).over(values[good] as Fraction);
        prices[next.good] = (prices[good] as Fraction).times(ratio);
        goods.push(next.good);
      }
    }
  }
  return { buyers, goods };
}

/** The equilibrium at these prices, or undefined when they are none. */
function prove(market: ExactLinearMarket, prices: readonly Fraction[]): ExactLinearEquilibrium | undefined {
  const priced = prices.map((price) => price.sign > 0);
  const best = market.values.map((row) =>
    row.reduce<Fraction>((top, value, good) => {
      if (priced[good] !== true) return top;
      const perMoney = value.over(prices[good] as Fraction);
      return perMoney.compare(top) > 0 ? perMoney : top;
    }, Fraction.zero),
  );
  const allowed = market.values.map((row, buyer) =>
    row.map(
      (value, good) => priced[good] === true && value.over(prices[good] as Fraction).equals(best[buyer] as Fraction),
    ),
  );
  const worth = prices.map((price, good) => price.times(market.supply[good] as Fraction));
  const trade = transport(market.budgets, worth, allowed);
  if (!trade.total.equals(sumOf(market.budgets)) || !trade.total.equals(sumOf(worth))) return undefined;
  const allocation = trade.flow.map((row) =>
    row.map((money, good) => (priced[good] === true ? money.over(prices[good] as Fraction) : Fraction.zero)),
  );
  const utilities = allocation.map((row, buyer) =>
    sumOf(row.map((amount, good) => amount.times(market.values[buyer]?.[good] as Fraction))),
  );
  return { prices: [...prices], allocation, utilities, isUnique: isForest(allowed) };
}

/** No cycle among the allowed pairs (union by relabelling). */
function isForest(allowed: readonly (readonly boolean[])[]): boolean {
  const goodCount = allowed[0]?.length ?? 0;
  const label = Array.from({ length: allowed.length + goodCount }, (_, node) => node);
  for (let buyer = 0; buyer < allowed.length; buyer++) {
    for (let good = 0; good < goodCount; good++) {
      if (allowed[buyer]?.[good] !== true) continue;
      const from = label[allowed.length + good] as number;
      const to = label[buyer] as number;
      if (from === to) return false;
      label.forEach((value, node) => {
        if (value === from) label[node] = to;
      });
    }
  }
  return true;
}
