import type { FileSample } from '../../model/trace-format.js';
import type { TableLayout } from '../rows.js';
import { filesByTable, type KnownTable, knownTable } from '../tables.js';

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
const LAYOUTS: readonly KnownTable<TableName>[] = [
  ['vmtable', VM_TABLE, /^[\w+/=]{16,},[\w+/=]*,[\w+/=]*,[\d.]+,[\d.]+,/],
  ['vm_cpu_readings', READINGS, /^\d+,[\w+/=]{16,},[\d.]+,[\d.]+,[\d.]+\s*$/m],
];

/** Which table a file is, and how sure that is. */
export function tableOf(sample: FileSample): { readonly name: TableName; readonly score: number } | undefined {
  return knownTable(sample, LAYOUTS, 0.95);
}

/** The files of each table. */
export function byTable(files: readonly string[]): Map<TableName | undefined, string[]> {
  return filesByTable(files, (sample) => tableOf(sample)?.name);
}
