import { z } from 'zod';
import {
  fillAllOrNothing,
  fillByDensity,
  scoreDivisible,
  scoreGreedy,
  scorePacking,
  taskScore,
} from '../../../src/allocators/math/base-rule.js';
import { packItems } from '../../../src/allocators/math/integer-packing.js';
import type { LawFamily } from '../support/case.js';
import { byName, fraction, fractions } from '../support/inputs.js';

const quantities = z.object({
  capacity: fraction,
  bids: z.array(z.object({ name: z.string(), quantity: fraction, price: fraction })),
});

/** Reading MKT-R: a price for the whole quantity of one resource. */
export const seedBidRule: LawFamily = {
  family: 'seed-bid-rule',
  check(law, context) {
    const { capacity, bids } = quantities.parse(law.inputs);
    const names = bids.map((bid) => bid.name);
    const parts = fillByDensity(capacity, bids);
    const whole = fillAllOrNothing(capacity, bids);
    context.expectAll(
      {
        fractional: byName(names, parts.amounts),
        revenueFractional: parts.revenue,
        allOrNothingWinners: names.filter((_, index) => whole.amounts[index]?.sign === 1),
        revenueAllOrNothing: whole.revenue,
      },
      law,
    );
  },
};

const scores = z.object({
  total: fractions,
  bidders: z.array(
    z
      .object({ name: z.string(), unitPrice: fractions, demandPerTask: fractions, maxTasks: fraction.nullable() })
      .transform((bid) => ({
        unitPrices: bid.unitPrice,
        demand: bid.demandPerTask,
        maxTasks: bid.maxTasks ?? undefined,
      })),
  ),
});

/** Reading MKT-S: a unit price per resource type, the score of a task relative to the total. */
export const seedBidScore: LawFamily = {
  family: 'seed-bid-score',
  check(law, context) {
    const { total, bidders } = scores.parse(law.inputs);
    const divisible = scoreDivisible(total, bidders);
    const whole = packItems(scorePacking(total, bidders));
    const greedy = scoreGreedy(total, bidders);
    context.expectAll(
      {
        scorePerTask: bidders.map((bid) => taskScore(total, bid)),
        divisibleTasks: divisible.x,
        divisibleR: divisible.value,
        wholeTasks: whole.counts,
        wholeR: whole.value,
        greedyTasks: greedy.tasks,
        greedyR: greedy.value,
      },
      law,
    );
  },
};
