/**
 * 2^−x for x ≥ 0 by a Taylor series of the fraction and halving: only + − × ÷, whose results are the same on every machine, while
 * `Math.exp` and `Math.pow` may differ in the last bit.
 */
export function halvings(x: number): number {
  if (x >= 1074) return 0;
  let whole = Math.floor(x);
  const exponent = (whole - x) * Math.LN2;
  let term = 1;
  let sum = 1;
  for (let index = 1; index <= 20; index++) {
    term = (term * exponent) / index;
    sum += term;
  }
  for (; whole > 0; whole--) sum /= 2;
  return sum;
}
