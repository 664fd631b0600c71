import { Fraction } from './fraction.js';
import { type PackingProblem, packItems } from './integer-packing.js';

/** Who gets how many bundles and what VCG makes each pay. */
export interface VcgOutcome {
  readonly counts: number[];
  readonly welfare: Fraction;
  /** Clarke pivot: what the others lose by this bidder's presence; 0 for a loser. */
  readonly payments: Fraction[];
  readonly isProven: boolean;
}

/**
 * Welfare-maximal whole bundles and VCG payments (Vickrey 1961, Clarke 1971, Groves 1973): payment_i = W(without i) − (W − value_i).
 * Truthful bidding is dominant for quasi-linear bidders when the optimum is proven.
 */
export function bundleVcg(problem: PackingProblem, nodeLimit?: number): VcgOutcome {
  const best = packItems(problem, nodeLimit);
  let isProven = best.isProven;
  const payments = problem.items.map((item, index) => {
    const count = best.counts[index] as number;
    if (count === 0) return Fraction.zero;
    const without = packItems(withoutItem(problem, index), nodeLimit);
    isProven = isProven && without.isProven;
    return without.value.minus(best.value).plus(item.value.times(Fraction.of(count)));
  });
  return { counts: best.counts, welfare: best.value, payments, isProven };
}

/** The same problem with one bidder's bundle taken out; the positions of the others stay. */
export function withoutItem(problem: PackingProblem, index: number): PackingProblem {
  const items = problem.items.map((item, other) => (other === index ? { ...item, limit: 0 } : item));
  return { ...problem, items };
}
