import type { FileSample } from '../../model/trace-format.js';
import { sampleOf } from '../bytes/sample.js';
import { looksLike, type TableLayout } from '../rows.js';

/** Tables of the trace, published without a header (AzurePublicDatasetV1.md). */
export const VM_TABLE: TableLayout = {
  columns: [
    ...['vmid', 'subscriptionid', 'deploymentid', 'vmcreated', 'vmdeleted', 'maxcpu', 'avgcpu', 'p95maxcpu'],
    ...['vmcategory', 'vmcorecount', 'vmmemory'],
  ],
  aliases: {
    'vm id': 'vmid',
    'subscription id': 'subscriptionid',
    'deployment id': 'deploymentid',
    'timestamp vm created': 'vmcreated',
    'timestamp vm deleted': 'vmdeleted',
    'max cpu': 'maxcpu',
    'avg cpu': 'avgcpu',
    'p95 max cpu': 'p95maxcpu',
    'vm category': 'vmcategory',
    'vm virtual core count': 'vmcorecount',
    'vm memory': 'vmmemory',
  },
  numeric: ['vmcreated', 'vmdeleted', 'vmcorecount', 'vmmemory'],
};

export const READINGS: TableLayout = {
  columns: ['timestamp', 'vmid', 'mincpu', 'maxcpu', 'avgcpu'],
  aliases: { 'vm id': 'vmid', 'min cpu': 'mincpu', 'max cpu': 'maxcpu', 'avg cpu': 'avgcpu' },
  numeric: ['timestamp', 'mincpu', 'maxcpu', 'avgcpu'],
};

export type TableName = 'vmtable' | 'vm_cpu_readings';

/** Encrypted ids are base64 of 48 bytes or more. */
const LAYOUTS: readonly (readonly [TableName, TableLayout, RegExp])[] = [
  ['vmtable', VM_TABLE, /^[\w+/=]{16,},[\w+/=]*,[\w+/=]*,[\d.]+,[\d.]+,/],
  ['vm_cpu_readings', READINGS, /^\d+,[\w+/=]{16,},[\d.]+,[\d.]+,[\d.]+\s*$/m],
];

/** Which table a file is, and how sure that is. */
export function tableOf(sample: FileSample): { readonly name: TableName; readonly score: number } | undefined {
  const text = new TextDecoder()
    .decode(sample.head.subarray(0, 4096))
    .replace(/^\uFEFF/, '')
    .trimStart();
  const line = text.split(/\r?\n/)[0] ?? '';
  for (const [name, layout, row] of LAYOUTS) {
    const found = looksLike(sample.head, layout);
    if (found === 'header') return { name, score: 1 };
    if (found === 'rows' && (row.test(line) || sample.name.startsWith(name))) return { name, score: 0.95 };
  }
  return undefined;
}

/** The files of each table. */
export function byTable(files: readonly string[]): Map<TableName | undefined, string[]> {
  const tables = new Map<TableName | undefined, string[]>();
  for (const file of files) {
    const table = tableOf(sampleOf(file))?.name;
    const list = tables.get(table);
    if (list === undefined) tables.set(table, [file]);
    else list.push(file);
  }
  return tables;
}
