/** `holds`: shown for this problem (monotonicity and strategy-proofness: no counterexample among those tried). */
export type Verdict = 'holds' | 'broken' | 'not applicable';

/** One property of a division. */
export interface Finding {
  readonly property: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** Size of the worst breach, in the users' utility (envy, gains, losses), 0 when none. */
  readonly worst: number;
}

/** Relative slack of every comparison: equilibria are found to 1e-8. */
const SLACK = 1e-7;

/** `after` is more than `before` beyond rounding. */
export function exceeds(after: number, before: number): boolean {
  return after > before + SLACK * Math.max(Math.abs(before), Math.abs(after), 1e-9);
}

/** Up to three cases, then their number. */
export function finding(property: string, cases: readonly { text: string; size: number }[], holds: string): Finding {
  if (cases.length === 0) return { property, verdict: 'holds', detail: holds, worst: 0 };
  const ranked = [...cases.keys()].sort((i, j) => (cases[j]?.size as number) - (cases[i]?.size as number) || i - j);
  const shown = ranked.slice(0, 3).map((index) => cases[index]?.text as string);
  const more = cases.length > 3 ? [`and ${cases.length - 3} more`] : [];
  const worst = cases[ranked[0] as number]?.size as number;
  return { property, verdict: 'broken', detail: [...shown, ...more].join('; '), worst };
}

/** A number as the audit's sentences show it: six significant digits. */
export function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
