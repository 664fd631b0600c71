import { basename } from 'node:path';
import type { SourceReport, UsageStep } from '../model/job.js';
import type { Amounts, ResourceSpace } from '../model/resources.js';
import type { IssueLog } from './bytes/issues.js';
import { unguarded } from './native-text.js';
import { Table } from './table.js';

const COLUMNS = ['job_id', 'offset_s'];

interface HeldStep {
  readonly job: string;
  readonly task: string;
  readonly offsetUs: number;
  readonly line: number;
  /** Blank lines before the row that end the rows of earlier jobs of the same id. */
  separators: number;
  /** By resource, NaN where the file has no such column: the task then uses what it asks for. */
  readonly amounts: Float64Array | undefined;
}

/** `workload-usage.csv`: what tasks really use from an offset after their start on; rows in the order of the tasks file. */
export class UsageRows {
  private readonly table: Table;
  private readonly columns: number[];
  private held: HeldStep | undefined;

  constructor(
    path: string,
    resources: ResourceSpace,
    private readonly report: SourceReport,
    private readonly issues: IssueLog,
  ) {
    this.table = new Table(path, COLUMNS);
    this.columns = resources.columns().map((name) => this.table.column(name));
  }

  /** The steps of a task group, undefined when the file has none: its rows must be next. */
  take(job: string, task: string, asked: Amounts | undefined): UsageStep[] | undefined {
    let steps: UsageStep[] | undefined;
    for (;;) {
      this.held ??= this.read();
      const { held } = this;
      if (held === undefined || held.separators > 0 || held.job !== job || held.task !== task) return steps;
      this.held = undefined;
      if (held.amounts === undefined || asked === undefined) continue;
      steps ??= [];
      const amounts = held.amounts.map((used, row) => (used >= 0 ? used : (asked[row] ?? 0)));
      steps.push({ offsetUs: held.offsetUs, amounts });
    }
  }

  /** The tasks file goes on to another job of the same id: so do the rows here, where a blank line says so. */
  separate(): void {
    this.held ??= this.read();
    if (this.held !== undefined && this.held.separators > 0) this.held.separators--;
  }

  /** Rows left at the end belong to no task, or stand out of order. */
  finish(): void {
    for (this.held ??= this.read(); this.held !== undefined; this.held = this.read()) {
      if (this.held.amounts === undefined) continue;
      this.report.rowsKept--;
      const { job, task, line } = this.held;
      const message = `usage row of task "${task}" of job "${job}" does not follow the order of the tasks`;
      this.issues.skip(
        { path: this.table.path, line },
        1,
        'E_NATIVE_ORPHAN',
        message,
        `sort ${basename(this.table.path)}`,
      );
    }
  }

  private read(): HeldStep | undefined {
    const { table } = this;
    const { reader } = table;
    let separators = 0;
    while (table.next()) {
      separators += table.blankCount;
      this.report.rowsRead++;
      const isSound = table.isSound(this.issues);
      if (table.isBroken) continue;
      const column = table.column('task');
      const offsetS = reader.number(table.column('offset_s'));
      const amounts = this.amounts();
      const isGood = isSound && offsetS >= 0 && amounts !== undefined;
      if (isGood) this.report.rowsKept++;
      else if (isSound)
        this.issues.skip(
          reader,
          table.column('offset_s') + 1,
          'E_NATIVE_VALUE',
          'offset_s and amounts must be at least 0',
        );
      return {
        job: unguarded(reader.text(table.column('job_id'))),
        task: column < 0 ? '' : unguarded(reader.text(column)),
        offsetUs: isGood ? Math.round(offsetS * 1e6) : Number.POSITIVE_INFINITY,
        line: reader.line,
        separators,
        amounts: isGood ? amounts : undefined,
      };
    }
    return undefined;
  }

  private amounts(): Float64Array | undefined {
    const { reader } = this.table;
    const amounts = new Float64Array(this.columns.length).fill(Number.NaN);
    for (const [row, column] of this.columns.entries()) {
      if (column < 0 || reader.isEmpty(column)) continue;
      const value = reader.number(column);
      if (!(value >= 0)) return undefined;
      amounts[row] = Math.round(value * 1000);
    }
    return amounts;
  }

  close(): void {
    this.table.reader.close();
  }
}
