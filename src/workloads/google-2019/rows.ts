import { InputError } from '../../core/errors.js';
import type { SourceReport } from '../../model/job.js';
import type { FileSample } from '../../model/trace-format.js';
import type { IssueLog, RowPlace } from '../bytes/issues.js';
import { JsonObjects } from '../bytes/json-objects.js';
import { sampleOf } from '../bytes/sample.js';
import { Table } from '../table.js';
import { filesByTable } from '../tables.js';

export type TableName = 'collection_events' | 'instance_events' | 'machine_events' | 'instance_usage';

/** A row of an export, JSON or CSV: fields by name, those of records as `record.field`. */
export interface ExportRow extends RowPlace {
  /** Empty when it is not told. */
  text(name: string): string;
  /** NaN when it is not told or no number. */
  number(name: string): number;
  /** A repeated field of whole numbers. */
  list(name: string): string[];
}

/** What the type of an instance event is called where tables are joined: collections have types, too. */
const JOINED_TYPE = 'instance_events_type';

const isJson = (head: Uint8Array): boolean =>
  /^\s*(\[\s*)?\{/.test(new TextDecoder().decode(head.subarray(0, 256)).replace(/^\uFEFF/, ''));

/** Names of the first rows of a file. */
function namesOf({ head }: FileSample): Set<string> {
  const text = new TextDecoder().decode(head.subarray(0, 32768)).replace(/^\uFEFF/, '');
  if (isJson(head)) return new Set([...text.matchAll(/"([a-z_]+)"\s*:/g)].map((match) => match[1] as string));
  const line = text.split(/\r?\n/)[0] ?? '';
  return new Set(line.split(',').map((name) => name.trim().replace(/^"|"$/g, '').split('.')[0] as string));
}

/** Which table a file is (Google cluster-usage traces v3): by its columns, nulls are left out of JSON. */
export function tableOf(sample: FileSample): TableName | undefined {
  const names = namesOf(sample);
  const has = (...list: string[]): boolean => list.every((name) => names.has(name));
  // Instance events joined with collections and uses, as published analyses have them: each row is an event.
  if (has('collection_id', 'instance_index', 'time', JOINED_TYPE)) return 'instance_events';
  if (has('collection_id', 'instance_index', 'start_time', 'end_time')) return 'instance_usage';
  if (has('collection_id', 'instance_index', 'time', 'type')) return 'instance_events';
  if (has('collection_id', 'time', 'type')) return 'collection_events';
  if (has('machine_id', 'time', 'type') && !names.has('collection_id')) return 'machine_events';
  return undefined;
}

/** The files of each table. */
export function byTable(files: readonly string[]): Map<TableName | undefined, string[]> {
  return filesByTable(files, (sample) => tableOf(sample));
}

/** Rows of files, JSON objects or CSV with a header; what cannot be read is skipped and counted. */
export function* exportRows(files: readonly string[], report: SourceReport, issues: IssueLog): Generator<ExportRow> {
  for (const file of files) {
    if (isJson(sampleOf(file).head)) yield* jsonRows(file, report, issues);
    else yield* csvRows(file, report, issues);
  }
}

function* jsonRows(file: string, report: SourceReport, issues: IssueLog): Generator<ExportRow> {
  const objects = new JsonObjects(file);
  try {
    for (let row = objects.next(); row !== null; row = objects.next()) {
      report.rowsRead++;
      const place = { path: file, line: objects.line, column: objects.column };
      if ('fault' in row) issues.skip(place, 0, 'E_GOOGLE_VALUE', row.fault);
      else yield new JsonRow(place, row.value);
    }
  } finally {
    objects.close();
  }
}

class JsonRow implements ExportRow {
  readonly path: string;
  readonly line: number;
  readonly column: number;

  constructor(
    { path, line, column = 1 }: RowPlace,
    private readonly row: Readonly<Record<string, unknown>>,
  ) {
    this.path = path;
    this.line = line;
    this.column = column;
  }

  private value(name: string): unknown {
    const point = name.indexOf('.');
    if (point < 0) return own(this.row, name) ?? (name === 'type' ? own(this.row, JOINED_TYPE) : undefined);
    const record = own(this.row, name.slice(0, point));
    return typeof record === 'object' && record !== null
      ? own(record as Record<string, unknown>, name.slice(point + 1))
      : undefined;
  }

  text(name: string): string {
    const value = this.value(name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  number(name: string): number {
    return plainNumber(this.text(name));
  }

  list(name: string): string[] {
    const value = this.value(name);
    return Array.isArray(value) ? value.map(String) : [];
  }
}

function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function plainNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

function* csvRows(file: string, report: SourceReport, issues: IssueLog): Generator<ExportRow> {
  const table = new Table(file, []);
  const row = new CsvRow(table);
  try {
    while (table.next()) {
      report.rowsRead++;
      if (table.isSound(issues)) yield row;
    }
  } finally {
    table.reader.close();
  }
}

/** Columns of records are called `record.field` or `record_field`, or the record is one cell of text, `{'cpus': 0.1, …}`. */
class CsvRow implements ExportRow {
  private readonly columns = new Map<string, number>();

  constructor(private readonly table: Table) {}

  get path(): string {
    return this.table.path;
  }

  get line(): number {
    return this.table.reader.line;
  }

  get column(): number {
    return 1;
  }

  private columnOf(name: string): number {
    let column = this.columns.get(name);
    if (column === undefined) {
      const other = name === 'type' ? JOINED_TYPE : name.replace('.', '_');
      column = Math.max(this.table.column(name), this.table.column(other));
      this.columns.set(name, column);
    }
    return column;
  }

  text(name: string): string {
    const column = this.columnOf(name);
    if (column >= 0) return this.table.reader.repeated(column);
    const [record = '', field] = name.split('.');
    if (field === undefined || this.columnOf(record) < 0) return '';
    return new RegExp(`['"]?${field}['"]?\\s*[:=]\\s*([^,}\\s]+)`).exec(this.text(record))?.[1] ?? '';
  }

  number(name: string): number {
    const column = this.columnOf(name);
    return column >= 0 ? this.table.reader.number(column) : plainNumber(this.text(name));
  }

  list(name: string): string[] {
    return this.text(name).match(/\d+/g) ?? [];
  }
}

/** InputError E_FORMAT when a table is not among the files. */
export function needs(tables: ReadonlyMap<TableName | undefined, string[]>, name: TableName, file: string): string[] {
  const files = tables.get(name);
  if (files !== undefined) return files;
  throw new InputError('E_FORMAT', `${name} is missing`, { file }, 'tables are recognised by their columns');
}
