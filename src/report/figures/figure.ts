import type { ResultSet } from '../result-set.js';
import { COLOURS, DASHES } from '../theme.js';

/** A figure: its data and marks as a Vega-Lite specification, and what a reader must know about it. */
export interface Figure {
  /** File name without ending. */
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Ticks of an axis of seconds or ratios that starts at 0 and goes by powers of ten. */
export const DECADES = [0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7];

/** Colour and dash by policy, in the order of the comparison; no legend when there is but one. */
export function policyChannels(set: ResultSet, drawn?: ReadonlySet<unknown>): Record<string, unknown> {
  const values = drawn === undefined ? set.policies : set.policies.filter((policy) => drawn.has(policy));
  const legend =
    set.policies.length > 1 ? { legend: { symbolType: 'stroke', symbolSize: 700, values } } : { legend: null };
  return {
    color: { field: 'policy', type: 'nominal', scale: policyScale(set, COLOURS), ...legend },
    strokeDash: { field: 'policy', type: 'nominal', scale: policyScale(set, DASHES), ...legend },
  };
}

export function policyScale<V>(set: ResultSet, range: readonly V[]): { domain: readonly string[]; range: V[] } {
  return { domain: set.policies, range: set.policies.map((_, index) => range[index % range.length] as V) };
}
