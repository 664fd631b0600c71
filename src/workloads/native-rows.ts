import type { JobDependency, JobRecord, SourceReport } from '../model/job.js';
import type { IssueLog } from './bytes/issues.js';
import { type Columns, columnsOf, numberAt, repeatedAt, textAt } from './native-columns.js';
import { splitList, unescapePart } from './native-text.js';
import type { Table } from './table.js';

const NONE: readonly never[] = Object.freeze([]);

/** Rows of the jobs file that are read before they are needed, so that a job without tasks can be told from tasks without a job. */
const LOOK_AHEAD = 256;

export interface JobRow {
  readonly job: JobRecord;
  readonly line: number;
  /** False: the row cannot be used; its tasks go with it. */
  readonly isGood: boolean;
}

/** The rows of the jobs file with a look ahead. */
export class JobRows {
  private readonly rows: JobRow[] = [];
  private at = 0;
  private isEnded = false;
  private readonly columns: Columns;

  constructor(
    private readonly table: Table,
    private readonly report: SourceReport,
    private readonly issues: IssueLog,
  ) {
    this.columns = columnsOf(table);
  }

  /** One of the next jobs has this id. Only now they are read: mostly nobody asks. */
  has(id: string): boolean {
    while (!this.isEnded && this.rows.length - this.at <= LOOK_AHEAD) this.fill();
    for (let at = this.at; at < this.rows.length; at++) if (this.rows[at]?.job.id === id) return true;
    return false;
  }

  next(): JobRow | undefined {
    const { rows } = this;
    // Mostly nothing is read ahead: the next row goes to who asks.
    if (this.at === rows.length) {
      if (this.at > 0) rows.length = 0;
      this.at = 0;
      let row: JobRow | undefined;
      while (row === undefined && !this.isEnded) row = this.read();
      return row;
    }
    const row = rows[this.at++];
    if (this.at > 2 * LOOK_AHEAD) {
      rows.splice(0, this.at);
      this.at = 0;
    }
    return row;
  }

  private fill(): void {
    const row = this.read();
    if (row !== undefined) this.rows.push(row);
  }

  /** The row that stands next in the file; undefined at its end, and for a row without an id, which cannot be looked for. */
  private read(): JobRow | undefined {
    const { table } = this;
    if (!table.next()) {
      this.isEnded = true;
      return undefined;
    }
    this.report.rowsRead++;
    const { line } = table.reader;
    const job = parseJob(table, this.columns, this.issues);
    if (job !== undefined) return { job, line, isGood: true };
    if (table.isBroken) return undefined;
    return { job: { ...NO_JOB, id: textAt(table.reader, this.columns.job_id) }, line, isGood: false };
  }
}

const NO_JOB: JobRecord = {
  id: '',
  user: '',
  queue: '',
  class: '',
  submitUs: 0,
  priority: 0,
  deadlineUs: -1,
  after: [],
  groups: [],
};

function parseJob(table: Table, columns: Columns, issues: IssueLog): JobRecord | undefined {
  const { reader } = table;
  if (!table.isSound(issues)) return undefined;
  const submitS = reader.number(columns.submit_s);
  if (!(submitS >= 0)) {
    return void issues.skip(
      reader,
      columns.submit_s + 1,
      'E_NATIVE_VALUE',
      `submit_s must be a number of at least 0, got "${reader.text(columns.submit_s)}"`,
    );
  }
  const deadlineS = numberAt(reader, columns.deadline_s, -1);
  const priority = numberAt(reader, columns.priority, 0);
  if (Number.isNaN(deadlineS) || Number.isNaN(priority)) {
    return void issues.skip(reader, 1, 'E_NATIVE_VALUE', 'priority and deadline_s must be numbers or empty');
  }
  return {
    id: textAt(reader, columns.job_id),
    user: repeatedAt(reader, columns.user),
    queue: repeatedAt(reader, columns.queue),
    class: repeatedAt(reader, columns.class),
    submitUs: Math.round(submitS * 1e6),
    priority,
    deadlineUs: deadlineS < 0 ? -1 : Math.round(deadlineS * 1e6),
    after:
      columns.after < 0 || reader.isEmpty(columns.after)
        ? NONE
        : splitList(textAt(reader, columns.after)).map(parseDependency),
    groups: [],
  };
}

/** `job` or `job+seconds`. */
function parseDependency(text: string): JobDependency {
  const plus = text.lastIndexOf('+');
  const delayS = plus > 0 ? Number(text.slice(plus + 1)) : Number.NaN;
  if (delayS >= 0 && Number.isFinite(delayS))
    return { job: unescapePart(text.slice(0, plus)), delayUs: Math.round(delayS * 1e6) };
  return { job: unescapePart(text), delayUs: 0 };
}
