import { InputError } from '../core/errors.js';
import { Heap } from '../core/heap.js';
import { type Sampler, samplerOf } from '../model/distributions.js';
import type { Fault, FaultSink } from '../model/fault.js';
import type { DistributionValue } from '../model/options.js';
import { parseDurationUs } from '../model/units.js';

/** What fails as one: an agent, all agents of a domain, a framework. */
export interface Unit {
  readonly row: number;
  readonly members: readonly number[];
  readonly upUs: Sampler;
  readonly downUs: Sampler;
}

interface Running extends Unit {
  atUs: number;
}

/** What a failure and its repair do to a member. */
interface Effect {
  strike(member: number, sink: FaultSink): void;
  mend(member: number, sink: FaultSink): void;
}

const sooner = (a: Running, b: Running): boolean => a.atUs < b.atUs || (a.atUs === b.atUs && a.row < b.row);

/**
 * Alternating renewal processes: each unit is up for a time drawn from `mtbf`, then down for one drawn from `repair`, and so on, out of a
 * stream of its own.
 */
export class RenewalFaults implements Fault {
  private readonly up = new Heap<Running>(sooner);
  private readonly down = new Heap<Running>(sooner);

  constructor(
    units: readonly Unit[],
    private readonly effect: Effect,
  ) {
    for (const unit of units) this.up.push({ ...unit, atUs: drawn(unit.upUs) });
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
      for (const member of unit.members) this.effect.mend(member, sink);
      unit.atUs += drawn(unit.upUs);
      this.up.push(unit);
    }
    for (let unit = this.up.peek(); unit !== undefined && unit.atUs <= nowUs; unit = this.up.peek()) {
      this.up.pop();
      for (const member of unit.members) this.effect.strike(member, sink);
      unit.atUs += drawn(unit.downUs);
      this.down.push(unit);
    }
  }
}

/** Whole microseconds, at least one, so that time goes on. */
function drawn(sampler: Sampler): number {
  return Math.max(1, Math.min(2 ** 51, Math.round(sampler())));
}

/** A bare time is the mean of an exponential distribution. */
export function timeSampler(value: DistributionValue, stream: () => number, label: string): Sampler {
  const read = (part: unknown, name: string): number => {
    const us = parseDurationUs(String(part), name);
    // Units that are up for no time at all would fail for ever at one instant.
    if (us > 0 || name.endsWith('.low')) return us;
    throw new InputError('E_DURATION', `${name} must be a time above 0, got "${String(part)}"`);
  };
  return samplerOf(typeof value === 'object' ? value : { exponential: { mean: value } }, read, stream, label);
}
