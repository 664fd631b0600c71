import type { Rows } from '../rows.js';

/** Causes in the order of their columns. */
export const CAUSES = ['facilities', 'hardware', 'humanError', 'network', 'undetermined', 'software'] as const;
const FIRST_CAUSE = 19;

/** Counts and sums over the rows of LANL's failure table. */
export function lanlFacts(rows: Rows): Record<string, unknown> {
  const systems = new Set<string>();
  const nodes = new Set<string>();
  const byCause: Record<string, number> = Object.fromEntries(CAUSES.map((cause) => [cause, 0]));
  const facts = { rows: 0, downMinutes: 0, withoutCause: 0 };
  while (rows.next()) {
    facts.rows++;
    systems.add(rows.repeated(0));
    nodes.add(`${rows.repeated(0)}-${rows.repeated(6)}`);
    facts.downMinutes += rows.number(18) || 0;
    const causes = CAUSES.filter((_, index) => rows.text(FIRST_CAUSE + index).trim() !== '');
    if (causes.length === 0) facts.withoutCause++;
    for (const cause of causes) byCause[cause] = (byCause[cause] as number) + 1;
  }
  rows.close();
  return { ...facts, systems: systems.size, nodes: nodes.size, byCause };
}
