import { Adder } from 'd3-array';
import { NameSet } from '../name-set.js';
import type { Rows } from '../rows.js';

/** Counts and sums over the rows of GWF files. */
export function gwfFacts(rows: Rows): Record<string, unknown> {
  const workflows = new NameSet();
  const runTime = new Adder();
  const facts = { tasks: 0, dependencies: 0, firstSubmitS: Number.POSITIVE_INFINITY, lastSubmitS: -1, largestProcs: 0 };
  while (rows.next()) {
    facts.tasks++;
    workflows.add(rows.text(0).trim());
    const submitS = rows.number(2);
    if (submitS < facts.firstSubmitS) facts.firstSubmitS = submitS;
    if (submitS > facts.lastSubmitS) facts.lastSubmitS = submitS;
    runTime.add(Math.max(0, rows.number(3) || 0));
    facts.largestProcs = Math.max(facts.largestProcs, rows.number(4) || 0);
    facts.dependencies += rows
      .text(6)
      .split(/\s+/)
      .filter((id) => id !== '' && id !== '-1').length;
  }
  rows.close();
  return { ...facts, workflows: workflows.count, runTimeS: runTime.valueOf() };
}
