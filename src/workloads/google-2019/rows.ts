import { InputError } from '../../core/errors.js';
import type { SourceReport } from '../../model/job.js';
import type { FileSample } from '../../model/trace-format.js';
import type { IssueLog, RowPlace } from '../bytes/issues.js';
import { JsonObjects } from '../bytes/json-objects.js';
import { sampleOf } from '../bytes/sample.js';
import { Table } from '../table.js';
import { filesByTable } from '../tables.js';

export type TableName = 'collection_events' | 'instance_events' | 'machine_events' | 'instance_usage';

/** A field of an export, those of records as `record.part`. */
export interface Field {
  /** Its place in the list of all fields. */
  readonly id: number;
  readonly name: string;
  readonly record: string;
  /** Empty for a field of no record. */
  readonly part: string;
}

const NAMES = [
  ...(['time', 'type', 'collection_id', 'scheduling_class', 'user', 'priority', 'collection_type'] as const),
  ...(['instance_index', 'resource_request.cpus', 'resource_request.memory', 'max_per_machine'] as const),
  ...(['start_after_collection_ids', 'start_time', 'end_time', 'average_usage.cpus', 'average_usage.memory'] as const),
  ...(['machine_id', 'capacity.cpus', 'capacity.memory', 'platform_id', 'switch_id'] as const),
] as const;

/** The fields that are asked for, by name. */
export const FIELD = Object.fromEntries(
  NAMES.map((name, id): [string, Field] => {
    const [record = '', part = ''] = name.split('.');
    return [name, { id, name, record, part }];
  }),
) as Readonly<Record<(typeof NAMES)[number], Field>>;

/** A row of an export, JSON or CSV. */
export interface ExportRow extends RowPlace {
  /** Empty when it is not told. */
  text(field: Field): string;
  /** NaN when it is not told or no number. */
  number(field: Field): number;
  /** A repeated field of whole numbers. */
  list(field: Field): string[];
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

/** Shows the rows of files one by one, JSON objects or CSV with a header; what cannot be read is skipped and counted. */
export function eachExportRow(
  files: readonly string[],
  report: SourceReport,
  issues: IssueLog,
  see: (row: ExportRow) => void,
): void {
  for (const file of files) {
    if (isJson(sampleOf(file).head)) eachJsonRow(file, report, issues, see);
    else eachCsvRow(file, report, issues, see);
  }
}

function eachJsonRow(file: string, report: SourceReport, issues: IssueLog, see: (row: ExportRow) => void): void {
  const objects = new JsonObjects(file);
  try {
    for (let row = objects.next(); row !== null; row = objects.next()) {
      report.rowsRead++;
      const place = { path: file, line: objects.line, column: objects.column };
      if ('fault' in row) issues.skip(place, 0, 'E_GOOGLE_VALUE', row.fault);
      else see(new JsonRow(place, row.value));
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

  private value({ name, record, part }: Field): unknown {
    if (part === '') return own(this.row, name) ?? (name === 'type' ? own(this.row, JOINED_TYPE) : undefined);
    const fields = own(this.row, record);
    return typeof fields === 'object' && fields !== null ? own(fields as Record<string, unknown>, part) : undefined;
  }

  text(field: Field): string {
    const value = this.value(field);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  number(field: Field): number {
    return plainNumber(this.text(field));
  }

  list(field: Field): string[] {
    const value = this.value(field);
    return Array.isArray(value) ? value.map(String) : [];
  }
}

function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function plainNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

function eachCsvRow(file: string, report: SourceReport, issues: IssueLog, see: (row: ExportRow) => void): void {
  const table = new Table(file, []);
  const row = new CsvRow(table);
  try {
    while (table.next()) {
      report.rowsRead++;
      if (table.isSound(issues)) see(row);
    }
  } finally {
    table.reader.close();
  }
}

/** Columns of records are called `record.part` or `record_part`, or the record is one cell of text, `{'cpus': 0.1, …}`. */
class CsvRow implements ExportRow {
  /** Column of each field, -1 = there is none. */
  private readonly columns: Int32Array;
  /** Columns of the records of which parts are in one cell. */
  private readonly records: Int32Array;

  constructor(private readonly table: Table) {
    this.columns = Int32Array.from(NAMES, (name) => {
      const other = name === 'type' ? JOINED_TYPE : name.replace('.', '_');
      return Math.max(table.column(name), table.column(other));
    });
    this.records = Int32Array.from(NAMES, (name) => table.column(FIELD[name].record));
  }

  get path(): string {
    return this.table.path;
  }

  get line(): number {
    return this.table.reader.line;
  }

  get column(): number {
    return 1;
  }

  text(field: Field): string {
    const column = this.columns[field.id] as number;
    return column >= 0 ? this.table.reader.repeated(column) : this.partOf(field);
  }

  private partOf({ id, part }: Field): string {
    const column = this.records[id] as number;
    if (part === '' || column < 0) return '';
    const text = this.table.reader.repeated(column);
    return new RegExp(`['"]?${part}['"]?\\s*[:=]\\s*([^,}\\s]+)`).exec(text)?.[1] ?? '';
  }

  number(field: Field): number {
    const column = this.columns[field.id] as number;
    return column >= 0 ? this.table.reader.number(column) : plainNumber(this.partOf(field));
  }

  list(field: Field): string[] {
    return this.text(field).match(/\d+/g) ?? [];
  }
}

/** InputError E_FORMAT when a table is not among the files. */
export function needs(tables: ReadonlyMap<TableName | undefined, string[]>, name: TableName, file: string): string[] {
  const files = tables.get(name);
  if (files !== undefined) return files;
  throw new InputError('E_FORMAT', `${name} is missing`, { file }, 'tables are recognised by their columns');
}
