import type { ClearingBid, ClearingMarket, ClearingResult } from '../../allocators/math/clearing-types.js';
import { ascendingClock, type ClockRound } from '../../allocators/math/clock.js';
import { Fraction } from '../../allocators/math/fraction.js';
import { uniformPrice } from '../../allocators/math/uniform-price.js';
import type { OptionSpecs, OptionValues } from '../../model/options.js';
import { type DividePolicy, needAll, type Outcome } from './outcome.js';
import { hasUnitBids, limitOf, offerOf, runUnits, unitsOutcome } from './policies-market.js';
import type { DivideProblem } from './problem.js';

/** One price per unit of each resource for all winners. */
export const marketUniform: DividePolicy = {
  name: 'market-uniform',
  summary: 'one price per unit for all: ascending clock, highest losing or lowest winning bid',
  source: 'Stokely et al., IPDPS 2009 §III; Krishna, Auction Theory, ch. 12',
  options: {
    rule: {
      type: 'choice',
      choices: ['clock', 'highest-losing', 'lowest-winning'],
      default: 'clock',
      help: 'price rule',
    },
    start: { type: 'number', default: 0, range: [0, 1e15], help: 'clock: first price per unit, and the reserve' },
    step: {
      type: 'number',
      default: 0,
      range: [0, 1e15],
      help: 'clock: rise per round; 0 = a hundredth of the best offer',
    },
    slope: {
      type: 'number',
      default: 0,
      range: [0, 1e15],
      help: 'clock: rise per unit of excess, at most a step; 0 = a step',
    },
  },
  utility: () => 'money',
  entitlement: () => Fraction.one,
  run: (problem, options) => {
    const rule = options['rule'] as 'clock' | 'highest-losing' | 'lowest-winning';
    if (rule === 'clock') return clock(problem, options);
    if (!hasUnitBids(problem)) return fromClearing(problem, uniformPrice(marketOf(problem), rule), [rule]);
    const auction = runUnits(problem, 'market-uniform');
    const price = rule === 'highest-losing' ? auction.priceHighestLosing : auction.priceLowestWinning;
    const payments = auction.unitsWon.map((won) => price.times(Fraction.of(won)));
    return unitsOutcome(auction, payments, price, [`uniform price: ${rule}`]);
  },
};

function clock(problem: DivideProblem, options: OptionValues<OptionSpecs>): Outcome {
  const market = marketOf(problem);
  const history: ClockRound[] = [];
  const best = Math.max(...market.bids.flatMap((bid) => [...bid.unitPrices]), 0);
  const step = Number(options['step']) || best / 100 || 1;
  const slope = Number(options['slope']) || Number.POSITIVE_INFINITY;
  const startPrice = new Float64Array(market.supply.length).fill(Number(options['start']));
  const result = ascendingClock(
    market,
    { startPrice, step: new Float64Array(market.supply.length).fill(step), slope, roundLimit: 100_000 },
    history,
  );
  const unsold = [...market.supply].map((amount, resource) => {
    const sold = market.bids.reduce(
      (sum, bid, index) => sum + (result.granted[index] as number) * (bid.demand[resource] as number),
      0,
    );
    return amount - sold;
  });
  const outcome = fromClearing(problem, result, ['ascending clock; overshoot can leave supply unsold']);
  const shown = history.length <= 200 ? history : [...history.slice(0, 100), ...history.slice(-100)];
  const details = {
    ...outcome.details,
    rounds: history.length,
    unsold,
    demandByRound: shown.map((round) => ({ prices: [...round.prices], demand: [...round.demand] })),
  };
  return { ...outcome, details };
}

/** Bids of the problem: one bundle each, or one unit per marginal bid. */
function marketOf(problem: DivideProblem): ClearingMarket {
  const supply = Float64Array.from(problem.capacity, (amount) => amount.toNumber());
  const common = { balance: Number.POSITIVE_INFINITY, estimateS: 0 };
  if (hasUnitBids(problem)) {
    runUnits(problem, 'market-uniform');
    const bids = needAll(problem, 'marginalBids', 'market-uniform').flatMap((row, bidder) =>
      row.map(
        (price): ClearingBid => ({
          ...common,
          bidder,
          demand: Float64Array.of(1),
          maxBundles: 1,
          unitPrices: Float64Array.of(price.toNumber()),
        }),
      ),
    );
    return { supply, bids };
  }
  const demands = needAll(problem, 'demand', 'market-uniform');
  const bids = problem.users.map((user, bidder): ClearingBid => {
    const demand = Float64Array.from(demands[bidder] as readonly Fraction[], (amount) => amount.toNumber());
    const offer = offerOf(problem, bidder, 'market-uniform').toNumber();
    const size = demand.reduce((sum, amount) => sum + amount, 0);
    const stated = user.unitPrices?.map((price) => price.toNumber());
    const unitPrices = Float64Array.from(stated ?? [...demand].map(() => offer / size));
    const maxBundles = limitOf(user.maxTasks, user.price !== undefined) ?? Number.MAX_SAFE_INTEGER;
    return { ...common, bidder, demand, maxBundles: Math.min(maxBundles, fitting(demand, supply)), unitPrices };
  });
  return { supply, bids };
}

function fitting(demand: Float64Array, supply: Float64Array): number {
  let most = Number.MAX_SAFE_INTEGER;
  demand.forEach((amount, resource) => {
    if (amount > 0) most = Math.min(most, Math.floor((supply[resource] as number) / amount + 1e-9));
  });
  return most;
}

/** Bids of one user are added up. */
function fromClearing(problem: DivideProblem, result: ClearingResult, notes: readonly string[]): Outcome {
  const market = marketOf(problem);
  const tasks = problem.users.map(() => 0);
  const amounts = problem.users.map(() => problem.resources.map(() => 0));
  market.bids.forEach((bid, index) => {
    const count = result.granted[index] as number;
    tasks[bid.bidder] = (tasks[bid.bidder] as number) + count;
    const row = amounts[bid.bidder] as number[];
    bid.demand.forEach((amount, resource) => {
      row[resource] = (row[resource] as number) + count * amount;
    });
  });
  const prices = [...result.unitPrices];
  const payments = amounts.map((row) => row.reduce((sum, amount, r) => sum + amount * (prices[r] as number), 0));
  return {
    whole: { tasks: tasks.map((count) => Fraction.of(count)), amounts, payments },
    prices,
    notes: result.converged ? notes : [...notes, 'the clock did not stop within its rounds: bids were served in order'],
    details: {
      iterations: result.iterations,
      converged: result.converged,
      revenue: payments.reduce((a, b) => a + b, 0),
    },
  };
}
