/** Whether edges between items of a list form a circle: Kahn's algorithm leaves items over then. `waits[i]` = what item i waits for. */
export function hasCycle(waits: readonly (readonly number[])[]): boolean {
  if (isAscending(waits)) return false;
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

/** Whether each item waits for items before it alone: that is no circle, and nothing is to be counted. */
function isAscending(waits: readonly (readonly number[])[]): boolean {
  for (let item = 0; item < waits.length; item++) {
    const list = waits[item] as readonly number[];
    for (let link = 0; link < list.length; link++) if ((list[link] as number) >= item) return false;
  }
  return true;
}
