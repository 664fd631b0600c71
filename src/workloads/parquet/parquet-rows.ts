import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { type FileMetaData, parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { readColumn } from 'hyparquet/src/column.js';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { getTreePath } from 'hyparquet/src/schema.js';
import { InputError } from '../../core/errors.js';

/** A row group is held as a whole: more than this is no trace of anyone's. */
const MAX_GROUP_BYTES = 1 << 30;
const MAX_GROUP_ROWS = 50_000_000;
const MAX_FOOTER_BYTES = 64 << 20;
const MAGIC = 'PAR1';

const COMPRESSORS = {
  GZIP: (input: Uint8Array, size: number) => gunzipSync(input, { maxOutputLength: Math.max(1, size) }),
  BROTLI: (input: Uint8Array, size: number) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, size) }),
  ZSTD: (input: Uint8Array, size: number) => decompress(input, new Uint8Array(size)),
};

/** Points in time are told in milliseconds, whatever the unit of the column. */
const PARSERS = {
  ...DEFAULT_PARSERS,
  timestampFromMilliseconds: (value: bigint) => Number(value),
  timestampFromMicroseconds: (value: bigint) => Number(value) / 1e3,
  timestampFromNanoseconds: (value: bigint) => Number(value) / 1e6,
  dateFromDays: (value: number) => value * 86_400_000,
};

/**
 * Rows of a Parquet file, read row group by row group and only the columns that are wanted. hyparquet's decoders are synchronous,
 * its reading of files is not: the loop pulls, so the bytes of each column are read here.
 */
export class ParquetRows {
  /** Names of the columns of the file. */
  readonly names: readonly string[];
  readonly rowCount: number;
  /** Row of the file, from 1. */
  line = 0;
  private readonly descriptor: number;
  private readonly metadata: FileMetaData;
  private readonly tree: SchemaTree;
  private columns = new Map<string, ArrayLike<unknown>>();
  private group = 0;
  private row = -1;
  private groupRows = 0;
  private isOpen = true;

  /** InputError E_FILE, E_PARQUET when the file cannot be read. */
  constructor(
    readonly path: string,
    private readonly wanted: readonly string[],
  ) {
    this.descriptor = opened(path);
    try {
      this.metadata = this.guarded(() => parquetMetadata(footerOf(this.descriptor), { geoparquet: false }));
      this.tree = this.guarded(() => parquetSchema(this.metadata));
    } catch (error) {
      this.close();
      throw error;
    }
    this.names = this.tree.children.map(({ element }) => element.name);
    this.rowCount = Number(this.metadata.num_rows);
  }

  /** What goes wrong inside the decoders is the file's fault. */
  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError('E_PARQUET', `the Parquet file is broken or cut off (${(error as Error).message})`, {
        file: this.path,
      });
    }
  }

  /** Moves to the next row; false after the last one. */
  next(): boolean {
    while (++this.row >= this.groupRows) {
      const group = this.metadata.row_groups[this.group++];
      if (group === undefined) {
        this.close();
        return false;
      }
      this.row = -1;
      this.groupRows = this.load(group);
    }
    this.line++;
    return true;
  }

  private load(group: FileMetaData['row_groups'][number]): number {
    const rows = Number(group.num_rows);
    if (Number(group.total_byte_size) > MAX_GROUP_BYTES || rows > MAX_GROUP_ROWS)
      throw new InputError('E_PARQUET', 'a row group is larger than 1 GiB or 50 million rows', { file: this.path });
    this.columns = new Map();
    for (const child of this.tree.children) {
      const { name } = child.element;
      if (!this.wanted.includes(name)) continue;
      const values = this.guarded(() => this.decode(group, child, rows));
      if (values.length < rows) {
        const rule = `the Parquet file is broken: column ${name} has ${values.length} values for ${rows} rows`;
        throw new InputError('E_PARQUET', rule, { file: this.path });
      }
      this.columns.set(name, values);
    }
    return rows;
  }

  private decode(group: FileMetaData['row_groups'][number], child: SchemaTree, rows: number): ArrayLike<unknown> {
    const parts = new Map<string, unknown[]>();
    for (const { meta_data: meta } of group.columns) {
      if (meta === undefined || meta.path_in_schema[0] !== child.element.name) continue;
      if (Number(meta.total_uncompressed_size) > MAX_GROUP_BYTES) throw new Error('a column is larger than 1 GiB');
      const schemaPath = getTreePath(this.tree, meta.path_in_schema);
      const element = (schemaPath.at(-1) as SchemaTree).element;
      const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
      const bytes = bytesAt(this.descriptor, start, Number(meta.total_compressed_size));
      const decoder = {
        ...meta,
        pathInSchema: meta.path_in_schema,
        element,
        schemaPath,
        parsers: PARSERS,
        compressors: COMPRESSORS,
        utf8: true,
      };
      const select = { groupStart: 0, selectStart: 0, selectEnd: rows, groupRows: rows };
      const { data } = readColumn({ view: new DataView(bytes), offset: 0 }, select, decoder);
      const flat: unknown[] = [];
      for (const chunk of data) for (let at = 0; at < chunk.length; at++) flat.push(chunk[at]);
      parts.set(meta.path_in_schema.join('.'), flat);
    }
    if (child.children.length > 0) assembleNested(parts, child, PARSERS);
    return parts.get(child.element.name) ?? [];
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  private value(name: string): unknown {
    return this.columns.get(name)?.[this.row];
  }

  /** A number, also out of a 64-bit integer or a timestamp in milliseconds; NaN when it is null, no number, or there is no such column. */
  number(name: string): number {
    return numberOf(this.value(name));
  }

  /** A text; whole numbers of 64 bits with all their digits, null as the empty text. */
  text(name: string): string {
    return textOf(this.value(name));
  }

  /** The items of a list as texts; empty for null. */
  list(name: string): string[] {
    const value = this.value(name);
    if (!isList(value)) return [];
    return Array.from(value, textOf).filter((text) => text !== '');
  }

  close(): void {
    if (this.isOpen) closeSync(this.descriptor);
    this.isOpen = false;
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^\s*[+-]?\d+(\.\d*)?\s*$/.test(value) ? Number(value) : Number.NaN;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function opened(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new InputError('E_FILE', `the file cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      file: path,
    });
  }
}

function bytesAt(descriptor: number, start: number, length: number): ArrayBuffer {
  if (!(start >= 0) || !(length >= 0) || start + length > fstatSync(descriptor).size)
    throw new Error('it points beyond its end');
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const count = readSync(descriptor, bytes, at, length - at, start + at);
    if (count === 0) throw new Error('it ends early');
    at += count;
  }
  return bytes.buffer;
}

/** The footer with what the reader of metadata needs around it: its length and the magic number at the end. */
function footerOf(descriptor: number): ArrayBuffer {
  const { size } = fstatSync(descriptor);
  if (size < 12) throw new Error('it is too short');
  const tail = new DataView(bytesAt(descriptor, size - 8, 8));
  if (String.fromCharCode(...new Uint8Array(tail.buffer, 4)) !== MAGIC)
    throw new Error(`it does not end with ${MAGIC}`);
  const length = tail.getUint32(0, true);
  if (length > MAX_FOOTER_BYTES || length + 8 > size) throw new Error('its footer is longer than the file');
  return bytesAt(descriptor, size - 8 - length, length + 8);
}

/** Columns of a file that looks like Parquet; undefined when it is none or is broken. */
export function parquetColumns({
  path,
  head,
}: {
  readonly path: string;
  readonly head: Uint8Array;
}): readonly string[] | undefined {
  if (head.length > 0 && String.fromCharCode(...head.subarray(0, 4)) !== MAGIC) return undefined;
  try {
    const rows = new ParquetRows(path, []);
    rows.close();
    return rows.names;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
