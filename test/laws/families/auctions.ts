import { z } from 'zod';
import { bundleVcg } from '../../../src/allocators/math/bundle-auction.js';
import { multiUnitAuction } from '../../../src/allocators/math/multi-unit.js';
import type { LawFamily } from '../support/case.js';
import { byName, fraction, fractions } from '../support/inputs.js';

const units = z.object({ units: z.number(), marginalBids: z.record(z.string(), fractions) });

/** Identical units: uniform prices, VCG, pay-as-bid. */
export const multiUnit: LawFamily = {
  family: 'multi-unit-auction',
  check(law, context) {
    const inputs = units.parse(law.inputs);
    const names = Object.keys(inputs.marginalBids);
    const outcome = multiUnitAuction(inputs.units, Object.values(inputs.marginalBids));
    context.expectAll(
      {
        ...outcome,
        unitsWon: byName(names, outcome.unitsWon),
        vcgPayments: byName(names, outcome.vcgPayments),
        payAsBid: byName(names, outcome.payAsBid),
      },
      law,
    );
  },
};

const bundles = z.object({
  capacity: fractions,
  bids: z.array(z.object({ name: z.string(), bundle: fractions, price: fraction })),
});

/** One all-or-nothing bundle per bidder: winner determination and VCG. */
export const bundleAuction: LawFamily = {
  family: 'bundle-auction-vcg',
  check(law, context) {
    const { capacity, bids } = bundles.parse(law.inputs);
    const items = bids.map(({ bundle, price }) => ({ amounts: bundle, value: price, limit: 1 }));
    const outcome = bundleVcg({ capacity, items });
    const winners = bids.map((_, index) => index).filter((index) => outcome.counts[index] === 1);
    const names = winners.map((index) => bids[index]?.name as string);
    context.expectAll(
      {
        winners: names,
        welfare: outcome.welfare,
        vcgPayments: byName(
          names,
          winners.map((index) => outcome.payments[index]),
        ),
      },
      law,
    );
  },
};
