import { fsum } from 'd3-array';

/** Arithmetic mean with an exactly rounded sum; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  return fsum(toIterable(values)) / values.length;
}

/** Sample variance (divisor n − 1) in two passes with exactly rounded sums; NaN below two values. */
export function sampleVariance(values: ArrayLike<number>): number {
  if (values.length < 2) return Number.NaN;
  const center = mean(values);
  const squares = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) squares[index] = ((values[index] as number) - center) ** 2;
  return fsum(squares) / (values.length - 1);
}

/** Sample standard deviation (divisor n − 1); NaN below two values. */
export function sampleSd(values: ArrayLike<number>): number {
  return Math.sqrt(sampleVariance(values));
}

/** A sorted copy, smallest first. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort((a, b) => a - b);
}

/** Quantile type 7 of Hyndman and Fan 1996 (h = (n − 1)p, R's and d3's default) of sorted values; NaN for none. */
export function quantileSorted(values: ArrayLike<number>, probability: number): number {
  if (values.length === 0 || Number.isNaN(probability)) return Number.NaN;
  const rank = (values.length - 1) * Math.min(1, Math.max(0, probability));
  const below = Math.floor(rank);
  const low = values[below] as number;
  return rank === below ? low : low + ((values[below + 1] as number) - low) * (rank - below);
}

/** Quantile type 7 of values in any order. */
export function quantile(values: ArrayLike<number>, probability: number): number {
  return quantileSorted(sorted(values), probability);
}

/** Jain's index (Σx)² / (n Σx²) (Jain, Chiu, Hawe 1984): 1 = all equal, 1/n = one has all. All zero counts as equal; NaN for none. */
export function jainIndex(values: ArrayLike<number>): number {
  const total = fsum(toIterable(values));
  const squares = fsum(Float64Array.from(values, (value) => value * value));
  if (values.length > 0 && squares === 0) return 1;
  return (total * total) / (values.length * squares);
}

/** Gini coefficient ΣΣ|xᵢ − xⱼ| / (2n²x̄), population form, of values ≥ 0. All zero counts as equal; NaN for none. */
export function giniCoefficient(values: ArrayLike<number>): number {
  const ascending = sorted(values);
  const count = ascending.length;
  const total = fsum(ascending);
  if (count > 0 && total === 0) return 0;
  // ΣΣ|xᵢ − xⱼ| = 2 Σ (2k − n − 1) x₍ₖ₎ over the sorted values, k from 1.
  const weighted = fsum(ascending.map((value, index) => (2 * index + 1 - count) * value));
  return weighted / (count * total);
}

/** Largest value over the least; NaN when the least is 0 or there is none. */
export function maxMinRatio(values: ArrayLike<number>): number {
  const ascending = sorted(values);
  const least = ascending[0] ?? 0;
  return least > 0 ? (ascending[ascending.length - 1] as number) / least : Number.NaN;
}

function toIterable(values: ArrayLike<number>): Iterable<number> {
  return Symbol.iterator in values ? (values as unknown as Iterable<number>) : Array.from(values);
}
