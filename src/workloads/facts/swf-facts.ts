import { LineReader } from '../bytes/line-reader.js';
import { type Overlap, peakOverlap } from './overlap.js';

const FIELDS = 18;
const SEMICOLON = 59;

/** Counts and sums over the rows of SWF files as they stand, skipped ones included. Processors = field 5 if > 0, else field 8. */
export function swfFacts(files: readonly string[]): Record<string, unknown> {
  const totals = new SwfTotals();
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.firstByte === SEMICOLON) totals.header(reader.lineText());
      else if (reader.splitBlanks() >= FIELDS) totals.row((number) => reader.number(number - 1));
    }
    reader.close();
  }
  return totals.tell();
}

class SwfTotals {
  private readonly users = new Set<number>();
  private readonly groups = new Set<number>();
  private readonly status = new Map<string, number>();
  private readonly missing = new Array<number>(FIELDS + 1).fill(0);
  private readonly notes = new Map<string, number>();
  private readonly runs: Overlap[] = [];
  private jobs = 0;
  private firstSubmitS = Number.POSITIVE_INFINITY;
  private lastSubmitS = Number.NEGATIVE_INFINITY;
  private procSeconds = 0;
  private largest = 0;
  private runTimeZero = 0;
  private inversions = 0;
  private previous = Number.NEGATIVE_INFINITY;

  header(line: string): void {
    const match = /^;\s*(MaxProcs|MaxJobs):\s*(\d+)/.exec(line);
    if (match !== null && !this.notes.has(match[1] as string)) this.notes.set(match[1] as string, Number(match[2]));
  }

  /** `field(n)` is field n, from 1. */
  row(field: (number: number) => number): void {
    this.jobs++;
    for (let number = 1; number <= FIELDS; number++) {
      if (field(number) === -1) this.missing[number] = (this.missing[number] as number) + 1;
    }
    const submitS = field(2);
    this.firstSubmitS = Math.min(this.firstSubmitS, submitS);
    this.lastSubmitS = Math.max(this.lastSubmitS, submitS);
    if (submitS < this.previous) this.inversions++;
    this.previous = submitS;
    // Unknown (-1) counts as a value of its own.
    this.users.add(field(12));
    this.groups.add(field(13));
    const key = String(field(11));
    this.status.set(key, (this.status.get(key) ?? 0) + 1);
    this.work(submitS, field);
  }

  private work(submitS: number, field: (number: number) => number): void {
    const processors = field(5) > 0 ? field(5) : field(8);
    const runS = field(4);
    if (runS === 0) this.runTimeZero++;
    this.largest = Math.max(this.largest, processors);
    if (runS <= 0 || processors <= 0) return;
    this.procSeconds += processors * runS;
    const startS = submitS + Math.max(field(3), 0);
    this.runs.push({ start: startS, end: startS + runS, size: processors });
  }

  tell(): Record<string, unknown> {
    const peak = peakOverlap(this.runs);
    const header = (name: string, key: string): Record<string, number> =>
      this.notes.has(name) ? { [key]: this.notes.get(name) as number } : {};
    return {
      jobs: this.jobs,
      firstSubmitS: this.firstSubmitS,
      lastSubmitS: this.lastSubmitS,
      procSeconds: this.procSeconds,
      peakProcs: peak.size,
      peakJobs: peak.count,
      users: this.users.size,
      groups: this.groups.size,
      largestJobProcs: this.largest,
      runTimeZero: this.runTimeZero,
      inversions: this.inversions,
      status: Object.fromEntries(this.status),
      missingByField: Object.fromEntries([...this.missing.entries()].filter(([, count]) => count > 0)),
      ...header('MaxProcs', 'headerMaxProcs'),
      ...header('MaxJobs', 'headerMaxJobs'),
    };
  }
}
