import type { OfferOperation } from '../../model/operations.js';
import { type Amounts, DISK } from '../../model/resources.js';
import { type KindTable, plainKind } from '../allocation/resource-kinds.js';
import { Volumes } from './volumes.js';

/** Amounts by kind before and after an operation: equal sums by name. */
export interface KindChange {
  readonly from: Float64Array;
  readonly to: Float64Array;
}

/** What RESERVE, UNRESERVE, CREATE and DESTROY do to the kinds of amounts (master/validation.cpp, resources.cpp getResourceConversions). */
export class Operations {
  readonly volumes = new Volumes();

  constructor(private readonly kinds: KindTable) {}

  /** The change that an operation means, undefined when it means none: `*` owns no reservations, a volume must be there or not yet. */
  changeOf(operation: OfferOperation): KindChange | undefined {
    const { role } = operation;
    if (role === '*') return undefined;
    switch (operation.type) {
      case 'reserve':
        return this.reserved(operation.amounts, stackOf(operation.from), [...stackOf(operation.from), role]);
      case 'unreserve':
        return this.reserved(operation.amounts, [...stackOf(operation.from), role], stackOf(operation.from));
      default: {
        const volume = this.volumes.get(operation.volume);
        if (volume === undefined || volume.agent !== operation.agent || volume.role !== role) return undefined;
        const disk = this.diskOf(role);
        const whole = this.volumeKind(role, volume.slot);
        const isCreate = operation.type === 'create';
        return this.pair(isCreate ? disk : whole, isCreate ? whole : disk, volume.diskMilliMib);
      }
    }
  }

  /** A framework plans an operation: a volume to be created gets its place. False when the id is taken or the size is nothing. */
  plan(operation: OfferOperation): boolean {
    if (operation.type !== 'create') return true;
    const { volume, agent, role, diskMilliMib } = operation;
    if (this.volumes.get(volume) !== undefined || diskMilliMib <= 0) return false;
    this.volumes.add(volume, agent, role, diskMilliMib);
    return true;
  }

  /** The master has carried an operation out, or dropped it. */
  settle(operation: OfferOperation, isDone: boolean): void {
    const isGone = operation.type === 'destroy' ? isDone : operation.type === 'create' && !isDone;
    if (isGone && 'volume' in operation) this.volumes.remove(operation.volume);
  }

  private reserved(amounts: Amounts, before: readonly string[], after: readonly string[]): KindChange {
    const rows = [...amounts.keys()].filter((name) => (amounts[name] as number) > 0);
    const pairs = rows.map((name) => {
      const plain = plainKind(this.kinds.resources.names[name] as string);
      return {
        from: this.kinds.intern({ ...plain, reservations: before }),
        to: this.kinds.intern({ ...plain, reservations: after }),
        milli: amounts[name] as number,
      };
    });
    const from = new Float64Array(this.kinds.stride);
    const to = new Float64Array(this.kinds.stride);
    for (const pair of pairs) {
      from[pair.from] = pair.milli;
      to[pair.to] = pair.milli;
    }
    return { from, to };
  }

  private pair(fromKind: number, toKind: number, milli: number): KindChange {
    const from = new Float64Array(this.kinds.stride);
    const to = new Float64Array(this.kinds.stride);
    from[fromKind] = milli;
    to[toKind] = milli;
    return { from, to };
  }

  private diskOf(role: string): number {
    return this.kinds.intern({ ...plainKind(this.kinds.resources.names[DISK] as string), reservations: [role] });
  }

  /** The kind of the volume in a slot of its agent. */
  volumeKind(role: string, slot: number): number {
    const traits = this.kinds.traitsOf(this.diskOf(role));
    return this.kinds.intern({ ...traits, isIndivisible: true, volume: slot });
  }
}

function stackOf(role: string | undefined): readonly string[] {
  return role === undefined ? [] : [role];
}
