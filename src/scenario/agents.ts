import { InputError } from '../core/errors.js';
import type { AgentRecord, SourceReport } from '../model/job.js';
import type { ResourceSpace } from '../model/resources.js';
import { parseMemoryMilliMib } from '../model/units.js';
import { prepareTrace } from '../workloads/index.js';
import { amountsIn } from './allocation.js';
import { filesAt } from './files.js';
import type { Scenario } from './load.js';
import type { ScenarioDocument } from './schema.js';

type AgentsDocument = ScenarioDocument['cluster']['agents'][number];

/** The agents of a scenario, in file order, and the reports of the traces they came from. */
export function expandAgents(
  scenario: Scenario,
  resources: ResourceSpace,
): { agents: AgentRecord[]; reports: SourceReport[] } {
  const agents: AgentRecord[] = [];
  const reports: SourceReport[] = [];
  for (const [index, entry] of scenario.document.cluster.agents.entries()) {
    if ('trace' in entry) {
      const files = filesAt(scenario, entry.trace, ['cluster', 'agents', index, 'trace']);
      const request = { format: entry.format ?? '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
      const { format, context } = prepareTrace(files, request, resources);
      if (format.readAgents === undefined)
        throw new InputError('E_FORMAT', `format ${format.name} has no agents`, { file: files[0] ?? '' });
      const read = format.readAgents(files, context);
      append(agents, read.agents.slice(0, entry.maxAgents ?? read.agents.length));
      reports.push(read.report);
    } else {
      append(agents, alike(entry, agents.length, resources));
    }
  }
  if (agents.length === 0) throw new InputError('E_NO_AGENTS', 'the cluster has no agents', { file: scenario.file });
  return { agents, reports };
}

/** One by one: a call takes some 120,000 arguments, and clusters are larger. */
function append(agents: AgentRecord[], more: readonly AgentRecord[]): void {
  for (const agent of more) agents.push(agent);
}

function alike(
  entry: Exclude<AgentsDocument, { trace: unknown }>,
  first: number,
  resources: ResourceSpace,
): AgentRecord[] {
  const amounts = resources.of({ cpus: entry.cpus, gpus: entry.gpus, ...entry.resources });
  amounts[1] = parseMemoryMilliMib(String(entry.mem), 'cluster.agents.mem');
  amounts[2] = parseMemoryMilliMib(String(entry.disk), 'cluster.agents.disk');
  const reserved = Object.entries(entry.reserved ?? {}).map(([stack, part]) => ({
    roles: stack.split('>').map((role) => role.trim()),
    amounts: amountsIn(part, resources, 'cluster.agents.reserved'),
  }));
  return Array.from({ length: entry.count }, (_, index) => {
    const number = first + index;
    const attributes: Record<string, string> = {};
    for (const [name, value] of Object.entries(entry.attributes ?? {}))
      attributes[name] = filled(String(value), number);
    return {
      id: entry.name === undefined ? `agent-${number}` : `${entry.name}-${index}`,
      amounts,
      attributes,
      reserved,
      domain: entry.domain,
    };
  });
}

/** `{i}` is the agent's number, `{i/16}` its whole quotient, `{i%16}` its remainder. */
function filled(template: string, number: number): string {
  return template.replace(
    /\{i(?:([/%])(\d+))?\}/g,
    (_whole, operator: string | undefined, operand: string | undefined) => {
      if (operator === undefined) return String(number);
      return String(operator === '/' ? Math.floor(number / Number(operand)) : number % Number(operand));
    },
  );
}
