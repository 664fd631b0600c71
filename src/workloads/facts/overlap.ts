/** A span of time with a size. */
export interface Overlap {
  readonly start: number;
  readonly end: number;
  readonly size: number;
}

/** Largest number of spans, and largest sum of sizes, at any one time; ends come before starts at equal times. */
export function peakOverlap(spans: readonly Overlap[]): { count: number; size: number } {
  const starts = [...spans.keys()].sort((a, b) => (spans[a] as Overlap).start - (spans[b] as Overlap).start || a - b);
  const ends = [...spans.keys()].sort((a, b) => (spans[a] as Overlap).end - (spans[b] as Overlap).end || a - b);
  const peak = { count: 0, size: 0 };
  let count = 0;
  let size = 0;
  let next = 0;
  for (const row of starts) {
    const span = spans[row] as Overlap;
    while (next < ends.length && (spans[ends[next] as number] as Overlap).end <= span.start) {
      size -= (spans[ends[next++] as number] as Overlap).size;
      count--;
    }
    count++;
    size += span.size;
    peak.count = Math.max(peak.count, count);
    peak.size = Math.max(peak.size, size);
  }
  return peak;
}
