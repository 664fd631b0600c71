import { type Amounts, CPUS, DISK, GPUS, MEM, type ResourceSpace } from '../model/resources.js';

const MAX_KEPT = 100_000;

/** Amounts of tasks that ask for the same are one object: most rows of a trace repeat few shapes. */
export class AmountsMemo {
  private readonly kept: Amounts[] = [];
  /** Numbers of what is kept, from 1, by hash; 0 = free. */
  private slots = new Int32Array(1024);
  private last: Amounts;

  constructor(private readonly resources: ResourceSpace) {
    this.last = resources.zero();
  }

  /** Thousandths of CPUs, MiB, GPUs and MiB of disk. */
  of(cpusMilli: number, memMilliMib: number, gpusMilli = 0, diskMilliMib = 0): Amounts {
    if (!isOf(this.last, cpusMilli, memMilliMib, gpusMilli, diskMilliMib))
      this.last = this.find(cpusMilli, memMilliMib, gpusMilli, diskMilliMib);
    return this.last;
  }

  private find(cpusMilli: number, memMilliMib: number, gpusMilli: number, diskMilliMib: number): Amounts {
    const { slots, kept } = this;
    let slot = hashOf(cpusMilli, memMilliMib, gpusMilli, diskMilliMib) & (slots.length - 1);
    for (let number = slots[slot] as number; number > 0; number = slots[slot] as number) {
      const known = kept[number - 1] as Amounts;
      if (isOf(known, cpusMilli, memMilliMib, gpusMilli, diskMilliMib)) return known;
      slot = (slot + 1) & (slots.length - 1);
    }
    const amounts = this.resources.zero();
    amounts[CPUS] = cpusMilli;
    amounts[MEM] = memMilliMib;
    amounts[GPUS] = gpusMilli;
    amounts[DISK] = diskMilliMib;
    if (kept.length >= MAX_KEPT) return amounts;
    kept.push(amounts);
    slots[slot] = kept.length;
    if (kept.length * 2 > slots.length) this.grow();
    return amounts;
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2);
    for (const [index, amounts] of this.kept.entries()) {
      const [cpus, mem, gpus, disk] = [amounts[CPUS], amounts[MEM], amounts[GPUS], amounts[DISK]] as Four;
      let slot = hashOf(cpus, mem, gpus, disk) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = index + 1;
    }
    this.slots = slots;
  }
}

type Four = [number, number, number, number];

function isOf(amounts: Amounts, cpusMilli: number, memMilliMib: number, gpusMilli: number, diskMilliMib: number) {
  return (
    amounts[CPUS] === cpusMilli &&
    amounts[MEM] === memMilliMib &&
    amounts[GPUS] === gpusMilli &&
    amounts[DISK] === diskMilliMib
  );
}

/** Amounts are multiples of round numbers: their low bits alone would crowd few slots. */
function hashOf(cpusMilli: number, memMilliMib: number, gpusMilli: number, diskMilliMib: number): number {
  let hash = Math.imul((cpusMilli | 0) ^ Math.imul(gpusMilli | 0, 0x85ebca6b), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ (memMilliMib | 0) ^ (memMilliMib / 2 ** 32), 0x9e3779b1);
  hash = Math.imul(hash ^ (diskMilliMib | 0), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

const RECENT = 1024;

/** One object for amounts that were met lately; what comes between may take its place, so that nothing is searched for. */
export class RecentAmounts {
  private readonly slots = new Array<Amounts | undefined>(RECENT);

  /** The same amounts, which are kept: the given ones may change. */
  of(amounts: Amounts): Amounts {
    let hash = 0;
    for (let row = 0; row < amounts.length; row++) {
      const amount = amounts[row] as number;
      hash = Math.imul(hash ^ (amount | 0) ^ ((amount / 2 ** 32) | 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    const slot = hash & (RECENT - 1);
    const known = this.slots[slot];
    if (known !== undefined && areSame(known, amounts)) return known;
    const kept = amounts.slice();
    this.slots[slot] = kept;
    return kept;
  }
}

function areSame(a: Amounts, b: Amounts): boolean {
  for (let row = 0; row < b.length; row++) if (a[row] !== b[row]) return false;
  return true;
}
