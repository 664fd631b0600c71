import { emptyReport, FOREVER_US, type JobRecord, type JobSource } from '../../model/job.js';
import type { TraceContext } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { IssueLog } from '../bytes/issues.js';
import { MAX_AMOUNT, MAX_SECONDS, Rows } from '../rows.js';
import { sortedJobs } from '../sorted-jobs.js';
import { CONTAINER_META } from './layouts.js';

const CONTAINER = 0;
const TIME = 2;
const GROUP = 3;
const STATUS = 4;
const CPU_REQUEST = 5;
const MEMORY = 7;

interface Container {
  readonly id: string;
  readonly group: string;
  startS: number;
  /** When it was last seen to stop, -1 = never. */
  stopS: number;
  readonly cpusMilli: number;
  readonly memMilliMib: number;
}

/**
 * container_meta: long-running containers, several rows each. One becomes a job of one task that begins with its first row and goes on
 * for ever, unless a later row says `stopped`. Its user is the application group; time 0 stands for before the trace.
 */
export function openContainers(files: readonly string[], context: TraceContext): JobSource {
  const report = emptyReport('alibaba-2018', [...files]);
  const issues = new IssueLog(report, context);
  const rows = new Rows(files, CONTAINER_META, report, issues);
  const memo = new AmountsMemo(context.resources);
  let jobs: IterableIterator<Container> | undefined;
  const read = (): JobRecord | null => {
    if (jobs === undefined) {
      jobs = containersOf(rows, context).values();
      issues.flush();
    }
    const container = jobs.next();
    if (container.done === true) return null;
    report.jobCount++;
    report.taskCount++;
    report.rowsKept++;
    return toJob(container.value, memo);
  };
  return sortedJobs(report, read, () => rows.close());
}

function containersOf(rows: Rows, { options }: TraceContext): Map<string, Container> {
  const containers = new Map<string, Container>();
  while (rows.next()) {
    const timeS = rows.number(TIME);
    const percent = rows.number(MEMORY);
    const cpu = rows.number(CPU_REQUEST);
    if (rows.isEmpty(CONTAINER)) rows.skip(CONTAINER, 'E_ALIBABA_VALUE', 'must not be empty');
    else if (!(timeS >= 0 && timeS <= MAX_SECONDS)) rows.skip(TIME, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
    else if (!(cpu >= 0 && cpu <= MAX_AMOUNT))
      rows.skip(CPU_REQUEST, 'E_ALIBABA_VALUE', 'must be a number of at least 0', '100 = 1 core');
    else if (!(percent >= 0 && percent <= 100)) rows.skip(MEMORY, 'E_ALIBABA_VALUE', 'must be a number from 0 to 100');
    else note(containers, rows, timeS, cpu * 10, percent * Number(options['machineMemGib']) * 10240);
  }
  return containers;
}

/** The first row of a container makes it; later ones say when it stopped, or that it runs again. */
function note(
  containers: Map<string, Container>,
  rows: Rows,
  timeS: number,
  cpusMilli: number,
  memMilliMib: number,
): void {
  const id = rows.text(CONTAINER);
  const isStopped = rows.repeated(STATUS) === 'stopped';
  const known = containers.get(id);
  if (known !== undefined) {
    known.startS = Math.min(known.startS, timeS);
    if (isStopped) known.stopS = Math.max(known.stopS, timeS);
    else if (timeS > known.stopS) known.stopS = -1;
    rows.repair(CONTAINER, 'E_ALIBABA_EVENT', 'has another row: it is one container');
    return;
  }
  containers.set(id, {
    id,
    group: rows.repeated(GROUP),
    startS: timeS,
    stopS: isStopped ? timeS : -1,
    cpusMilli: Math.round(cpusMilli),
    memMilliMib: Math.round(memMilliMib),
  });
}

function toJob({ id, group, startS, stopS, cpusMilli, memMilliMib }: Container, memo: AmountsMemo): JobRecord {
  return {
    id,
    user: group,
    queue: '',
    class: 'container',
    submitUs: Math.round(startS * 1e6),
    priority: 1,
    deadlineUs: -1,
    after: [],
    groups: [
      {
        name: '',
        count: 1,
        gang: false,
        amounts: memo.of(cpusMilli, memMilliMib),
        durationUs: stopS < 0 ? FOREVER_US : Math.round((stopS - startS) * 1e6),
        estimateUs: -1,
        constraints: '',
        after: [],
        image: '',
        inputs: [],
        outputMilliMib: 0,
      },
    ],
  };
}
