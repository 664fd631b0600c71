import { emptyReport, type MachineEvent } from '../../model/job.js';
import { CPUS, MEM } from '../../model/resources.js';
import type { TraceContext } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { agentsAt, eventsAfter, inTimeOrder, type MachineList } from '../machine-list.js';
import { MAX_AMOUNT, MAX_SECONDS, Rows } from '../rows.js';
import { MACHINE_META } from './layouts.js';

const MACHINE = 0;
const TIME = 1;
const DOMAIN_1 = 2;
const DOMAIN_2 = 3;
const CPU = 4;
const MEMORY = 5;
const STATUS = 6;

/** machine_meta: rows in order of time; a status other than USING takes the machine away. */
function readEvents(files: readonly string[], context: TraceContext): MachineList {
  const report = emptyReport('alibaba-2018', [...files]);
  const issues = new IssueLog(report, context);
  const rows = new Rows(files, MACHINE_META, report, issues);
  const events: MachineEvent[] = [];
  const perPercent = Number(context.options['machineMemGib']) * 10240;
  while (rows.next()) {
    const timeS = rows.number(TIME);
    const cpus = rows.number(CPU);
    const percent = rows.number(MEMORY);
    if (rows.isEmpty(MACHINE)) rows.skip(MACHINE, 'E_ALIBABA_VALUE', 'must not be empty');
    else if (!(timeS >= 0 && timeS <= MAX_SECONDS)) rows.skip(TIME, 'E_ALIBABA_VALUE', 'must be seconds of at least 0');
    else if (!(cpus >= 0 && cpus <= MAX_AMOUNT)) rows.skip(CPU, 'E_ALIBABA_VALUE', 'must be a number of at least 0');
    else if (!(percent >= 0 && percent <= 100)) rows.skip(MEMORY, 'E_ALIBABA_VALUE', 'must be a number from 0 to 100');
    else {
      report.rowsKept++;
      const isUp = rows.repeated(STATUS) === 'USING';
      const amounts = context.resources.zero();
      amounts[CPUS] = Math.round(cpus * 1000);
      amounts[MEM] = Math.round(percent * perPercent);
      events.push({
        timeUs: Math.round(timeS * 1e6),
        agent: rows.text(MACHINE),
        event: isUp ? 'add' : 'remove',
        amounts: isUp ? amounts : undefined,
        attributes: { failure_domain_1: rows.repeated(DOMAIN_1), failure_domain_2: rows.repeated(DOMAIN_2) },
      });
    }
  }
  issues.flush();
  return { events: inTimeOrder(events), report };
}

/** Time of the machines that are there from the start: the earliest of the file. */
function startOf({ events }: MachineList): number {
  return events[0]?.timeUs ?? 0;
}

/** Machines that are in use at the first time of the file. */
export function readMachines(files: readonly string[], context: TraceContext) {
  const list = readEvents(files, context);
  return agentsAt(list, startOf(list));
}

/** What happens to machines later: come, go, change. */
export function openMachineEvents(files: readonly string[], context: TraceContext) {
  const list = readEvents(files, context);
  return eventsAfter(list, startOf(list));
}
