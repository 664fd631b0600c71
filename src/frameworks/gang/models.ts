/**
 * Throughput of a gang that is spread over agents, by that of the same gang packed, at 2, 4 and 8 GPUs; faster devices pay more for it.
 * Source: stanford-futuredata/gavel scheduler/simulation_throughputs.json (MIT): `v100_unconsolidated` over `v100` and so on, the upper
 * median over batch sizes. Ratios above 1 are noise of the measurement: they count as 1.
 */
const SPREAD: Readonly<Record<string, Readonly<Record<string, readonly [number, number, number]>>>> = {
  'resnet-50': { v100: [0.87, 1.07, 1.14], p100: [1.01, 1.02, 1.04], k80: [1.09, 1.21, 1.2] },
  'resnet-18': { v100: [0.42, 0.4, 0.25], p100: [0.62, 0.59, 0.61], k80: [1.1, 1.13, 1.11] },
  transformer: { v100: [0.63, 0.55, 0.34], p100: [0.7, 0.67, 0.76], k80: [0.89, 0.95, 0.92] },
  lm: { v100: [0.23, 0.31, 0.12], p100: [0.52, 0.47, 0.59], k80: [0.71, 0.84, 0.95] },
};

export const MODELS = Object.keys(SPREAD) as [string, ...string[]];

/** Speed of a spread gang of this model, by that of a packed one; an unknown device pays as the fastest, v100. */
export function spreadSpeed(model: string, device: string, workers: number): number {
  const byDevice = SPREAD[model] ?? {};
  const ratios = byDevice[device.toLowerCase()] ?? byDevice['v100'];
  if (ratios === undefined || workers < 2) return 1;
  return Math.min(1, ratios[workers < 3 ? 0 : workers < 6 ? 1 : 2]);
}
