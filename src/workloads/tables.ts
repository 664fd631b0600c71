import { InputError } from '../core/errors.js';
import type { FileSample } from '../model/trace-format.js';
import { sampleOf } from './bytes/sample.js';
import { looksLike, type TableLayout } from './rows.js';

/** A table of a trace: its name, its columns, and what a row of it looks like where no header tells. */
export type KnownTable<Name extends string> = readonly [name: Name, layout: TableLayout, row: RegExp];

/** Which table a file is, and how sure that is: by its header, else by the form of its first row or the name of the file. */
export function knownTable<Name extends string>(
  sample: FileSample,
  tables: readonly KnownTable<Name>[],
  rowScore: number,
): { readonly name: Name; readonly score: number } | undefined {
  const text = new TextDecoder()
    .decode(sample.head.subarray(0, 16384))
    .replace(/^\uFEFF/, '')
    .trimStart();
  for (const [name, layout, row] of tables) {
    const found = looksLike(sample.head, layout);
    if (found === 'header') return { name, score: 1 };
    if (found === 'rows' && row.test(text)) return { name, score: rowScore };
  }
  return undefined;
}

/** The files of each table. InputError E_FORMAT for a file that is none of them, beside others that are: it would be left out unseen. */
export function filesByTable<Name>(
  files: readonly string[],
  tableOf: (sample: FileSample) => Name | undefined,
): Map<Name | undefined, string[]> {
  const tables = new Map<Name | undefined, string[]>();
  for (const file of files) {
    const table = tableOf(sampleOf(file));
    const list = tables.get(table);
    if (list === undefined) tables.set(table, [file]);
    else list.push(file);
  }
  const [stranger] = tables.size > 1 ? (tables.get(undefined) ?? []) : [];
  if (stranger !== undefined)
    throw new InputError(
      'E_FORMAT',
      'the file is no table of the same trace as the others',
      { file: stranger, line: 1 },
      'leave it out, or look whether it begins as it should',
    );
  return tables;
}
