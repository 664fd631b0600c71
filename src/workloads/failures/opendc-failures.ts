import { Adder } from 'd3-array';
import { emptyReport } from '../../model/job.js';
import type { Failure, FailureSource, TraceContext, TraceFormat } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { ParquetRows, parquetColumns } from '../parquet/parquet-rows.js';

const COLUMNS = ['failure_interval', 'failure_duration', 'failure_intensity'];
const MAX_MS = 4.5e12;

/** OpenDC: each failure comes an interval after the one before, lasts a while, and takes a share of the hosts. */
function open(files: readonly string[], context: TraceContext): FailureSource {
  const report = emptyReport('opendc-failures', [...files]);
  const issues = new IssueLog(report, context);
  let file = 0;
  let rows = new ParquetRows(files[0] as string, COLUMNS);
  let timeMs = 0;
  const next = (): Failure | null => {
    for (;;) {
      while (rows.next()) {
        report.rowsRead++;
        const intervalMs = rows.number('failure_interval');
        const durationMs = rows.number('failure_duration');
        const share = rows.number('failure_intensity');
        const isTime = intervalMs >= 0 && durationMs >= 0 && timeMs + intervalMs + durationMs <= MAX_MS;
        // An interval counts even if its failure cannot be used: those that follow keep their times.
        if (intervalMs >= 0 && timeMs + intervalMs <= MAX_MS) timeMs += intervalMs;
        if (!isTime || !(share > 0 && share <= 1)) {
          const rule = `an interval and a duration of at least 0 ms and an intensity above 0 up to 1 are needed, got ${intervalMs}, ${durationMs} and ${share}`;
          issues.skip(rows, 1, 'E_FAILURE_VALUE', rule);
          continue;
        }
        report.rowsKept++;
        return {
          timeUs: Math.round(timeMs * 1000),
          durationUs: Math.round(durationMs * 1000),
          agent: '',
          share,
          cause: '',
        };
      }
      if (++file >= files.length) {
        issues.flush();
        return null;
      }
      rows = new ParquetRows(files[file] as string, COLUMNS);
    }
  };
  return { report, next, close: () => rows.close() };
}

function facts(files: readonly string[]): Record<string, unknown> {
  const counts = { rows: 0, intervalMs: 0, durationMs: 0 };
  const intensity = new Adder();
  for (const file of files) {
    const rows = new ParquetRows(file, COLUMNS);
    while (rows.next()) {
      counts.rows++;
      counts.intervalMs += rows.number('failure_interval') || 0;
      counts.durationMs += rows.number('failure_duration') || 0;
      intensity.add(rows.number('failure_intensity') || 0);
    }
  }
  return {
    ...counts,
    meanDurationMin: counts.durationMs / counts.rows / 60e3,
    meanIntensity: intensity.valueOf() / counts.rows,
  };
}

export const opendcFailures: TraceFormat = {
  name: 'opendc-failures',
  summary: 'failure traces of OpenDC in Parquet: interval, duration, share of hosts',
  source: 'atlarge-research/opendc, opendc-trace-api formats/failure/parquet FailureSchemas.kt',
  options: {},
  detect: (sample) => {
    const columns = parquetColumns(sample);
    return columns !== undefined && COLUMNS.every((name) => columns.includes(name)) ? 1 : 0;
  },
  holds: () => 'failures',
  facts,
  openFailures: open,
};
