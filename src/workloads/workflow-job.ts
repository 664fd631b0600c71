import type { JobRecord, TaskGroup } from '../model/job.js';
import type { IssueLog } from './bytes/issues.js';
import { jobRecord } from './records.js';

/** A task of a workflow with a submit time of its own. */
export interface WorkflowRow {
  readonly submitUs: number;
  readonly group: TaskGroup;
}

/**
 * A workflow as one job, submitted with the first of its tasks: a task is ready when those that it waits for have ended. One that
 * waits for nothing and was submitted later than the workflow is ready with it all the same, and counted.
 */
export function workflowJob(
  id: string,
  rows: readonly WorkflowRow[],
  path: string,
  issues: IssueLog,
  more: Partial<JobRecord> = {},
): JobRecord {
  let submitUs = Number.POSITIVE_INFINITY;
  for (const row of rows) if (row.submitUs < submitUs) submitUs = row.submitUs;
  for (const { submitUs: ownUs, group } of rows) {
    if (group.after.length > 0 || ownUs === submitUs) continue;
    const lateS = (ownUs - submitUs) / 1e6;
    const rule = `task "${group.name}" of workflow "${id}" waits for no other and came ${lateS} s after the first: it is ready with it`;
    issues.repair({ path, line: 0 }, 0, 'E_WORKFLOW_LATE', rule);
  }
  return jobRecord({ id, class: 'workflow', submitUs, groups: rows.map(({ group }) => group), ...more });
}
