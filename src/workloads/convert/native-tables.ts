import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JobRecord } from '../../model/job.js';
import type { ResourceSpace } from '../../model/resources.js';
import { WholeFile } from '../bytes/whole-file.js';
import { guardedCell } from '../native-text.js';
import type { JobSink } from './convert.js';
import {
  type ColumnKind,
  decimal,
  jobColumns,
  type NativeColumn,
  type TaskRow,
  taskColumns,
  type UsageRow,
  usageColumns,
  usageRows,
} from './native-columns.js';

/** The native tables: everything a reader knows of a job, so that replaying them is replaying the trace. */
export class NativeTables implements JobSink {
  private readonly jobs: WholeFile;
  private readonly tasks: WholeFile;
  private readonly taskColumns: readonly NativeColumn<TaskRow>[];
  private readonly usageColumns: readonly NativeColumn<UsageRow>[];
  private usage: WholeFile | undefined;
  /** Blank lines that the next row of use needs before it. */
  private separators = 0;
  private lastId: string | undefined;

  constructor(
    private readonly folder: string,
    resources: ResourceSpace,
  ) {
    this.jobs = new WholeFile(join(folder, 'workload-jobs.csv'));
    this.tasks = new WholeFile(join(folder, 'workload-tasks.csv'));
    this.taskColumns = taskColumns(resources.columns());
    this.usageColumns = usageColumns(resources.columns());
    this.jobs.write(`${jobColumns.map(({ name }) => name).join(',')}\n`);
    this.tasks.write(`${this.taskColumns.map(({ name }) => name).join(',')}\n`);
  }

  add(job: JobRecord): undefined {
    this.jobs.write(rowText(jobColumns, job));
    // Between two jobs of the same id a blank line says where the tasks of the second one begin.
    if (job.id === this.lastId) {
      this.tasks.write('\n');
      this.separators++;
    }
    this.lastId = job.id;
    for (const group of job.groups) this.tasks.write(rowText(this.taskColumns, { job, group }));
    for (const row of usageRows(job)) {
      const usage = this.usageFile();
      for (; this.separators > 0; this.separators--) usage.write('\n');
      usage.write(rowText(this.usageColumns, row));
    }
  }

  /** Only a trace that tells of use has the third table. */
  private usageFile(): WholeFile {
    if (this.usage === undefined) {
      this.usage = new WholeFile(join(this.folder, 'workload-usage.csv'));
      this.usage.write(`${this.usageColumns.map(({ name }) => name).join(',')}\n`);
    }
    return this.usage;
  }

  finish(): string[] {
    // The jobs come last: without them nobody takes the tables for a trace.
    this.tasks.commit();
    if (this.usage === undefined) {
      // One of an earlier conversion would be taken for this trace's.
      rmSync(join(this.folder, 'workload-usage.csv'), { force: true });
      this.jobs.commit();
      return [this.jobs.path, this.tasks.path];
    }
    this.usage.commit();
    this.jobs.commit();
    return [this.jobs.path, this.tasks.path, this.usage.path];
  }

  abandon(): void {
    this.usage?.abandon();
    this.tasks.abandon();
    // Made first, and with it the folder.
    this.jobs.abandon();
  }
}

function rowText<Row>(columns: readonly NativeColumn<Row>[], row: Row): string {
  let text = '';
  for (const [index, { kind, of }] of columns.entries()) text += (index === 0 ? '' : ',') + cellText(kind, of(row));
  return `${text}\n`;
}

function cellText(kind: ColumnKind, value: string | number | boolean | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return guardedCell(value);
  if (kind === 'seconds') return decimal(Number(value), 6);
  return kind === 'milli' ? decimal(Number(value), 3) : String(value);
}
