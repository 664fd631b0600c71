import { Adder } from 'd3-array';
import type { Workflow, WorkflowTask } from '../workflows/workflow.js';

/** Counts, sums, depth (tasks on the longest chain) and critical path of workflows; of several files sums, and the largest of each. */
export function workflowFacts(workflows: readonly Workflow[]): Record<string, unknown> {
  const runTime = new Adder();
  const facts = { tasks: 0, edges: 0, roots: 0, depth: 0, criticalPathS: 0, files: 0, machines: 0 };
  let makespanS = Number.NaN;
  for (const workflow of workflows) {
    facts.tasks += workflow.tasks.length;
    facts.files += workflow.fileCount;
    facts.machines += workflow.machineCount;
    for (const { parents, runS } of workflow.tasks) {
      facts.edges += parents.length;
      if (parents.length === 0) facts.roots++;
      if (runS > 0) runTime.add(runS);
    }
    const { depth, lengthS } = longestPath(workflow.tasks);
    facts.depth = Math.max(facts.depth, depth);
    facts.criticalPathS = Math.max(facts.criticalPathS, lengthS);
    if (!(workflow.makespanS <= makespanS)) makespanS = workflow.makespanS;
  }
  const { depth, criticalPathS, ...counts } = facts;
  const known = Number.isNaN(makespanS) ? {} : { makespanS };
  return { ...counts, depth, runTimeS: runTime.valueOf(), criticalPathS, ...known };
}

/** Longest chain by tasks and by run time; tasks in a circle, and those behind one, are on no chain. */
function longestPath(tasks: readonly WorkflowTask[]): { depth: number; lengthS: number } {
  const rows = new Map(tasks.map(({ id }, row) => [id, row]));
  const children: number[][] = tasks.map(() => []);
  const waiting = tasks.map(() => 0);
  for (const [row, { parents }] of tasks.entries()) {
    for (const parent of parents) {
      const known = rows.get(parent);
      if (known === undefined) continue;
      (children[known] as number[]).push(row);
      waiting[row] = (waiting[row] as number) + 1;
    }
  }
  const depths = tasks.map(() => 1);
  const ends = tasks.map(({ runS }) => Math.max(0, runS) || 0);
  const ready = [...waiting.keys()].filter((row) => waiting[row] === 0);
  let depth = 0;
  let lengthS = 0;
  for (const row of ready) {
    depth = Math.max(depth, depths[row] as number);
    lengthS = Math.max(lengthS, ends[row] as number);
    for (const child of children[row] as number[]) {
      depths[child] = Math.max(depths[child] as number, (depths[row] as number) + 1);
      const ownS = Math.max(0, (tasks[child] as WorkflowTask).runS) || 0;
      ends[child] = Math.max(ends[child] as number, (ends[row] as number) + ownS);
      waiting[child] = (waiting[child] as number) - 1;
      if (waiting[child] === 0) ready.push(child);
    }
  }
  return { depth, lengthS };
}
