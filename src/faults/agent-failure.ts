import { InputError } from '../core/errors.js';
import { Heap } from '../core/heap.js';
import { type Sampler, samplerOf } from '../model/distributions.js';
import { defineFault, type Fault, type FaultAgent, type FaultContext, type FaultSink } from '../model/fault.js';
import type { DistributionValue } from '../model/options.js';
import { parseDurationUs } from '../model/units.js';

/** What fails as one: an agent, or all agents of a domain. */
interface Unit {
  readonly row: number;
  readonly agents: readonly number[];
  readonly upUs: Sampler;
  readonly downUs: Sampler;
  atUs: number;
}

const sooner = (a: Unit, b: Unit): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.row < b.row);

/**
 * Alternating renewal processes: each unit is up for a time drawn from `mtbf`, then down for one drawn from `repair`, and so on, out of a
 * stream of its own.
 */
class AgentFailures implements Fault {
  private readonly up = new Heap<Unit>(sooner);
  private readonly down = new Heap<Unit>(sooner);

  constructor(units: readonly Unit[]) {
    for (const unit of units) {
      unit.atUs = drawn(unit.upUs);
      this.up.push(unit);
    }
  }

  nextUs(): number {
    return Math.min(this.up.peek()?.atUs ?? Number.POSITIVE_INFINITY, this.nextRepairUs());
  }

  nextRepairUs(): number {
    return this.down.peek()?.atUs ?? Number.POSITIVE_INFINITY;
  }

  /** Repairs first: what fails and is repaired at the same time has been down for a while. */
  act(nowUs: number, sink: FaultSink): void {
    for (let unit = this.down.peek(); unit !== undefined && unit.atUs <= nowUs; unit = this.down.peek()) {
      this.down.pop();
      for (const agent of unit.agents) sink.repair(agent);
      unit.atUs += drawn(unit.upUs);
      this.up.push(unit);
    }
    for (let unit = this.up.peek(); unit !== undefined && unit.atUs <= nowUs; unit = this.up.peek()) {
      this.up.pop();
      for (const agent of unit.agents) sink.fail(agent);
      unit.atUs += drawn(unit.downUs);
      this.down.push(unit);
    }
  }
}

/** Whole microseconds, at least one, so that time goes on. */
function drawn(sampler: Sampler): number {
  return Math.max(1, Math.min(2 ** 51, Math.round(sampler())));
}

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
    agents: rows,
    upUs: timeSampler(mtbf, random(name), 'faults.mtbf'),
    downUs: timeSampler(repair, random(name), 'faults.repair'),
    atUs: 0,
  }));
}

/** A bare time is the mean of an exponential distribution. */
function timeSampler(value: DistributionValue, stream: () => number, label: string): Sampler {
  const read = (part: unknown, name: string): number => {
    const us = parseDurationUs(String(part), name);
    // Units that are up for no time at all would fail for ever at one instant.
    if (us > 0 || name.endsWith('.low')) return us;
    throw new InputError('E_DURATION', `${name} must be a time above 0, got "${String(part)}"`);
  };
  return samplerOf(typeof value === 'object' ? value : { exponential: { mean: value } }, read, stream, label);
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
  create: (options, context) => new AgentFailures(unitsOf(context, options)),
});
