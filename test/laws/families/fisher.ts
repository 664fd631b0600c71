import { expect } from 'vitest';
import { z } from 'zod';
import { leontiefEquilibrium } from '../../../src/allocators/math/fisher-leontief.js';
import { linearEquilibrium } from '../../../src/allocators/math/fisher-linear.js';
import { exactLinearEquilibrium } from '../../../src/allocators/math/fisher-linear-exact.js';
import type { LawFamily } from '../support/case.js';
import { differences } from '../support/compare.js';
import { fractions } from '../support/inputs.js';

const linear = z.object({ budgets: fractions, values: z.array(fractions), supply: fractions });
const decimals = fractions.transform((list) => list.map((value) => value.toNumber()));
const linearNumbers = z.object({ budgets: decimals, values: z.array(decimals), supply: decimals });

/** Linear utilities: exact prices, and the interior point that the allocator uses. */
export const fisherLinear: LawFamily = {
  family: 'fisher-linear',
  check(law, context) {
    const exact = exactLinearEquilibrium(linear.parse(law.inputs));
    const near = linearEquilibrium(linearNumbers.parse(law.inputs));
    const prices = exact?.prices.map((price) => price.toNumber());
    const utilities = exact?.utilities.map((utility) => utility.toNumber());
    // Where a buyer is indifferent to a good of which it gets nothing, an interior point is only as near as the root of its gap.
    if (prices !== undefined && utilities !== undefined) {
      const found = differences(near, { prices, utilities }, { kind: 'relative', value: 1e-6 });
      expect(found, `${law.id}: the interior point`).toEqual([]);
    }
    context.expectAll(
      {
        prices: exact?.prices,
        pricesDecimal: prices ?? near.prices,
        utilities: exact?.utilities,
        utilitiesDecimal: utilities ?? near.utilities,
        allocation: exact?.allocation,
      },
      law,
    );
  },
};

const leontief = z.object({ budgets: decimals, demandPerTask: z.array(decimals), capacity: decimals });

/** Leontief utilities (equal budgets: CEEI). */
export const fisherLeontief: LawFamily = {
  family: 'fisher-leontief',
  check(law, context) {
    const { budgets, demandPerTask, capacity } = leontief.parse(law.inputs);
    context.expectAll(leontiefEquilibrium({ budgets, capacity, demand: demandPerTask }), law);
  },
};
