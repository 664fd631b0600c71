import type { AllocatorView, GrantSink } from '../../model/allocator.js';
import { bundleCost, type ClearingResult } from '../math/clearing-types.js';
import type { BidLine } from './bids.js';
import type { Budgets } from './budgets.js';
import { isOutOfMoney, type Round } from './mechanism.js';

/** Rows of market.csv and budgets.csv. */
export class MarketReport {
  clearing(state: {
    readonly view: AllocatorView;
    readonly sink: GrantSink;
    readonly all: readonly BidLine[];
    readonly round: Round;
    readonly result: ClearingResult;
    readonly placed: readonly number[];
    readonly isCharged: boolean;
  }): void {
    const { view, sink, all, round, result, placed, isCharged } = state;
    for (let resource = 0; resource < view.total.length; resource++) {
      if (view.total[resource] === 0) continue;
      let soldMilli = 0;
      let wonMilli = 0;
      let revenue = 0;
      round.lines.forEach((line, index) => {
        const amount = line.amounts[resource] as number;
        const sold = amount * (placed[index] as number);
        soldMilli += sold;
        wonMilli += amount * (result.granted[index] as number) * line.bundle;
        if (isCharged && sold > 0) revenue += sold * (result.bidPrices[index]?.[resource] as number);
      });
      sink.reportMarket({
        resource,
        supplyMilli: round.market.supply[resource] as number,
        demandMilli: all.reduce((sum, line) => sum + (line.amounts[resource] as number) * line.taskCount, 0),
        soldMilli,
        unplacedMilli: wonMilli - soldMilli,
        reservePrice: (round.market.reserve?.[resource] ?? 0) * 1000,
        price: (result.unitPrices[resource] as number) * 1000,
        revenue,
        iterations: result.iterations,
        converged: result.converged,
        optimalityGap: result.gap,
      });
    }
  }

  clients(state: {
    readonly view: AllocatorView;
    readonly sink: GrantSink;
    readonly all: readonly BidLine[];
    readonly round: Round;
    readonly placed: readonly number[];
    readonly budgets: Budgets;
  }): void {
    const { view, sink, all, round, placed } = state;
    for (let client = 0; client < view.clientCount; client++) {
      const own = all.filter((line) => line.client === client);
      const asked = own.reduce((sum, line) => sum + line.taskCount, 0);
      let won = 0;
      let isPoor = false;
      round.lines.forEach((line, index) => {
        if (line.client !== client) return;
        won += placed[index] as number;
        if ((placed[index] as number) < line.taskCount && isOutOfMoney(round, index)) isPoor = true;
      });
      const isBroke = !(round.balanceOf(client) > 0);
      sink.explain(client, isPoor || isBroke ? 'budget' : asked > won ? 'lower-share' : undefined);
      const wonShare = asked > 0 ? won / asked : 0;
      this.client(client, {
        ...state,
        wonShare,
        bidTotal: rateOf(own, 'unitPrices'),
        valueTotal: rateOf(own, 'unitValues'),
      });
    }
  }

  /** What has been earned and spent since the last clearing. */
  final(view: AllocatorView, sink: GrantSink, budgets: Budgets): void {
    for (let client = 0; client < view.clientCount; client++) {
      this.client(client, { view, sink, budgets, wonShare: 0, bidTotal: 0, valueTotal: 0 });
    }
  }

  private client(
    client: number,
    state: {
      readonly view: AllocatorView;
      readonly sink: GrantSink;
      readonly budgets: Budgets;
      readonly wonShare: number;
      readonly bidTotal: number;
      readonly valueTotal: number;
    },
  ): void {
    const { view, sink, budgets, wonShare, bidTotal, valueTotal } = state;
    const balance = budgets.balance(client, view.nowUs);
    const { spent, income, value } = budgets.takeFlows(client, view.nowUs);
    sink.reportBudget({ client, balance, income, bidTotal, valueTotal, spent, wonShare, utility: value - spent });
  }
}

/** Currency per second of all tasks bid for. */
function rateOf(lines: readonly BidLine[], rates: 'unitPrices' | 'unitValues'): number {
  return lines.reduce((sum, line) => sum + bundleCost(line.amounts, line[rates]) * line.taskCount, 0);
}
