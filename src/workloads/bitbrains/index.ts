import { basename } from 'node:path';
import type { JobRecord, JobSource, SourceReport, UsageStep } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import type { IssueLog } from '../bytes/issues.js';
import { bitbrainsFacts } from '../facts/bitbrains-facts.js';
import { fromZero } from '../from-zero.js';
import { jobRecord, madeJobs, taskGroup } from '../records.js';
import { looksLike, MAX_AMOUNT, Rows } from '../rows.js';
import { BITBRAINS, CORES, MEMORY, MEMORY_USED, PERCENT, secondsOf, TIME } from './layouts.js';

/** A sample counts until the next one; the last one for as long as the steps mostly are. */
const STEP_S = 300;

/** What is summed over an interval of a machine's life. */
interface Interval {
  readonly startS: number;
  cpusMilli: number;
  memMilliMib: number;
  count: number;
}

/**
 * Bitbrains (GWA-T-12): a file is a virtual machine, a job of one task from its first sample to its last, as large as it ever was
 * provisioned. What it really uses is averaged over intervals.
 */
function openJobs(files: readonly string[], context: TraceContext): JobSource {
  const memo = new AmountsMemo(context.resources);
  const source = madeJobs('bitbrains', files, context, function* (report, issues) {
    for (const file of files) {
      const job = readMachine(file, context, memo, report, issues);
      if (job !== undefined) yield job;
    }
  });
  return fromZero(source);
}

function readMachine(
  file: string,
  { options }: TraceContext,
  memo: AmountsMemo,
  report: SourceReport,
  issues: IssueLog,
): JobRecord | undefined {
  const intervalS = Math.max(1, Number(options['usageStep']) / 1e6);
  const rows = new Rows([file], BITBRAINS, report, issues);
  const intervals: Interval[] = [];
  let [firstS, lastS, cpusMilli, memMilliMib] = [-1, -1, 0, 0];
  try {
    while (rows.next()) {
      const sample = readSample(rows, lastS);
      if (sample === undefined) continue;
      if (firstS < 0) {
        firstS = sample.timeS;
        if (secondsOf(rows.number(TIME)) === rows.number(TIME))
          rows.repair(TIME, 'E_BITBRAINS_UNIT', 'is seconds, whatever the header says');
      }
      report.rowsKept++;
      lastS = sample.timeS;
      cpusMilli = Math.max(cpusMilli, sample.cpusMilli);
      memMilliMib = Math.max(memMilliMib, sample.memMilliMib);
      addTo(intervals, firstS + Math.floor((sample.timeS - firstS) / intervalS) * intervalS, sample);
    }
  } finally {
    rows.close();
  }
  if (firstS < 0) return undefined;
  const usage = intervals.map(
    ({ startS, count, ...sum }): UsageStep => ({
      offsetUs: Math.round((startS - firstS) * 1e6),
      // Whole MiB, so that few amounts are kept.
      amounts: memo.of(Math.round(sum.cpusMilli / count), Math.round(sum.memMilliMib / count / 1000) * 1000),
    }),
  );
  return jobRecord({
    id: basename(file).replace(/(\.csv)?(\.gz|\.zst)?$/, ''),
    class: 'vm',
    submitUs: Math.round(firstS * 1e6),
    groups: [
      taskGroup({
        amounts: memo.of(cpusMilli, memMilliMib),
        durationUs: Math.round((lastS - firstS + STEP_S) * 1e6),
        usage,
      }),
    ],
  });
}

interface Sample {
  readonly timeS: number;
  readonly cpusMilli: number;
  readonly memMilliMib: number;
  readonly usedCpusMilli: number;
  readonly usedMemMilliMib: number;
}

function readSample(rows: Rows, lastS: number): Sample | undefined {
  for (const column of [TIME, CORES, PERCENT, MEMORY, MEMORY_USED])
    if (!(rows.number(column) >= 0 && rows.number(column) <= MAX_AMOUNT))
      return rows.skip(column, 'E_BITBRAINS_VALUE', 'must be a number of at least 0');
  const timeS = secondsOf(rows.number(TIME));
  if (timeS <= lastS) return rows.skip(TIME, 'E_BITBRAINS_ORDER', 'must ascend');
  const cores = rows.number(CORES);
  return {
    timeS,
    cpusMilli: Math.round(cores * 1000),
    memMilliMib: Math.round((rows.number(MEMORY) / 1024) * 1000),
    usedCpusMilli: cores * rows.number(PERCENT) * 10,
    usedMemMilliMib: (rows.number(MEMORY_USED) / 1024) * 1000,
  };
}

function addTo(intervals: Interval[], startS: number, { usedCpusMilli, usedMemMilliMib }: Sample): void {
  const last = intervals.at(-1);
  if (last === undefined || last.startS !== startS)
    intervals.push({ startS, cpusMilli: usedCpusMilli, memMilliMib: usedMemMilliMib, count: 1 });
  else {
    last.cpusMilli += usedCpusMilli;
    last.memMilliMib += usedMemMilliMib;
    last.count++;
  }
}

export const bitbrains: TraceFormat = {
  name: 'bitbrains',
  summary: 'Bitbrains (GWA-T-12): virtual machines with their provisioned sizes and real use, a file each',
  source: 'Shen, van Beek, Iosup, CCGrid 2015; Grid Workloads Archive GWA-T-12',
  options: {
    usageStep: {
      type: 'duration',
      default: '1 h',
      range: [1e6, 30 * 86400e6],
      help: 'samples are averaged over intervals of this length',
    },
  },
  detect: ({ head }) => (looksLike(head, BITBRAINS) === 'header' ? 1 : 0),
  facts: bitbrainsFacts,
  openJobs,
};
