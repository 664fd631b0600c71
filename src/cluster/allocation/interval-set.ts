/** Whole numbers as sorted, disjoint, non-adjacent closed intervals: `[begin, end, begin, end, …]`. Ports are the usual case. */
export type IntervalSet = readonly number[];

/** Sorts and joins intervals that overlap or touch. */
export function normalized(bounds: readonly number[]): IntervalSet {
  const pairs: [number, number][] = [];
  for (let index = 0; index + 1 < bounds.length; index += 2) {
    pairs.push([bounds[index] as number, bounds[index + 1] as number]);
  }
  pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const joined: number[] = [];
  for (const [begin, end] of pairs) {
    const last = joined.length - 1;
    if (last > 0 && begin <= (joined[last] as number) + 1) joined[last] = Math.max(joined[last] as number, end);
    else joined.push(begin, end);
  }
  return joined;
}

export function union(a: IntervalSet, b: IntervalSet): IntervalSet {
  return normalized([...a, ...b]);
}

/** What is in `a` and not in `b`. */
export function difference(a: IntervalSet, b: IntervalSet): IntervalSet {
  const left: number[] = [];
  let cut = 0;
  for (let index = 0; index < a.length; index += 2) {
    let begin = a[index] as number;
    const end = a[index + 1] as number;
    while (cut > 0 && (b[cut - 1] as number) >= begin) cut -= 2;
    for (; cut < b.length && (b[cut] as number) <= end; cut += 2) {
      if ((b[cut + 1] as number) < begin) continue;
      if ((b[cut] as number) > begin) left.push(begin, (b[cut] as number) - 1);
      begin = (b[cut + 1] as number) + 1;
    }
    if (begin <= end) left.push(begin, end);
  }
  return left;
}

export function includes(a: IntervalSet, b: IntervalSet): boolean {
  return difference(b, a).length === 0;
}

export function sizeOf(set: IntervalSet): number {
  let size = 0;
  for (let index = 0; index < set.length; index += 2) size += (set[index + 1] as number) - (set[index] as number) + 1;
  return size;
}

/** `[31000-32000, 33000-33000]`, as Mesos writes ranges. */
export function intervalText(set: IntervalSet): string {
  const parts: string[] = [];
  for (let index = 0; index < set.length; index += 2) parts.push(`${set[index]}-${set[index + 1]}`);
  return `[${parts.join(', ')}]`;
}
