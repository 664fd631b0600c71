import { emptyReport, FOREVER_US, type JobSource, type MachineEvent } from '../../model/job.js';
import { CPUS, DISK, MEM } from '../../model/resources.js';
import type { TraceContext } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { agentsAt, eventsAfter, inTimeOrder } from '../machine-list.js';
import { jobRecord, madeJobs, taskGroup } from '../records.js';
import { MAX_AMOUNT, MAX_SECONDS, Rows } from '../rows.js';
import { CONTAINER_EVENT, SERVER_EVENT } from './layouts.js';

const TIME = 0;
const EVENT = 1;
const INSTANCE = 2;
const CONTAINER_AMOUNTS = [4, 5, 6];
const MACHINE = 1;
const MACHINE_EVENT = 2;
const MACHINE_AMOUNTS = [4, 5, 6];

interface Container {
  readonly id: string;
  startUs: number;
  stopUs: number;
  readonly amounts: Float64Array;
}

/** CPUs, and memory and disk as shares of the largest machine, from three columns; undefined = the row was skipped. */
function amountsOf(rows: Rows, columns: readonly number[], { options, resources }: TraceContext) {
  const amounts = resources.zero();
  const scales = [1000, Number(options['machineMemGib']) * 1024000, Number(options['machineDiskGib']) * 1024000];
  for (const [index, row] of [CPUS, MEM, DISK].entries()) {
    const column = columns[index] as number;
    const value = rows.isEmpty(column) ? 0 : rows.number(column);
    if (!(value >= 0 && value <= (index === 0 ? MAX_AMOUNT : 1))) {
      return rows.skip(column, 'E_ALIBABA_VALUE', index === 0 ? 'must be at least 0' : 'must be a number from 0 to 1');
    }
    amounts[row] = Math.round(value * (scales[index] as number));
  }
  return amounts;
}

/** container_event: a `Create` begins a task without an end, a later `Remove` of the same instance ends it. */
export function openContainers(files: readonly string[], context: TraceContext): JobSource {
  return madeJobs('alibaba-2017', files, context, function* (report, issues) {
    const rows = new Rows(files, CONTAINER_EVENT, report, issues);
    try {
      for (const { id, startUs, stopUs, amounts } of containersOf(rows, context).values()) {
        report.rowsKept++;
        const durationUs = stopUs < 0 ? FOREVER_US : Math.max(0, stopUs - startUs);
        const groups = [taskGroup({ amounts, durationUs })];
        yield jobRecord({ id, class: 'container', submitUs: startUs, priority: 1, groups });
      }
    } finally {
      rows.close();
    }
  });
}

function containersOf(rows: Rows, context: TraceContext): Map<string, Container> {
  const containers = new Map<string, Container>();
  while (rows.next()) {
    const timeS = rows.number(TIME);
    if (!(Math.abs(timeS) <= MAX_SECONDS)) rows.skip(TIME, 'E_ALIBABA_VALUE', 'must be seconds');
    else if (rows.isEmpty(INSTANCE)) rows.skip(INSTANCE, 'E_ALIBABA_VALUE', 'must not be empty');
    else note(containers, rows, Math.max(0, Math.round(timeS * 1e6)), context);
  }
  return containers;
}

function note(containers: Map<string, Container>, rows: Rows, timeUs: number, context: TraceContext): void {
  const id = rows.text(INSTANCE);
  const isRemoval = /^remove$/i.test(rows.repeated(EVENT));
  const known = containers.get(id);
  if (known !== undefined) {
    rows.repair(INSTANCE, 'E_ALIBABA_EVENT', 'has another row: it is one container');
    if (isRemoval) known.stopUs = Math.max(known.stopUs, timeUs);
    else known.startUs = Math.min(known.startUs, timeUs);
    return;
  }
  if (isRemoval) {
    rows.skip(INSTANCE, 'E_ALIBABA_PENDING', 'is removed, but was never created');
    return;
  }
  const amounts = amountsOf(rows, CONTAINER_AMOUNTS, context);
  if (amounts !== undefined) containers.set(id, { id, startUs: timeUs, stopUs: -1, amounts });
}

/** server_event: `add` brings a machine, `softerror` and `harderror` take it away (nothing new may be placed on it). */
function readEvents(files: readonly string[], context: TraceContext) {
  const report = emptyReport('alibaba-2017', [...files]);
  const issues = new IssueLog(report, context);
  const rows = new Rows(files, SERVER_EVENT, report, issues);
  const events: MachineEvent[] = [];
  while (rows.next()) {
    const timeS = rows.number(TIME);
    const event = rows.repeated(MACHINE_EVENT);
    if (!(Math.abs(timeS) <= MAX_SECONDS)) rows.skip(TIME, 'E_ALIBABA_VALUE', 'must be seconds');
    else if (rows.isEmpty(MACHINE)) rows.skip(MACHINE, 'E_ALIBABA_VALUE', 'must not be empty');
    else if (!/^(add|softerror|harderror)$/.test(event))
      rows.skip(MACHINE_EVENT, 'E_ALIBABA_VALUE', 'must be add, softerror or harderror');
    else {
      const isUp = event === 'add';
      const amounts = isUp ? amountsOf(rows, MACHINE_AMOUNTS, context) : undefined;
      if (isUp && amounts === undefined) continue;
      report.rowsKept++;
      const timeUs = Math.max(0, Math.round(timeS * 1e6));
      events.push({ timeUs, agent: rows.text(MACHINE), event: isUp ? 'add' : 'remove', amounts, attributes: {} });
    }
  }
  issues.flush();
  return { events: inTimeOrder(events), report };
}

/** Machines that were added before the trace: at time 0. */
export function readMachines(files: readonly string[], context: TraceContext) {
  return agentsAt(readEvents(files, context), 0);
}

/** What happens to machines later; a second error of a machine that is away already changes nothing. */
export function openMachineEvents(files: readonly string[], context: TraceContext) {
  return eventsAfter(readEvents(files, context), 0);
}
