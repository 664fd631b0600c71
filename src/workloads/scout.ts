import { InputError } from '../core/errors.js';
import { emptyReport, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';
import { ResourceSpace } from '../model/resources.js';
import type { TraceContext } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { NameSet } from './name-set.js';
import { reordered } from './reorder.js';
import { Rows, type TableLayout } from './rows.js';
import { sortedJobs } from './sorted-jobs.js';

/** Rows that are looked ahead at, at most: so many jobs are held as they are for next to nothing. */
const LOOK_AHEAD = 4096;
/** Rows of a job or two that are a little late need far less, and what is held so briefly costs the garbage collector nothing. */
const SHORT_LOOK = 64;

/** How far ahead one has to look to hand jobs on in order of submit time; undefined = not known, or too far to hold them. */
export type LookAhead = number | undefined;

/**
 * Whether rows stand in order of time, or so near to it that a short look-ahead puts them in order. A row may be no earlier than any of
 * those that stand more than the look-ahead before it: of k jobs that were handed on, the last is no later than the latest of the first k.
 */
export class OrderScout {
  constructor(private readonly most = LOOK_AHEAD) {
    this.short = Math.min(SHORT_LOOK, most);
    this.newest = new Float64Array(most).fill(Number.NEGATIVE_INFINITY);
  }
  /** For each of the last rows, the newest time up to it. */
  private readonly newest: Float64Array;
  private at = 0;
  private newestUs = Number.NEGATIVE_INFINITY;
  private isInOrder = true;
  private isNear = true;
  private readonly short: number;

  /** False: it is too far out of order, and no more rows need be shown. Times that are no numbers belong to rows that are skipped. */
  sees(time: number): boolean {
    if (Number.isNaN(time)) return true;
    const { newest, at } = this;
    if (time >= this.newestUs) this.newestUs = time;
    else {
      this.isInOrder = false;
      if (time < (newest[at] as number)) return false;
      const near = at < this.short ? at - this.short + this.most : at - this.short;
      if (time < (newest[near] as number)) this.isNear = false;
    }
    newest[at] = this.newestUs;
    this.at = at + 1 === this.most ? 0 : at + 1;
    return true;
  }

  get lookAhead(): number {
    if (this.isInOrder) return 0;
    return this.isNear ? this.short : this.most;
  }
}

/** What a scout looks at in a table. */
export interface ScoutedTable {
  readonly layout: TableLayout;
  /** Column of the submit time. */
  readonly submit: number;
  /** It is a clock time, not a number. */
  readonly isClock?: boolean;
  /** Column of the name that rows of a job share, which must stand together. */
  readonly job?: number;
}

/** Looks through tables for the order of their rows, and reads nothing else of them. Each job of several rows must stand together. */
export function lookAheadOf(files: readonly string[], table: ScoutedTable): LookAhead {
  const { layout, submit, isClock = false, job = -1 } = table;
  const context = { resources: new ResourceSpace(), options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const report = emptyReport('scout', [...files]);
  const rows = new Rows(files, layout, report, new IssueLog(report, context));
  const columns = job < 0 ? [submit] : [submit, job];
  const order = new OrderScout();
  const seen = new NameSet();
  let told = '';
  let last = '';
  try {
    while (rows.nextPart(columns)) {
      if (!order.sees(isClock ? rows.clock(submit) : rows.number(submit))) return undefined;
      if (job < 0) continue;
      const text = rows.textLike(job, told);
      if (text === told) continue;
      told = text;
      // Names that differ in blanks alone may be one to the reader.
      const name = text.trim();
      if (name !== last && !seen.add(name)) return undefined;
      last = name;
    }
    return order.lookAhead;
  } finally {
    rows.close();
  }
}

/**
 * Jobs in order of submit time. Where `scout` finds them near enough to it, they are handed on as they are read; otherwise, and where the
 * user wants to be told of bad rows before anything is run, everything is read and sorted first, or what `otherwise` says.
 */
export function inOrder(
  report: SourceReport,
  context: TraceContext,
  scout: () => LookAhead,
  read: () => JobRecord | null,
  close: () => void,
  otherwise = () => sortedJobs(report, read, close),
): JobSource {
  let source: JobSource | undefined;
  const open = (): JobSource => {
    const ahead = scouted(context, scout);
    return ahead === undefined ? otherwise() : reordered(report, read, ahead, (job) => job, close);
  };
  return {
    report,
    next: () => {
      source ??= open();
      return source.next();
    },
    close: () => (source === undefined ? close() : source.close()),
  };
}

/** What the scout finds; a file that cannot be read is told by its reader. */
export function scouted({ onBadRow, maxSkipped }: TraceContext, scout: () => LookAhead): LookAhead {
  if (onBadRow === 'error' || maxSkipped >= 0) return undefined;
  try {
    return scout();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
