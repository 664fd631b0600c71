import { InputError } from '../core/errors.js';
import { defineFault, type FaultAgent, type FaultContext } from '../model/fault.js';
import type { DistributionValue } from '../model/options.js';
import { RenewalFaults, timeSampler, type Unit } from './renewal.js';

function unitsOf(
  { agents, random }: FaultContext,
  {
    mtbf,
    repair,
    where,
    domain,
  }: { mtbf: DistributionValue; repair: DistributionValue; where: string; domain: string },
): Unit[] {
  const members = new Map<string, number[]>();
  for (const [row, agent] of agents.entries()) {
    if (!isAt(agent, where)) continue;
    const name = domain === '' ? agent.id : (agent.attributes[domain] ?? agent.id);
    const known = members.get(name);
    if (known === undefined) members.set(name, [row]);
    else known.push(row);
  }
  if (members.size === 0) throw new InputError('E_FAULT', `fault agent-failure: no agent has ${where}`);
  return [...members].map(([name, rows], row) => ({
    row,
    members: rows,
    upUs: timeSampler(mtbf, random(name), 'faults.mtbf'),
    downUs: timeSampler(repair, random(name), 'faults.repair'),
  }));
}

/** `attribute=value|value`, or `hostname=…`; empty = any agent. */
function isAt({ id, attributes }: FaultAgent, where: string): boolean {
  if (where === '') return true;
  const equals = where.indexOf('=');
  if (equals <= 0)
    throw new InputError('E_FAULT', `fault agent-failure: where must be attribute=value|value, got "${where}"`);
  const name = where.slice(0, equals).trim();
  const value = name === 'hostname' ? id : attributes[name];
  return (
    value !== undefined &&
    where
      .slice(equals + 1)
      .split('|')
      .includes(value)
  );
}

export const agentFailure = defineFault({
  name: 'agent-failure',
  summary: 'agents go down and come back, each with times of its own; or all of a rack together',
  source:
    'alternating renewal process; Schroeder, Gibson, A large-scale study of failures in HPC systems, DSN 2006, §5 (Weibull)',
  options: {
    mtbf: {
      type: 'distribution',
      default: '30 d',
      help: 'time up: the mean of an exponential distribution, or a distribution',
    },
    repair: { type: 'distribution', default: '2 h', help: 'time down: likewise' },
    where: { type: 'text', default: '', help: 'only agents with attribute=value|value (hostname = their id)' },
    domain: { type: 'text', default: '', help: 'an attribute: agents with the same value go down together' },
  },
  create: (options, context) =>
    new RenewalFaults(unitsOf(context, options), {
      strike: (agent, sink) => sink.fail(agent),
      mend: (agent, sink) => sink.repair(agent),
    }),
});
