import { FOREVER_US, type JobRecord, type TaskGroup, type UsageStep } from '../../model/job.js';
import { escapeList } from '../native-text.js';

/** How a value is written: text, whole number, truth, or a number over a power of ten (µs as seconds, thousandths). */
export type ColumnKind = 'text' | 'count' | 'number' | 'truth' | 'seconds' | 'milli';

/** A column of the native tables. */
export interface NativeColumn<Row> {
  readonly name: string;
  readonly kind: ColumnKind;
  /** undefined = an empty cell. */
  readonly of: (row: Row) => string | number | boolean | undefined;
}

/** A task group and the job that it is of. */
export interface TaskRow {
  readonly job: JobRecord;
  readonly group: TaskGroup;
}

/** workload-jobs.csv (DESIGN §7). */
export const jobColumns: readonly NativeColumn<JobRecord>[] = [
  { name: 'job_id', kind: 'text', of: (job) => job.id },
  { name: 'user', kind: 'text', of: (job) => job.user },
  { name: 'queue', kind: 'text', of: (job) => job.queue },
  { name: 'class', kind: 'text', of: (job) => job.class },
  { name: 'submit_s', kind: 'seconds', of: (job) => job.submitUs },
  { name: 'priority', kind: 'number', of: (job) => job.priority },
  { name: 'deadline_s', kind: 'seconds', of: (job) => (job.deadlineUs < 0 ? undefined : job.deadlineUs) },
  { name: 'after', kind: 'text', of: (job) => job.after.map(dependencyText).join(';') },
];

/** workload-tasks.csv with the columns of the resources. */
export function taskColumns(resources: readonly string[]): NativeColumn<TaskRow>[] {
  const amounts = resources.map(
    (name, row): NativeColumn<TaskRow> => ({ name, kind: 'milli', of: ({ group }) => group.amounts[row] as number }),
  );
  return [
    { name: 'job_id', kind: 'text', of: ({ job }) => job.id },
    { name: 'task', kind: 'text', of: ({ group }) => group.name },
    { name: 'count', kind: 'count', of: ({ group }) => group.count },
    { name: 'gang', kind: 'truth', of: ({ group }) => group.gang },
    ...amounts.slice(0, 4),
    { name: 'duration_s', kind: 'seconds', of: ({ group }) => group.durationUs },
    { name: 'estimate_s', kind: 'seconds', of: ({ group }) => (group.estimateUs < 0 ? undefined : group.estimateUs) },
    { name: 'constraints', kind: 'text', of: ({ group }) => group.constraints },
    { name: 'after', kind: 'text', of: ({ group }) => escapeList(group.after) },
    { name: 'image', kind: 'text', of: ({ group }) => group.image },
    { name: 'inputs', kind: 'text', of: ({ group }) => escapeList(group.inputs) },
    { name: 'output_mib', kind: 'milli', of: ({ group }) => group.outputMilliMib },
    { name: 'input_mib', kind: 'milli', of: ({ group }) => group.inputMilliMib },
    { name: 'exit', kind: 'text', of: ({ group }) => group.exit },
    ...amounts.slice(4),
  ];
}

/** A step of the use of a group's tasks. */
export interface UsageRow {
  readonly job: JobRecord;
  readonly group: TaskGroup;
  readonly step: UsageStep;
}

/** workload-usage.csv with the columns of the resources. */
export function usageColumns(resources: readonly string[]): NativeColumn<UsageRow>[] {
  return [
    { name: 'job_id', kind: 'text', of: ({ job }) => job.id },
    { name: 'task', kind: 'text', of: ({ group }) => group.name },
    { name: 'offset_s', kind: 'seconds', of: ({ step }) => step.offsetUs },
    ...resources.map(
      (name, row): NativeColumn<UsageRow> => ({ name, kind: 'milli', of: ({ step }) => step.amounts[row] as number }),
    ),
  ];
}

/** The rows of workload-usage.csv of a job. */
export function usageRows(job: JobRecord): UsageRow[] {
  return job.groups.flatMap((group) => (group.usage ?? []).map((step) => ({ job, group, step })));
}

/** `job`, or `job+seconds`; an id that itself ends like a delay says `+0`. */
function dependencyText({ job, delayUs }: { readonly job: string; readonly delayUs: number }): string {
  const id = escapeList([job]);
  if (delayUs > 0) return `${id}+${decimal(delayUs, 6)}`;
  return /\+[^+]*$/.test(job) ? `${id}+0` : id;
}

/** A whole number over a power of ten, exactly, without trailing zeros; `inf` for ever. */
export function decimal(value: number, places: number): string {
  if (value === FOREVER_US) return 'inf';
  const scale = 10 ** places;
  const whole = Math.floor(value / scale);
  const rest = value - whole * scale;
  if (rest === 0) return String(whole);
  return `${whole}.${String(rest).padStart(places, '0').replace(/0+$/, '')}`;
}
