/** Formulas of synchronous training and of checkpoints. Times in microseconds, sizes in MiB, rates in Gbit/s. */

/** A link of 1 Gbit/s carries a MiB in 8388.608 µs. */
const US_PER_MIB_AT_GBIT = 2 ** 20 * 8 * 1e-3;

function transferUs(mib: number, gbitPerS: number): number {
  return (mib * US_PER_MIB_AT_GBIT) / gbitPerS;
}

/**
 * Ring all-reduce over n workers: 2(n−1)·α + 2(n−1)/n · S/B, B the slowest link of the ring; one worker sends nothing.
 * Source: Patarasuk and Yuan 2009, Bandwidth optimal all-reduce algorithms; Thakur et al. 2005.
 */
export function ringAllReduceUs(workers: number, mib: number, gbitPerS: number, latencyUs: number): number {
  if (workers <= 1) return 0;
  return 2 * (workers - 1) * latencyUs + ((2 * (workers - 1)) / workers) * transferUs(mib, gbitPerS);
}

/** Reduce within nodes of g devices, then a ring over k nodes: 2(g−1)/g · S/B_in + 2(k−1)/k · S/B_out (and α per step of both). */
export function hierarchicalAllReduceUs(
  perNode: number,
  nodes: number,
  mib: number,
  inside: number,
  outside: number,
  latencyUs: number,
): number {
  return ringAllReduceUs(perNode, mib, inside, latencyUs) + ringAllReduceUs(nodes, mib, outside, latencyUs);
}

/** Synchronous parameter servers, even shards: the larger of a worker's link 2S/B and a server's 2·w·S/(p·B). */
export function parameterServerUs(workers: number, servers: number, mib: number, gbitPerS: number): number {
  return Math.max(transferUs(2 * mib, gbitPerS), transferUs((2 * workers * mib) / Math.max(1, servers), gbitPerS));
}

/** Computing and sending overlap: (t_comp^γ + t_net^γ)^(1/γ); γ = 1 not at all, 10 nearly wholly (Pollux, adaptdl/goodput.py). */
export function stepUs(computeUs: number, networkUs: number, overlap: number): number {
  if (networkUs === 0) return computeUs;
  const larger = Math.max(computeUs, networkUs);
  return larger * ((computeUs / larger) ** overlap + (networkUs / larger) ** overlap) ** (1 / overlap);
}

/** Speed of n workers of which a share f works in parallel, against one: 1/((1−f) + f/n) (Amdahl 1967). */
export function amdahlSpeed(workers: number, parallel: number): number {
  return 1 / (1 - parallel + parallel / workers);
}

/** Best time between checkpoints, first order: √(2CM) (Young, CACM 17(9), 1974); C the checkpoint's cost, M the mean time between failures. */
export function youngInterval(costUs: number, mtbfUs: number): number {
  return Math.sqrt(2 * costUs * mtbfUs);
}

/** The same to higher order: √(2CM)·[1 + ⅓(C/2M)^½ + (1/9)(C/2M)] − C for C < 2M, else M (Daly, FGCS 22(3), 2006). */
export function dalyInterval(costUs: number, mtbfUs: number): number {
  if (costUs >= 2 * mtbfUs) return mtbfUs;
  const ratio = costUs / (2 * mtbfUs);
  return youngInterval(costUs, mtbfUs) * (1 + Math.sqrt(ratio) / 3 + ratio / 9) - costUs;
}
