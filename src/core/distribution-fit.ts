import { cumulativeStdNormalProbability, gamma } from 'simple-statistics';
import type { ValueCount } from './value-counts.js';

/** A distribution by the name and parameters that scenarios use; values in the unit of the data. */
export interface FittedDistribution {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number | readonly number[]>>;
  /** Kolmogorov–Smirnov distance between it and the data. */
  readonly ks: number;
}

interface Candidate {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly mean: number;
  cdf(value: number): number;
}

/** A fitted law whose distance from the data is above this, or its mean further off, gives way to the data's own strata. */
const MOST_DISTANCE = 0.05;
const MOST_MEAN_ERROR = 0.1;
/** So many different values at most are told one by one. */
const MOST_VALUES = 48;
/** Equal shares of the data, and into how many the last of them falls again: the tail carries much of the work. */
const STRATA = 100;
const TAIL = 10;
/** A law with more parameters must be closer by this: the plainer one comes first. */
const CLEARLY = 0.005;
/** More zeros than this share: no continuous law on the positive numbers fits. */
const MOST_ZEROS = 0.01;

/**
 * The distribution closest (Kolmogorov–Smirnov) to weighted values in ascending order, among constant, exponential, lognormal and Weibull
 * (maximum likelihood) and hyperexponential (two phases of balanced means by moments: Whitt, Bell Syst. Tech. J. 61, 1982, §3); where none is near
 * enough with a mean near that of the data, or the values are few, the values themselves with their weights (`empirical`). Undefined for no values.
 */
export function fitDistribution(entries: readonly ValueCount[]): FittedDistribution | undefined {
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  const [first] = entries;
  if (first === undefined || total === 0) return undefined;
  if (entries.length === 1) return { name: 'deterministic', parameters: { value: first.value }, ks: 0 };
  if (entries.length <= MOST_VALUES) return listed(entries);
  const zeros = first.value === 0 ? first.count : 0;
  const best = zeros > MOST_ZEROS * total ? undefined : closest(entries, total);
  return best !== undefined && best.ks <= MOST_DISTANCE ? best : byStrata(entries, total);
}

function listed(entries: readonly ValueCount[]): FittedDistribution {
  const parameters = { values: entries.map(({ value }) => value), weights: entries.map(({ count }) => count) };
  return { name: 'empirical', parameters, ks: 0 };
}

/** Means of equal shares of the data, so that the mean of all is kept; the largest values in finer shares. */
function byStrata(entries: readonly ValueCount[], total: number): FittedDistribution {
  const weights = [...new Array<number>(STRATA - 1).fill(TAIL), ...new Array<number>(TAIL).fill(1)];
  const values: number[] = [];
  let row = 0;
  let left = entries[0]?.count ?? 0;
  for (const weight of weights) {
    const size = (weight * total) / (STRATA * TAIL);
    let sum = 0;
    for (let open = size; open > 0 && row < entries.length; ) {
      const taken = Math.min(open, left);
      sum += taken * (entries[row]?.value ?? 0);
      open -= taken;
      left -= taken;
      if (left <= 0) left = entries[++row]?.count ?? 0;
    }
    values.push(sum / size);
  }
  return { name: 'empirical', parameters: { values, weights }, ks: 1 / STRATA };
}

function closest(entries: readonly ValueCount[], total: number): FittedDistribution | undefined {
  const positive = entries.filter(({ value }) => value > 0);
  const count = positive.reduce((sum, entry) => sum + entry.count, 0);
  const meanOf = (read: (value: number) => number): number =>
    positive.reduce((sum, entry) => sum + read(entry.value) * entry.count, 0) / count;
  const mean = meanOf((value) => value);
  const scv = meanOf((value) => (value - mean) ** 2) / mean ** 2;
  const candidates = [exponential(mean), lognormal(meanOf), weibull(meanOf)];
  if (scv > 1) candidates.push(hyperexponential(mean, scv));
  let best: FittedDistribution | undefined;
  for (const { name, parameters, mean: own, cdf } of candidates) {
    if (Math.abs(own / mean - 1) > MOST_MEAN_ERROR) continue;
    const ks = distance(entries, total, cdf);
    if (best === undefined || ks < best.ks - CLEARLY) best = { name, parameters, ks };
  }
  return best;
}

/** Largest distance between the data's distribution function and a law's, at both sides of every step. */
function distance(entries: readonly ValueCount[], total: number, cdf: (value: number) => number): number {
  let seen = 0;
  let largest = 0;
  for (const { value, count } of entries) {
    const at = cdf(value);
    largest = Math.max(largest, Math.abs(at - seen / total));
    seen += count;
    largest = Math.max(largest, Math.abs(at - seen / total));
  }
  return largest;
}

function exponential(mean: number): Candidate {
  return { name: 'exponential', parameters: { mean }, mean, cdf: (value) => 1 - Math.exp(-value / mean) };
}

type MeanOf = (read: (value: number) => number) => number;

/** Maximum likelihood: mean and deviation of the logarithms. */
function lognormal(meanOf: MeanOf): Candidate {
  const mu = meanOf(Math.log);
  const sigma = Math.sqrt(
    Math.max(
      1e-12,
      meanOf((value) => (Math.log(value) - mu) ** 2),
    ),
  );
  const cdf = (value: number): number =>
    value > 0 ? cumulativeStdNormalProbability((Math.log(value) - mu) / sigma) : 0;
  return { name: 'lognormal', parameters: { median: Math.exp(mu), sigma }, mean: Math.exp(mu + sigma ** 2 / 2), cdf };
}

/** Maximum likelihood: Newton's method on Σxᵏ·ln x / Σxᵏ − 1/k = mean of ln x (Johnson, Kotz, Balakrishnan 1994, ch. 21). */
function weibull(meanOf: MeanOf): Candidate {
  const mu = meanOf(Math.log);
  const spread = Math.sqrt(
    Math.max(
      1e-12,
      meanOf((value) => (Math.log(value) - mu) ** 2),
    ),
  );
  // Logarithms are centred, so that powers stay in range; the start is the moment estimate of the extreme value law.
  let shape = Math.PI / Math.sqrt(6) / spread;
  for (let step = 0; step < 60; step++) {
    const power = (value: number): number => Math.exp(shape * (Math.log(value) - mu));
    const zeroth = meanOf(power);
    const firstMoment = meanOf((value) => power(value) * (Math.log(value) - mu)) / zeroth;
    const second = meanOf((value) => power(value) * (Math.log(value) - mu) ** 2) / zeroth;
    const change = (firstMoment - 1 / shape) / (second - firstMoment ** 2 + 1 / shape ** 2);
    shape = Math.max(shape / 4, shape - change);
    if (Math.abs(change) < 1e-10 * shape) break;
  }
  const scale = Math.exp(mu) * meanOf((value) => Math.exp(shape * (Math.log(value) - mu))) ** (1 / shape);
  const cdf = (value: number): number => (value > 0 ? 1 - Math.exp(-((value / scale) ** shape)) : 0);
  return { name: 'weibull', parameters: { shape, scale }, mean: scale * gamma(1 + 1 / shape), cdf };
}

/** Balanced means: p/μ₁ = (1 − p)/μ₂, matched to mean and squared coefficient of variation > 1. */
function hyperexponential(mean: number, scv: number): Candidate {
  const p = (1 + Math.sqrt((scv - 1) / (scv + 1))) / 2;
  const mean1 = mean / (2 * p);
  const mean2 = mean / (2 * (1 - p));
  const cdf = (value: number): number => 1 - p * Math.exp(-value / mean1) - (1 - p) * Math.exp(-value / mean2);
  return { name: 'hyperexp', parameters: { p, mean1, mean2 }, mean, cdf };
}
