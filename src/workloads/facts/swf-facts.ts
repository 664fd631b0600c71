import { LineReader } from '../bytes/line-reader.js';
import { type Overlap, peakOverlap } from './overlap.js';

/** Counts and sums over the rows of SWF files as they stand, skipped ones included. Processors = field 5 if > 0, else field 8. */
export function swfFacts(files: readonly string[]): Record<string, unknown> {
  const users = new Set<number>();
  const groups = new Set<number>();
  const status = new Map<string, number>();
  const missing = new Array<number>(19).fill(0);
  const notes = new Map<string, string>();
  const runs: Overlap[] = [];
  let jobs = 0;
  let firstSubmitS = Number.NaN;
  let lastSubmitS = Number.NEGATIVE_INFINITY;
  let procSeconds = 0;
  let largest = 0;
  let runTimeZero = 0;
  let inversions = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.firstByte === 59) {
        const match = /^;\s*(MaxProcs|MaxJobs):\s*(\d+)/.exec(reader.lineText());
        if (match !== null && !notes.has(match[1] as string)) notes.set(match[1] as string, match[2] as string);
        continue;
      }
      if (reader.splitBlanks() < 18) continue;
      jobs++;
      const field = (number: number): number => reader.number(number - 1);
      for (let number = 1; number <= 18; number++)
        if (field(number) === -1) missing[number] = (missing[number] as number) + 1;
      const submitS = field(2);
      if (Number.isNaN(firstSubmitS) || submitS < firstSubmitS) firstSubmitS = submitS;
      lastSubmitS = Math.max(lastSubmitS, submitS);
      if (submitS < previous) inversions++;
      previous = submitS;
      const processors = field(5) > 0 ? field(5) : field(8);
      const runS = field(4);
      if (runS === 0) runTimeZero++;
      largest = Math.max(largest, processors);
      // Unknown (-1) counts as a value of its own.
      users.add(field(12));
      groups.add(field(13));
      const key = String(field(11));
      status.set(key, (status.get(key) ?? 0) + 1);
      if (runS > 0 && processors > 0) {
        procSeconds += processors * runS;
        const startS = submitS + Math.max(field(3), 0);
        runs.push({ start: startS, end: startS + runS, size: processors });
      }
    }
    reader.close();
  }
  const peak = peakOverlap(runs);
  return {
    jobs,
    firstSubmitS,
    lastSubmitS,
    procSeconds,
    peakProcs: peak.size,
    peakJobs: peak.count,
    users: users.size,
    groups: groups.size,
    largestJobProcs: largest,
    runTimeZero,
    inversions,
    status: Object.fromEntries(status),
    missingByField: Object.fromEntries([...missing.entries()].filter(([, count]) => count > 0)),
    ...(notes.has('MaxProcs') ? { headerMaxProcs: Number(notes.get('MaxProcs')) } : {}),
    ...(notes.has('MaxJobs') ? { headerMaxJobs: Number(notes.get('MaxJobs')) } : {}),
  };
}
