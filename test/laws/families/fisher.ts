import { z } from 'zod';
import { leontiefEquilibrium } from '../../../src/allocators/math/fisher-leontief.js';
import { linearEquilibrium } from '../../../src/allocators/math/fisher-linear.js';
import { exactLinearEquilibrium } from '../../../src/allocators/math/fisher-linear-exact.js';
import type { LawFamily } from '../support/case.js';
import { fractions, numbers } from '../support/inputs.js';

const linear = z.object({ budgets: fractions, values: z.array(fractions), supply: fractions });
const linearNumbers = z.object({ budgets: numbers, values: z.array(numbers), supply: numbers });

/** Linear utilities: exact prices, and the interior point that the allocator uses. */
export const fisherLinear: LawFamily = {
  family: 'fisher-linear',
  check(law, context) {
    const exact = exactLinearEquilibrium(linear.parse(law.inputs));
    const near = linearEquilibrium(linearNumbers.parse(law.inputs));
    context.expectAll(
      {
        prices: exact?.prices,
        pricesDecimal: near.prices,
        utilities: exact?.utilities,
        utilitiesDecimal: near.utilities,
        allocation: exact?.allocation,
      },
      law,
    );
  },
};

const leontief = z.object({ budgets: numbers, demandPerTask: z.array(numbers), capacity: numbers });

/** Leontief utilities (equal budgets: CEEI). */
export const fisherLeontief: LawFamily = {
  family: 'fisher-leontief',
  check(law, context) {
    const { budgets, demandPerTask, capacity } = leontief.parse(law.inputs);
    context.expectAll(leontiefEquilibrium({ budgets, capacity, demand: demandPerTask }), law);
  },
};
