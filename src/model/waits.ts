/** Why a pending second passes (fixed order, first match; the contract of waits.csv). */
export const WAIT_CAUSES = [
  'dependency',
  'preempted',
  'backoff',
  'framework-down',
  'scheduler-busy',
  'in-flight',
  'gang-hold',
  'suppressed',
  'behind-in-queue',
  'filter',
  'quota-limit',
  'headroom',
  'constraint',
  'budget',
  'offered-elsewhere',
  'lower-share',
  'no-capacity',
] as const;

export type WaitCause = (typeof WAIT_CAUSES)[number];

const rows = new Map<string, number>(WAIT_CAUSES.map((cause, row) => [cause, row]));

/** Row of a cause in WAIT_CAUSES. */
export function causeRow(cause: WaitCause): number {
  return rows.get(cause) as number;
}
