import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';

/** A column of a small Parquet file: a type, or a list of it; values that are null make it optional. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: 'INT32' | 'INT64' | 'DOUBLE' | 'TEXT' | 'TIMESTAMP' | 'LIST';
  readonly data: readonly unknown[];
}

/** The bytes of a Parquet file of columns. */
export function parquetBytes(
  columns: readonly ParquetColumn[],
  codec: 'SNAPPY' | 'UNCOMPRESSED' = 'SNAPPY',
): Uint8Array {
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.flatMap(elementsOf)];
  const columnData = columns.map(({ name, data }) => ({ name, data: [...data] }));
  return new Uint8Array(parquetWriteBuffer({ schema, columnData, codec }));
}

function elementsOf({ name, type }: ParquetColumn): SchemaElement[] {
  if (type === 'TEXT') return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }];
  if (type === 'TIMESTAMP')
    return [{ name, type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'OPTIONAL' }];
  if (type !== 'LIST') return [{ name, type, repetition_type: 'OPTIONAL' }];
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'item', type: 'INT64', repetition_type: 'OPTIONAL' },
  ];
}

/** Tasks of two workflows with ids beyond 2^53, as the Workflow Trace Archive has them. */
export const wtaTasks: readonly ParquetColumn[] = [
  { name: 'runtime', type: 'INT64', data: [5000n, 2500n, 1000n, 4000n, -1n] },
  { name: 'id', type: 'INT64', data: [2n ** 60n + 1n, 2n ** 60n + 2n, 3n, 4n, 5n] },
  { name: 'workflow_id', type: 'INT64', data: [9n, 9n, 9n, 10n, 10n] },
  { name: 'ts_submit', type: 'INT64', data: [1000n, 1500n, 1000n, 700n, 0n] },
  { name: 'parents', type: 'LIST', data: [[], [2n ** 60n + 1n], [], [], []] },
  { name: 'children', type: 'LIST', data: [[3n], [], [], [], []] },
  { name: 'resource_amount_requested', type: 'DOUBLE', data: [2, 1, -1, 1, 1] },
  { name: 'memory_requested', type: 'DOUBLE', data: [2048, -1, -1, 1024, 0] },
  { name: 'user_id', type: 'INT32', data: [7, 7, 7, -1, -1] },
];

/** Two tasks of an OpenDC workload, and what they used. */
export const opendcTasks: readonly ParquetColumn[] = [
  { name: 'id', type: 'INT32', data: [1, 2] },
  { name: 'submission_time', type: 'INT64', data: [1_700_000_005_000n, 1_700_000_000_000n] },
  { name: 'duration', type: 'INT64', data: [10_000n, 6000n] },
  { name: 'cpu_count', type: 'INT32', data: [4, 1] },
  { name: 'cpu_capacity', type: 'DOUBLE', data: [8000, 2000] },
  { name: 'mem_capacity', type: 'INT64', data: [2048n, 512n] },
  { name: 'parents', type: 'LIST', data: [[2n], []] },
];
export const opendcFragments: readonly ParquetColumn[] = [
  { name: 'id', type: 'INT32', data: [1, 2, 1, 1] },
  { name: 'duration', type: 'INT64', data: [4000n, 6000n, 3000n, 3000n] },
  { name: 'cpu_usage', type: 'DOUBLE', data: [4000, 2000, 8000, 8000] },
];

/** Failures of an OpenDC trace: at 0 s, 60 s and 90 s. */
export const opendcFailures: readonly ParquetColumn[] = [
  { name: 'failure_interval', type: 'INT64', data: [0n, 60_000n, 30_000n] },
  { name: 'failure_duration', type: 'INT64', data: [5000n, 10_000n, 20_000n] },
  { name: 'failure_intensity', type: 'DOUBLE', data: [1, 0.25, 0.01] },
];
