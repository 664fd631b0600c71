import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import type { RunData, TaskRow } from './run-data.js';

/** OpenDC states speeds in MHz; a CPU of ours is one core of this speed. */
const MHZ_PER_CPU = 1000;

interface Column<Row> {
  readonly element: SchemaElement;
  readonly of: (row: Row) => string | number | bigint | boolean | undefined;
}
interface Ran {
  readonly id: number;
  readonly task: TaskRow;
  readonly runMs: number;
}

function required<Row>(name: string, type: 'INT32' | 'INT64' | 'DOUBLE', of: Column<Row>['of']): Column<Row> {
  return { element: { name, type, repetition_type: 'REQUIRED' }, of };
}

const submission: SchemaElement = {
  name: 'submission_time',
  type: 'INT64',
  converted_type: 'TIMESTAMP_MILLIS',
  repetition_type: 'REQUIRED',
};
const text: SchemaElement = { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
const gpuCount: SchemaElement = { name: 'gpu_count', type: 'INT32', repetition_type: 'OPTIONAL' };
const deferrable: SchemaElement = { name: 'deferrable', type: 'BOOLEAN', repetition_type: 'OPTIONAL' };

/** Task schema V3 (atlarge-research/opendc opendc-trace-api formats/workload/parquet/TaskSchemas.kt). */
const TASKS: readonly Column<Ran>[] = [
  required('id', 'INT32', ({ id }) => id),
  { element: text, of: ({ task }) => task.id },
  { element: submission, of: ({ task }) => BigInt(Math.round(task.submitS * 1000)) },
  required('duration', 'INT64', ({ runMs }) => BigInt(runMs)),
  required('cpu_count', 'INT32', ({ task }) => Math.max(1, Math.ceil(task.cpus))),
  required('cpu_capacity', 'DOUBLE', ({ task }) => task.cpus * MHZ_PER_CPU),
  required('mem_capacity', 'INT64', ({ task }) => BigInt(Math.round(task.memMib))),
  { element: gpuCount, of: ({ task }) => (task.gpus > 0 ? Math.ceil(task.gpus) : undefined) },
  { element: deferrable, of: () => false },
];

/** One fragment per task: it uses what it has been given from start to end (FragmentSchemas.kt, the current one). */
const FRAGMENTS: readonly Column<Ran>[] = [
  required('id', 'INT32', ({ id }) => id),
  required('duration', 'INT64', ({ runMs }) => BigInt(runMs)),
  required('cpu_usage', 'DOUBLE', ({ task }) => task.cpus * MHZ_PER_CPU),
];

/** A workload of OpenDC from the tasks that finished, by their last attempt: what ran is what OpenDC is asked to run. */
export function opendc(run: RunData): Map<string, Uint8Array> {
  const rows = run.tasks
    .filter(({ state }) => state === 'finished')
    .map((task, id) => ({ id, task, runMs: Math.round((task.finishS - task.startS) * 1000) }));
  return new Map([
    ['tasks.parquet', parquetOf(TASKS, rows)],
    ['fragments.parquet', parquetOf(FRAGMENTS, rows)],
  ]);
}

function parquetOf(columns: readonly Column<Ran>[], rows: readonly Ran[]): Uint8Array {
  const root: SchemaElement = { name: 'root', num_children: columns.length };
  return new Uint8Array(
    parquetWriteBuffer({
      schema: [root, ...columns.map(({ element }) => element)],
      columnData: columns.map(({ element, of }) => ({ name: element.name, data: rows.map(of) })),
    }),
  );
}
