import { cumulativeStdNormalProbability } from 'simple-statistics';
import { assert } from './errors.js';
import type { RandomStream } from './random.js';

/** Pairs up to which the signed-rank distribution is computed exactly (n · n(n + 1) steps). */
const EXACT_SIGNED_RANK_PAIRS = 200;
/** Pairs up to which all 2ⁿ sign patterns are tried. */
const EXACT_SIGN_FLIP_PAIRS = 16;

/** W⁺, the number of non-zero differences, and the two-sided p value. */
export interface SignedRank {
  readonly wPlus: number;
  readonly count: number;
  readonly pValue: number;
  readonly isExact: boolean;
}

/**
 * Wilcoxon signed-rank test of paired differences (Wilcoxon 1945): zeros are dropped, ties take mid-ranks. Up to 200 pairs the
 * conditional distribution given the ranks is exact, beyond it is normal with tie correction and continuity correction.
 */
export function wilcoxonSignedRank(differences: ArrayLike<number>): SignedRank {
  const values = Array.from(differences).filter((value) => value !== 0);
  const doubledRanks = doubledMidRanks(values.map(Math.abs));
  let doubledPlus = 0;
  values.forEach((value, index) => {
    if (value > 0) doubledPlus += doubledRanks[index] as number;
  });
  const isExact = values.length <= EXACT_SIGNED_RANK_PAIRS;
  const pValue = isExact ? exactP(doubledRanks, doubledPlus) : normalP(doubledRanks, doubledPlus);
  return { wPlus: doubledPlus / 2, count: values.length, pValue, isExact };
}

/**
 * Sign-flip permutation test that paired differences have mean 0, two-sided. Exact over all 2ⁿ patterns up to 16 pairs; beyond,
 * `rounds` random patterns, the observed one counted in (Phipson and Smyth 2010), so p is never 0.
 */
export function signFlipTest(
  differences: ArrayLike<number>,
  random: RandomStream,
  rounds = 9999,
): { readonly pValue: number; readonly isExact: boolean } {
  const count = differences.length;
  const observed = Math.abs(flippedSum(differences, 0, undefined));
  // Sums of the same numbers in another sign order differ in the last bits; equal ones must count as equal.
  const bar = observed * (1 - 1e-12);
  let extreme = 0;
  if (count <= EXACT_SIGN_FLIP_PAIRS) {
    const patterns = 2 ** count;
    for (let pattern = 0; pattern < patterns; pattern++) {
      if (Math.abs(flippedSum(differences, pattern, undefined)) >= bar) extreme++;
    }
    return { pValue: extreme / patterns, isExact: true };
  }
  for (let round = 0; round < rounds; round++) {
    if (Math.abs(flippedSum(differences, 0, random)) >= bar) extreme++;
  }
  return { pValue: (extreme + 1) / (rounds + 1), isExact: false };
}

function flippedSum(values: ArrayLike<number>, pattern: number, random: RandomStream | undefined): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    const isFlipped = random === undefined ? ((pattern >>> index) & 1) === 1 : random() < 0.5;
    sum += isFlipped ? -(values[index] as number) : (values[index] as number);
  }
  return sum;
}

/** Twice the mid-rank of every value, from 2: whole numbers even where ties share a rank. */
function doubledMidRanks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index);
  order.sort((i, j) => (values[i] as number) - (values[j] as number) || i - j);
  const ranks = values.map(() => 0);
  let from = 0;
  while (from < order.length) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number]) to++;
    for (let position = from; position <= to; position++) ranks[order[position] as number] = from + to + 2;
    from = to + 1;
  }
  return ranks;
}

/** Share of the 2ⁿ sign patterns at least as far from the middle as the observed one. */
function exactP(doubledRanks: readonly number[], doubledPlus: number): number {
  const total = doubledRanks.reduce((sum, rank) => sum + rank, 0);
  let chances = new Float64Array(total + 1);
  chances[0] = 1;
  for (const rank of doubledRanks) {
    const next = new Float64Array(total + 1);
    for (let sum = 0; sum <= total; sum++) {
      const stay = chances[sum] as number;
      const rise = sum >= rank ? (chances[sum - rank] as number) : 0;
      next[sum] = (stay + rise) / 2;
    }
    chances = next;
  }
  const low = Math.min(doubledPlus, total - doubledPlus);
  let tail = 0;
  for (let sum = 0; sum <= low; sum++) tail += chances[sum] as number;
  return Math.min(1, 2 * tail);
}

function normalP(doubledRanks: readonly number[], doubledPlus: number): number {
  assert(doubledRanks.length > 0, 'the normal form needs values');
  // Var W⁺ = Σ rank² / 4 holds with ties as well; ranks here are doubled.
  const variance = doubledRanks.reduce((sum, rank) => sum + rank * rank, 0) / 16;
  const center = doubledRanks.reduce((sum, rank) => sum + rank, 0) / 4;
  const distance = Math.max(0, Math.abs(doubledPlus / 2 - center) - 0.5);
  return Math.min(1, 2 * (1 - cumulativeStdNormalProbability(distance / Math.sqrt(variance))));
}
