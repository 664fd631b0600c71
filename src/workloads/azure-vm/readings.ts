import type { SourceReport } from '../../model/job.js';
import type { IssueLog } from '../bytes/issues.js';
import { MAX_SECONDS, Rows } from '../rows.js';
import { READINGS } from './layouts.js';

/** Sum and count of the readings of one interval of a machine. */
interface Interval {
  readonly index: number;
  sum: number;
  count: number;
}

/** Mean use of CPUs (percent) per interval of time of each virtual machine, in order of time. */
export type UseOfVm = readonly { readonly startS: number; readonly percent: number }[];

/** vm_cpu_readings: a reading per machine every 300 s, in any order of the files; averaged over intervals, so that few are held. */
export function readReadings(
  files: readonly string[],
  intervalS: number,
  report: SourceReport,
  issues: IssueLog,
): (vm: string) => UseOfVm | undefined {
  const machines = new Map<string, Map<number, Interval>>();
  if (files.length === 0) return () => undefined;
  const rows = new Rows(files, READINGS, report, issues);
  while (rows.next()) {
    const timeS = rows.number(0);
    const percent = rows.number(4);
    if (!(timeS >= 0 && timeS <= MAX_SECONDS)) rows.skip(0, 'E_AZURE_VALUE', 'must be seconds of at least 0');
    else if (!(percent >= 0 && percent <= 100)) rows.skip(4, 'E_AZURE_VALUE', 'must be a percentage from 0 to 100');
    else {
      report.rowsKept++;
      add(machines, rows.repeated(1), Math.floor(timeS / intervalS), percent);
    }
  }
  return (vm) => {
    const intervals = machines.get(vm);
    if (intervals === undefined) return undefined;
    machines.delete(vm);
    return [...intervals.values()]
      .sort((a, b) => a.index - b.index)
      .map(({ index, sum, count }) => ({ startS: index * intervalS, percent: sum / count }));
  };
}

function add(machines: Map<string, Map<number, Interval>>, vm: string, index: number, percent: number): void {
  let intervals = machines.get(vm);
  if (intervals === undefined) {
    intervals = new Map();
    machines.set(vm, intervals);
  }
  const interval = intervals.get(index);
  if (interval === undefined) intervals.set(index, { index, sum: percent, count: 1 });
  else {
    interval.sum += percent;
    interval.count++;
  }
}
