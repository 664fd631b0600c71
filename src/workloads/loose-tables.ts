import { emptyReport, type SourceReport } from '../model/job.js';
import type { TraceContext } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { JsonObjects } from './bytes/json-objects.js';
import { LineReader } from './bytes/line-reader.js';
import { sampleOf } from './bytes/sample.js';

/**
 * The form of tables that are of use only beside others (uses, constraints, job events …): rows must have as many fields as the first one,
 * closed quotes and plain text, objects must be whole. What stands in them is checked where they are read beside the others.
 */
export function looseTables(format: string, files: readonly string[], context: TraceContext): SourceReport {
  const report = emptyReport(format, [...files]);
  const issues = new IssueLog(report, context);
  for (const file of files) {
    const isJson = /^\uFEFF?\s*(\[\s*)?\{/.test(new TextDecoder().decode(sampleOf(file).head.subarray(0, 256)));
    if (isJson) checkObjects(file, report, issues);
    else checkRows(file, report, issues);
  }
  issues.flush();
  return report;
}

function checkRows(file: string, report: SourceReport, issues: IssueLog): void {
  const reader = new LineReader(file);
  let wanted = 0;
  try {
    while (reader.nextLine()) {
      if (reader.isBlank) continue;
      report.rowsRead++;
      const count = reader.split();
      if (wanted === 0) wanted = count;
      if (count < 0) issues.skip(reader, 1, 'E_QUOTE', 'a quote is not closed');
      else if (!reader.isText) issues.skip(reader, 1, 'E_TEXT', 'the row has NUL bytes or is not UTF-8');
      else if (count !== wanted) {
        const rule = `a row must have as many fields as the first one, ${wanted}, got ${count}`;
        issues.skip(reader, Math.min(count, wanted) + 1, 'E_FIELDS', rule);
      } else report.rowsKept++;
    }
  } finally {
    reader.close();
  }
}

function checkObjects(file: string, report: SourceReport, issues: IssueLog): void {
  const objects = new JsonObjects(file);
  try {
    for (let row = objects.next(); row !== null; row = objects.next()) {
      report.rowsRead++;
      if ('fault' in row) issues.skip(objects, 0, 'E_TEXT', row.fault);
      else report.rowsKept++;
    }
  } finally {
    objects.close();
  }
}
