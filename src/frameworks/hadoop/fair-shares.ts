/** A pool or a job that shares slots. */
export interface Claim {
  readonly weight: number;
  readonly min: number;
  readonly demand: number;
}

/**
 * Fair shares of slots: each gets weight · r, no less than its minimum and no more than its demand, with r so that all slots are given
 * out, or all demands met. Source: Hadoop 1.x SchedulingAlgorithms.computeFairShares (bisection on r; here exactly, by the points where
 * the sum bends).
 */
export function fairShares(slots: number, claims: readonly Claim[]): number[] {
  const shareAt = ({ weight, min, demand }: Claim, ratio: number): number =>
    Math.min(Math.max(weight * ratio, Math.min(min, demand)), demand);
  const totalAt = (ratio: number): number => claims.reduce((sum, claim) => sum + shareAt(claim, ratio), 0);
  const bends = claims.flatMap(({ weight, min, demand }) => [Math.min(min, demand) / weight, demand / weight]);
  let low = 0;
  for (const high of [...bends].sort((a, b) => a - b)) {
    const total = totalAt(high);
    if (total >= slots) {
      const before = totalAt(low);
      const ratio = total === before ? low : low + ((slots - before) / (total - before)) * (high - low);
      return claims.map((claim) => shareAt(claim, Math.max(0, ratio)));
    }
    low = high;
  }
  return claims.map((claim) => shareAt(claim, low));
}

/** VERY_HIGH … VERY_LOW as 2 … −2: 4, 2, 1, 1/2, 1/4 (FairScheduler.getPriorityFactor). */
export function priorityFactor(priority: number): number {
  return 2 ** Math.max(-2, Math.min(2, Math.trunc(priority)));
}

/** log₂(1 + demand) where jobs weigh by their size (mapred.fairscheduler.sizebasedweight). */
export function sizeWeight(demand: number): number {
  return Math.log2(1 + demand);
}
