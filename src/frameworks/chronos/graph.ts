/**
 * Which dependent jobs a success sets off (Chronos `graph/JobGraph.scala`, getExecutableChildren). A job with one parent runs after each
 * success of it. With several, each edge counts successes, and the job runs when the edge just counted is now the lowest: once
 * after every parent has succeeded since its last run. The counts start anew when the job's task has started.
 */
export class JobGraph {
  private readonly children = new Map<string, string[]>();
  private readonly counts = new Map<string, Map<string, number>>();

  constructor(jobs: Iterable<{ readonly name: string; readonly parents: readonly string[] }>) {
    for (const { name, parents } of jobs) {
      if (parents.length > 1) this.counts.set(name, new Map(parents.map((parent) => [parent, 0])));
      for (const parent of new Set(parents)) {
        const siblings = this.children.get(parent) ?? [];
        siblings.push(name);
        this.children.set(parent, siblings);
      }
    }
  }

  /** A job has succeeded: the names of those that may run now. */
  succeeded(name: string): string[] {
    return (this.children.get(name) ?? []).filter((child) => {
      const edges = this.counts.get(child);
      if (edges === undefined) return true;
      const count = (edges.get(name) ?? 0) + 1;
      edges.set(name, count);
      return count === Math.min(...edges.values());
    });
  }

  /** A task of the job has started. */
  started(name: string): void {
    const edges = this.counts.get(name);
    if (edges === undefined) return;
    for (const parent of edges.keys()) edges.set(parent, 0);
  }
}
