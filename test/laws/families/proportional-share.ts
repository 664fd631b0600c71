import { z } from 'zod';
import { kellyEquilibrium, tycoonEquilibrium } from '../../../src/allocators/math/proportional.js';
import type { LawFamily } from '../support/case.js';
import { fraction, fractions, numbers } from '../support/inputs.js';

const tycoon = z.object({ budgets: numbers, weights: z.array(numbers) });

/** Price-anticipating bids over machines (Tycoon). */
export const tycoonFamily: LawFamily = {
  family: 'tycoon-equilibrium',
  check(law, context) {
    const { budgets, weights } = tycoon.parse(law.inputs);
    context.expectAll(tycoonEquilibrium(budgets, weights), law);
  },
};

const kelly = z.object({ values: fractions, capacity: fraction });

/** Quasi-linear Nash equilibrium of one proportionally shared resource. */
export const kellyNash: LawFamily = {
  family: 'kelly-nash',
  check(law, context) {
    const { values, capacity } = kelly.parse(law.inputs);
    context.expectAll(kellyEquilibrium(values, capacity), law);
  },
};
