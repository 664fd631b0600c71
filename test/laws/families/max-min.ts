import { z } from 'zod';
import { constrainedMaxMin } from '../../../src/allocators/math/constrained-max-min.js';
import { Fraction } from '../../../src/allocators/math/fraction.js';
import { weightedMaxMin } from '../../../src/allocators/math/progressive-filling.js';
import type { LawFamily } from '../support/case.js';
import { fraction, fractions } from '../support/inputs.js';

const single = z.object({ capacity: fraction, demands: fractions, weights: fractions });

/** Weighted max-min of one resource. */
export const maxMinSingle: LawFamily = {
  family: 'max-min-single',
  check(law, context) {
    const { capacity, demands, weights } = single.parse(law.inputs);
    context.expectAll({ allocation: weightedMaxMin(capacity, demands, weights) }, law);
  },
};

const machineName = z.union([z.string(), z.number()]);
const constrained = z.object({
  machines: z.array(machineName),
  unitsPerMachine: fraction,
  users: z.array(z.object({ name: z.string(), allowed: z.array(machineName), weight: fraction })),
});

/** Choosy: max-min under placement constraints. */
export const choosyCmmf: LawFamily = {
  family: 'choosy-cmmf',
  check(law, context) {
    const { machines, unitsPerMachine, users } = constrained.parse(law.inputs);
    const allocation = constrainedMaxMin(
      machines.map(() => unitsPerMachine),
      users.map((user) => ({
        weight: user.weight,
        allowed: machines.map((machine) => user.allowed.includes(machine)),
      })),
    );
    context.expectAll({ allocation: allocation.map((units) => units ?? Fraction.zero) }, law);
  },
};
