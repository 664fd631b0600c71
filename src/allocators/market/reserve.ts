import type { AllocatorView } from '../../model/allocator.js';

/** How the reserve price follows the use of a resource. */
export const RESERVE_OPTIONS = {
  reserve: {
    type: 'number',
    default: 1,
    range: [0, 1e6],
    unit: 'base prices',
    help: 'least price of a resource that is not used at all',
  },
  curve: {
    type: 'choice',
    choices: ['flat', 'linear', 'exponential', 'hyperbolic'],
    default: 'flat',
    help: 'how the reserve rises with the used part of the resource',
  },
  steepness: {
    type: 'number',
    default: 10,
    range: [1, 1e6],
    help: 'reserve of a resource in full use, in reserves of an unused one',
  },
} as const;

export interface ReserveRule {
  readonly reserve: number;
  readonly curve: string;
  readonly steepness: number;
}

/** Price of the whole quantity of a resource is 1 per second: the base price per thousandth and second. */
export function basePrices(total: Float64Array): Float64Array {
  return total.map((amount) => (amount > 0 ? 1 / amount : 0));
}

/**
 * Reserve prices per thousandth and second. Congested resources start dear (Stokely et al., IPDPS 2009, §III: unit cost × a weight that
 * increases with the pool's utilization): weight 1 unused, `steepness` in full use, in between by the curve.
 */
export function reservePrices(view: AllocatorView, base: Float64Array, rule: ReserveRule): Float64Array {
  return base.map((price, resource) => {
    const total = view.total[resource] as number;
    const used = total > 0 ? Math.min(1, Math.max(0, 1 - (view.free[resource] as number) / total)) : 0;
    return price * rule.reserve * weightAt(used, rule);
  });
}

/** Weight of a used part u: flat 1, linear 1 + (s−1)u, exponential s^u, hyperbolic 1/(1 − (1 − 1/s)u). */
export function weightAt(used: number, { curve, steepness }: ReserveRule): number {
  if (curve === 'linear') return 1 + (steepness - 1) * used;
  if (curve === 'hyperbolic') return 1 / (1 - (1 - 1 / steepness) * used);
  // Powers may differ in the last bit between engines: nine decimals are the same everywhere.
  if (curve === 'exponential') return Math.round(steepness ** used * 1e9) / 1e9;
  return 1;
}
