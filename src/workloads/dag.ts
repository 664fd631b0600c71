/** Whether edges between items of a list form a circle: Kahn's algorithm leaves items over then. `waits[i]` = what item i waits for. */
export function hasCycle(waits: readonly (readonly number[])[]): boolean {
  const blockers = waits.map((list) => list.length);
  const dependants: number[][] = waits.map(() => []);
  for (const [item, list] of waits.entries()) for (const other of list) (dependants[other] as number[]).push(item);
  const ready = [...blockers.keys()].filter((item) => blockers[item] === 0);
  let done = 0;
  for (let item = ready.pop(); item !== undefined; item = ready.pop()) {
    done++;
    for (const dependant of dependants[item] as number[]) {
      blockers[dependant] = (blockers[dependant] as number) - 1;
      if (blockers[dependant] === 0) ready.push(dependant);
    }
  }
  return done < waits.length;
}
