import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ColumnSource, fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { JobRecord } from '../../model/job.js';
import type { ResourceSpace } from '../../model/resources.js';
import { removeEmpty } from '../bytes/whole-file.js';
import type { JobSink } from './convert.js';
import {
  type ColumnKind,
  jobColumns,
  type NativeColumn,
  type TaskRow,
  taskColumns,
  type UsageRow,
  usageColumns,
  usageRows,
} from './native-columns.js';

/** Rows per row group: what is held in memory. */
const GROUP_ROWS = 50_000;

type Value = string | number | boolean | undefined;

/** The native tables as Parquet: the same columns with types, empty cells null, `inf` the infinite double. */
export class ParquetTables implements JobSink {
  private readonly jobs: ParquetTable<JobRecord>;
  private readonly tasks: ParquetTable<TaskRow>;
  private usage: ParquetTable<UsageRow> | undefined;
  private readonly made: string | undefined;

  constructor(
    private readonly folder: string,
    private readonly resources: ResourceSpace,
  ) {
    this.made = mkdirSync(folder, { recursive: true });
    this.jobs = new ParquetTable(join(folder, 'workload-jobs.parquet'), jobColumns);
    this.tasks = new ParquetTable(join(folder, 'workload-tasks.parquet'), taskColumns(resources.columns()));
  }

  add(job: JobRecord): undefined {
    this.jobs.add(job);
    for (const group of job.groups) this.tasks.add({ job, group });
    for (const row of usageRows(job)) this.usageTable().add(row);
  }

  private usageTable(): ParquetTable<UsageRow> {
    const columns = usageColumns(this.resources.columns());
    this.usage ??= new ParquetTable(join(this.folder, 'workload-usage.parquet'), columns);
    return this.usage;
  }

  finish(): string[] {
    if (this.usage === undefined) rmSync(join(this.folder, 'workload-usage.parquet'), { force: true });
    const usage = this.usage === undefined ? [] : [this.usage.commit()];
    const tasks = this.tasks.commit();
    // The jobs come last: without them nobody takes the tables for a trace.
    return [this.jobs.commit(), tasks, ...usage];
  }

  abandon(): void {
    this.jobs.abandon();
    this.tasks.abandon();
    this.usage?.abandon();
    removeEmpty(resolve(this.folder), this.made);
  }
}

class ParquetTable<Row> {
  private readonly temporary: string;
  private readonly writer: ParquetWriter;
  private readonly values: Value[][];
  private isCommitted = false;

  constructor(
    private readonly path: string,
    private readonly columns: readonly NativeColumn<Row>[],
  ) {
    this.temporary = `${path}.tmp-${process.pid}`;
    const root: SchemaElement = { name: 'root', num_children: columns.length };
    const schema = [root, ...columns.map(({ name, kind }) => elementOf(name, kind))];
    this.writer = new ParquetWriter({ writer: fileWriter(this.temporary), schema, createdBy: 'mesosim' });
    this.values = columns.map(() => []);
  }

  add(row: Row): void {
    for (const [index, { kind, of }] of this.columns.entries()) this.values[index]?.push(plain(kind, of(row)));
    if ((this.values[0]?.length ?? 0) >= GROUP_ROWS) this.flush();
  }

  private flush(): void {
    const columnData = this.columns.map(
      ({ name }, index): ColumnSource => ({ name, data: this.values[index] as unknown[] }),
    );
    this.writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    for (const values of this.values) values.length = 0;
  }

  commit(): string {
    this.flush();
    this.writer.finish();
    renameSync(this.temporary, this.path);
    this.isCommitted = true;
    return this.path;
  }

  abandon(): void {
    if (!this.isCommitted) rmSync(this.temporary, { force: true });
  }
}

function elementOf(name: string, kind: ColumnKind): SchemaElement {
  if (kind === 'text') return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
  if (kind === 'truth') return { name, type: 'BOOLEAN', repetition_type: 'REQUIRED' };
  if (kind === 'count') return { name, type: 'INT32', repetition_type: 'REQUIRED' };
  return { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' };
}

/** Times and amounts in their unit; what a CSV cell leaves empty is null. */
function plain(kind: ColumnKind, value: Value): Value {
  if (value === undefined) return undefined;
  if (kind === 'seconds') return Number(value) / 1e6;
  if (kind === 'milli') return Number(value) / 1000;
  return value;
}
