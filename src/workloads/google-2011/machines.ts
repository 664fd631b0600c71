import { type AgentRecord, emptyReport, type MachineEvent, type SourceReport } from '../../model/job.js';
import { CPUS, DISK, MEM } from '../../model/resources.js';
import type { TraceContext } from '../../model/trace-format.js';
import { IssueLog } from '../bytes/issues.js';
import { LineReader } from '../bytes/line-reader.js';
import { runTimeUs } from '../google/task-book.js';
import { byTable, plainName } from './layouts.js';

const KINDS = ['add', 'remove', 'update'] as const;

type Attributes = Record<string, string>;

/** machine_events rows: time, machine, event (0 ADD, 1 REMOVE, 2 UPDATE), platform, CPUs, memory. */
function* machineRows(files: readonly string[], context: TraceContext, report: SourceReport): Generator<MachineEvent> {
  const issues = new IssueLog(report, context);
  const tables = byTable(files);
  const attributes = attributesOf(tables.get('machine_attributes') ?? [], report, issues);
  for (const file of tables.get('machine_events') ?? files) {
    const reader = new LineReader(file);
    try {
      while (reader.nextLine()) {
        if (reader.isBlank) continue;
        report.rowsRead++;
        const event = eventOf(reader, context, attributes, issues);
        if (event === undefined) continue;
        report.rowsKept++;
        yield event;
      }
    } finally {
      reader.close();
    }
  }
  issues.flush();
}

function eventOf(
  reader: LineReader,
  { resources, options }: TraceContext,
  attributes: ReadonlyMap<string, Attributes>,
  issues: IssueLog,
): MachineEvent | undefined {
  const count = reader.split();
  const kind = KINDS[reader.number(2)];
  if (!reader.isText) return void issues.skip(reader, 1, 'E_TEXT', 'the row has NUL bytes or is not UTF-8');
  if (count !== 6 || !(reader.number(0) >= 0) || reader.isEmpty(1) || kind === undefined) {
    const rule = 'a row must have 6 fields with a time, a machine and an event type of 0 to 2';
    return void issues.skip(reader, 1, 'E_GOOGLE_VALUE', rule);
  }
  const [cpus, mem] = [reader.number(4), reader.number(5)];
  if (kind !== 'remove' && !(cpus >= 0 && mem >= 0))
    return void issues.skip(reader, 5, 'E_GOOGLE_SIZE', 'the size of the machine is not known');
  const agent = reader.text(1);
  const amounts = resources.zero();
  amounts[CPUS] = Math.round(cpus * Number(options['machineCpus']) * 1000);
  amounts[MEM] = Math.round(mem * Number(options['machineMemGib']) * 1024 * 1000);
  amounts[DISK] = Math.round(Number(options['machineDiskGib']) * 1024 * 1000);
  return {
    timeUs: runTimeUs(reader.number(0)),
    agent,
    event: kind,
    amounts: kind === 'remove' ? undefined : amounts,
    attributes: { platform: plainName(reader.repeated(3)), ...attributes.get(agent) },
  };
}

/** machine_attributes, as they were before the trace: time, machine, name, value, deleted. */
function attributesOf(files: readonly string[], report: SourceReport, issues: IssueLog): Map<string, Attributes> {
  const machines = new Map<string, Attributes>();
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.isBlank) continue;
      report.rowsRead++;
      if (reader.split() < 5 || !(reader.number(0) >= 0) || reader.isEmpty(1) || reader.isEmpty(2)) {
        issues.skip(reader, 1, 'E_GOOGLE_VALUE', 'a row must have 5 fields with a time, a machine and a name');
        continue;
      }
      report.rowsKept++;
      if (runTimeUs(reader.number(0)) > 0) continue;
      const machine = reader.text(1);
      const known = machines.get(machine) ?? Object.create(null);
      known[plainName(reader.text(2))] = plainName(reader.text(3));
      machines.set(machine, known);
    }
    reader.close();
  }
  return machines;
}

/** Machines that are there before the trace begins. */
export function readAgents(
  files: readonly string[],
  context: TraceContext,
): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('google-2011', [...files]);
  const agents = new Map<string, AgentRecord>();
  for (const event of machineRows(files, context, report)) {
    if (event.timeUs > 0) continue;
    if (event.amounts === undefined) agents.delete(event.agent);
    else agents.set(event.agent, { id: event.agent, amounts: event.amounts, attributes: event.attributes });
  }
  return { agents: [...agents.values()], report };
}

export function openMachineEvents(files: readonly string[], context: TraceContext) {
  const report = emptyReport('google-2011', [...files]);
  const rows = machineRows(files, context, report);
  const next = (): MachineEvent | null => {
    for (;;) {
      const row = rows.next();
      if (row.done === true) return null;
      // What is there before the trace begins are the agents of the cluster.
      if (row.value.timeUs > 0) return row.value;
    }
  };
  return { report, next, close: () => void rows.return(undefined) };
}
