import { InputError } from '../core/errors.js';
import { type AgentRecord, emptyReport, type SourceReport } from '../model/job.js';
import { CPUS, MEM } from '../model/resources.js';
import type { TraceContext } from '../model/trace-format.js';
import { LineReader } from './bytes/line-reader.js';

export const SEMICOLON = 59;

/** `; MaxProcs: 128`: keys may repeat; the first value of each is kept. */
export function noteHeader(line: string, notes: Map<string, string>): void {
  const match = /^;\s*([A-Za-z]+):\s*(.*)$/.exec(line);
  if (match !== null && !notes.has(match[1] as string)) notes.set(match[1] as string, (match[2] as string).trim());
}

/**
 * The machine that the header tells of: MaxNodes agents that share the MaxProcs processors evenly, else MaxProcs agents of one processor.
 * MaxMemory is kB per node. Several logs are one machine that ran on: the first header counts.
 */
export function readSwfMachines(
  files: readonly string[],
  context: TraceContext,
): { agents: AgentRecord[]; report: SourceReport } {
  const file = files[0] ?? '';
  const report = emptyReport('swf', [...files]);
  const reader = new LineReader(file);
  while (reader.nextLine() && (reader.firstByte === SEMICOLON || reader.isBlank))
    noteHeader(reader.lineText(), report.notes);
  reader.close();
  const value = (key: string): number => Number.parseInt(report.notes.get(key) ?? '', 10);
  const procs = value('MaxProcs') > 0 ? value('MaxProcs') : value('MaxNodes');
  if (!(procs > 0 && procs <= MOST_PROCS))
    throw new InputError('E_SWF_SIZE', 'the header tells no size of the machine (MaxProcs, MaxNodes)', {
      file,
      line: 1,
    });
  const nodes = value('MaxNodes') > 0 && procs % value('MaxNodes') === 0 ? value('MaxNodes') : procs;
  const amounts = context.resources.zero();
  amounts[CPUS] = (procs / nodes) * 1000;
  const kilobytes = value('MaxMemory');
  amounts[MEM] = kilobytes > 0 ? Math.round((kilobytes / 1024) * 1000) : 0;
  const agents = Array.from({ length: nodes }, (_, node) => ({ id: `node-${node}`, amounts, attributes: {} }));
  return { agents, report };
}

/** More processors than any machine of the archive has, by far. */
const MOST_PROCS = 10_000_000;
