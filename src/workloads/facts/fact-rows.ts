import { emptyReport } from '../../model/job.js';
import { ResourceSpace } from '../../model/resources.js';
import { IssueLog } from '../bytes/issues.js';
import { Rows, type TableLayout } from '../rows.js';

/** Rows of a layout for facts: nothing is told, broken rows are left out. */
export function factRows(files: readonly string[], layout: TableLayout): Rows {
  const report = emptyReport('facts', [...files]);
  const context = { resources: new ResourceSpace(), options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  return new Rows(files, layout, report, new IssueLog(report, context));
}
