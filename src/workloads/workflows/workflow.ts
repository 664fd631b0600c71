import type { JobRecord } from '../../model/job.js';
import type { AmountsMemo } from '../amounts-memo.js';
import type { RowPlace } from '../bytes/issues.js';
import { jobRecord, milliMibOfBytes, taskGroup } from '../records.js';

/** A task of a workflow as files tell it. */
export interface WorkflowTask {
  readonly id: string;
  readonly place: RowPlace;
  /** NaN = the file does not tell. */
  runS: number;
  readonly cpus: number;
  /** NaN = the file does not tell. */
  readonly memMib: number;
  /** Ids of the tasks that must end first, each once. */
  readonly parents: string[];
  readonly inputs: readonly string[];
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** A workflow as files tell it. */
export interface Workflow {
  readonly name: string;
  readonly tasks: WorkflowTask[];
  /** NaN = the file does not tell. */
  readonly makespanS: number;
  readonly fileCount: number;
  readonly machineCount: number;
}

/** The workflow as one job of a group per task. */
export function jobOf(
  { tasks }: Workflow,
  id: string,
  submitUs: number,
  memo: AmountsMemo,
  missingMemMib: number,
): JobRecord {
  const groups = tasks.map(({ id: name, runS, cpus, memMib, parents, inputs, inputBytes, outputBytes }) =>
    taskGroup({
      name,
      amounts: memo.of(Math.round(cpus * 1000), Math.round((Number.isNaN(memMib) ? missingMemMib : memMib) * 1000)),
      durationUs: Math.round(runS * 1e6),
      after: parents,
      inputs,
      inputMilliMib: milliMibOfBytes(inputBytes),
      outputMilliMib: milliMibOfBytes(outputBytes),
    }),
  );
  return jobRecord({ id, class: 'workflow', submitUs, groups });
}

/** Names of workflows made unique: the second of a name is `name~2`. */
export class UniqueNames {
  private readonly seen = new Map<string, number>();

  of(name: string): string {
    const count = (this.seen.get(name) ?? 0) + 1;
    this.seen.set(name, count);
    return count === 1 ? name : this.of(`${name}~${count}`);
  }
}
