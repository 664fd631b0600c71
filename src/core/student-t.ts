import { assert } from './errors.js';

/** P(T > t) of Student's t with `df` > 0 degrees of freedom (real, as Welch's test needs). Relative error below 1e-12. */
export function tUpperTail(t: number, df: number): number {
  assert(df > 0, 'degrees of freedom must be positive');
  if (Number.isNaN(t)) return Number.NaN;
  if (t === Number.POSITIVE_INFINITY) return 0;
  if (t < 0) return 1 - tUpperTail(-t, df);
  // P(|T| > t) = I_x(df/2, 1/2) with x = df / (df + t²); the complement is formed apart, so that no digits cancel.
  const square = t * t;
  return regularizedBetaHalf(df / (df + square), square / (df + square), df / 2) / 2;
}

/** P(|T| > |t|): the two-sided p value. */
export function tTwoSidedP(t: number, df: number): number {
  return 2 * tUpperTail(Math.abs(t), df);
}

/** The value that T exceeds with probability 1 − p, 0 < p < 1: the inverse of the distribution function. */
export function tQuantile(probability: number, df: number): number {
  assert(df > 0, 'degrees of freedom must be positive');
  assert(probability > 0 && probability < 1, 'a t quantile needs a probability between 0 and 1');
  if (probability === 0.5) return 0;
  return probability < 0.5 ? -upperQuantile(probability, df) : upperQuantile(1 - probability, df);
}

/** Half-width factor of a two-sided interval: the (1 + confidence) / 2 quantile. */
export function tCritical(confidence: number, df: number): number {
  return tQuantile((1 + confidence) / 2, df);
}

/** Solves P(T > t) = tail for t > 0: doubling finds a bracket, then Newton steps that fall back to halving. */
function upperQuantile(tail: number, df: number): number {
  let low = 0;
  let high = 1;
  while (tUpperTail(high, df) > tail) {
    low = high;
    high *= 2;
  }
  let t = (low + high) / 2;
  const scale = gammaHalfRatio(df / 2) / Math.sqrt(df * Math.PI);
  for (let step = 0; step < 200; step++) {
    const excess = tUpperTail(t, df) - tail;
    if (excess > 0) low = t;
    else high = t;
    const density = scale * Math.exp((-(df + 1) / 2) * Math.log1p((t * t) / df));
    let next = t + excess / density;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (Math.abs(next - t) <= 4 * Number.EPSILON * t) return next;
    t = next;
  }
  return t;
}

/** Regularized incomplete beta function I_x(a, 1/2), with `rest` = 1 − x given apart. */
function regularizedBetaHalf(x: number, rest: number, a: number): number {
  if (rest === 0) return 1;
  if (x === 0) return 0;
  const front = (Math.exp(a * log1pNear(x, rest)) * Math.sqrt(rest) * gammaHalfRatio(a)) / Math.sqrt(Math.PI);
  if (x < (a + 1) / (a + 2.5)) return (front * betaFraction(x, a, 0.5)) / a;
  return 1 - (front * betaFraction(rest, 0.5, a)) / 0.5;
}

/** log x, from 1 − x where x is near 1. */
function log1pNear(x: number, rest: number): number {
  return x > 0.5 ? Math.log1p(-rest) : Math.log(x);
}

/** Continued fraction of the incomplete beta function by Lentz's method (Abramowitz and Stegun 26.5.8). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 2 * Number.EPSILON) break;
  }
  return value;
}

function nonZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}

/** Γ(a + 1/2) / Γ(a) without the cancellation of two large logarithms. */
function gammaHalfRatio(a: number): number {
  let factor = 1;
  let shifted = a;
  // Γ(a + ½)/Γ(a) = (a / (a + ½)) · Γ(a + 3/2)/Γ(a + 1): lift until Stirling's series is exact to the last bit.
  while (shifted < 20) {
    factor *= shifted / (shifted + 0.5);
    shifted += 1;
  }
  const difference = stirlingTail(shifted + 0.5) - stirlingTail(shifted);
  return factor * Math.sqrt(shifted) * Math.exp(shifted * Math.log1p(0.5 / shifted) - 0.5 + difference);
}

/** The series of log Γ(z) − ((z − ½) log z − z + ½ log 2π) in 1/z. */
function stirlingTail(z: number): number {
  const inverse = 1 / (z * z);
  return (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / z;
}
