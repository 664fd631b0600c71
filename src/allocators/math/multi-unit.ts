import { Fraction, sumOf } from './fraction.js';

/** Outcome of an auction of identical units under every payment rule. */
export interface MultiUnitOutcome {
  readonly unitsWon: number[];
  /** Highest losing bid, or the reserve where none lost. */
  readonly priceHighestLosing: Fraction;
  /** Lowest winning bid, or the reserve where none won. */
  readonly priceLowestWinning: Fraction;
  readonly vcgPayments: Fraction[];
  readonly payAsBid: Fraction[];
  readonly welfare: Fraction;
}

/**
 * Sealed-bid auction of identical units (Krishna, Auction Theory, ch. 12–13): the highest marginal bids win, ties by bidder. A VCG
 * payment is the sum of the others' losing bids that the bidder's units displace, so own losing bids never set the own price.
 */
export function multiUnitAuction(
  units: number,
  marginalBids: readonly (readonly Fraction[])[],
  reserve: Fraction = Fraction.zero,
): MultiUnitOutcome {
  const bids = marginalBids.flatMap((row, bidder) => row.map((price) => ({ bidder, price })));
  const ranked = bids.filter(({ price }) => price.compare(reserve) >= 0 && price.sign > 0);
  const order = ranked.map((_, index) => index);
  order.sort((i, j) => (ranked[j] as Bid).price.compare((ranked[i] as Bid).price) || i - j);
  const winning = order.slice(0, units).map((index) => ranked[index] as Bid);
  const losing = order.slice(units).map((index) => ranked[index] as Bid);
  const unitsWon = marginalBids.map((_, bidder) => winning.filter((bid) => bid.bidder === bidder).length);
  return {
    unitsWon,
    priceHighestLosing: losing[0]?.price ?? reserve,
    priceLowestWinning: winning[winning.length - 1]?.price ?? reserve,
    vcgPayments: unitsWon.map((won, bidder) => {
      const displaced = losing.filter((bid) => bid.bidder !== bidder).slice(0, won);
      const atReserve = reserve.times(Fraction.of(won - displaced.length));
      return sumOf(displaced.map((bid) => bid.price)).plus(atReserve);
    }),
    payAsBid: marginalBids.map((_, bidder) =>
      sumOf(winning.filter((bid) => bid.bidder === bidder).map((bid) => bid.price)),
    ),
    welfare: sumOf(winning.map((bid) => bid.price)),
  };
}

interface Bid {
  readonly bidder: number;
  readonly price: Fraction;
}
