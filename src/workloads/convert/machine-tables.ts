import { join } from 'node:path';
import { emptyReport, type MachineEvent } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { WholeFile } from '../bytes/whole-file.js';
import { heldBy } from '../inspect.js';
import { type AgentRow, agentRows } from '../native-machines.js';
import { escapeList, guardedCell } from '../native-text.js';
import { decimal } from './native-columns.js';

/** Machines in the native tables: `agents.csv`, and `machine-events.csv` where any come, go or change. */
export class MachineTables {
  agents = 0;
  events = 0;
  private readonly files: WholeFile[] = [];

  constructor(
    private readonly folder: string,
    private readonly format: TraceFormat,
    private readonly context: TraceContext,
  ) {}

  /** Reads the machines of the files; nothing stands in its place before `finish`. */
  read(files: readonly string[]): void {
    const { format, context } = this;
    const amounts = context.resources.columns();
    if (heldBy(format, files) === 'agents') {
      const agents = this.table('agents.csv', ['agent_id', 'count', ...amounts, 'attributes']);
      for (const { id, count, ...row } of rowsOf(format, files, context)) {
        agents.write(`${[guardedCell(id), count, ...cells(row)].join(',')}\n`);
        this.agents += count;
      }
    }
    const eventFiles = filesOfEvents(format, files);
    const source = eventFiles.length === 0 ? undefined : format.openMachineEvents?.(eventFiles, context);
    if (source === undefined) return;
    let table: WholeFile | undefined;
    try {
      for (let event = source.next(); event !== null; event = source.next()) {
        table ??= this.table('machine-events.csv', ['time_s', 'agent_id', 'event', ...amounts, 'attributes']);
        const { timeUs, agent, event: kind } = event;
        table.write(`${[decimal(timeUs, 6), guardedCell(agent), kind, ...cells(event, amounts.length)].join(',')}\n`);
        this.events++;
      }
    } finally {
      source.close();
    }
  }

  private table(name: string, columns: readonly string[]): WholeFile {
    const file = new WholeFile(join(this.folder, name));
    this.files.push(file);
    file.write(`${columns.join(',')}\n`);
    return file;
  }

  finish(): string[] {
    for (const file of this.files) file.commit();
    return this.files.map(({ path }) => path);
  }

  abandon(): void {
    for (const file of this.files) file.abandon();
  }
}

/** Files that tell what happens to machines: where they are not tables of their own, those that tell of the machines. */
function filesOfEvents(format: TraceFormat, files: readonly string[]): readonly string[] {
  const own = files.filter((file) => heldBy(format, [file]) === 'events');
  return own.length > 0 || format.name === 'native' ? own : files;
}

/** Native rows stand for several agents; of other formats each agent has its own. */
function* rowsOf(format: TraceFormat, files: readonly string[], context: TraceContext): Generator<AgentRow> {
  if (format.name === 'native') yield* agentRows(files, context, emptyReport('native', [...files]));
  else
    for (const { id, amounts, attributes } of format.readAgents?.(files, context).agents ?? [])
      yield { id, count: 1, amounts, attributes };
}

/** Amounts and attributes; amounts that are not told are empty cells. */
function cells({ amounts, attributes }: Pick<MachineEvent, 'amounts' | 'attributes'>, count = 0): string[] {
  const told = amounts === undefined ? new Array<string>(count).fill('') : [...amounts].map((one) => decimal(one, 3));
  const parts = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  return [...told, guardedCell(escapeList(parts))];
}

/** The files that hold machines, by themselves, beside files that hold jobs. */
export function machineFiles(format: TraceFormat, files: readonly string[]): readonly string[] {
  const others = files.filter((file) => heldBy(format, [file]) !== 'jobs');
  if (others.length === 0) return [];
  const held = heldBy(format, others);
  return held === 'agents' || held === 'events' ? others : [];
}
