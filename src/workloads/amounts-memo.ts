import { type Amounts, CPUS, GPUS, MEM, type ResourceSpace } from '../model/resources.js';

const MAX_KEPT = 100_000;

/** Amounts of tasks that ask for the same are one object: most rows of a trace repeat few shapes. */
export class AmountsMemo {
  private readonly kept = new Map<number, Map<number, Amounts>>();
  private count = 0;

  constructor(private readonly resources: ResourceSpace) {}

  /** Thousandths of CPUs, MiB and GPUs. */
  of(cpusMilli: number, memMilliMib: number, gpusMilli = 0): Amounts {
    // GPUs and CPUs share a key: whole numbers, GPUs below 2^20 thousandths.
    const first = cpusMilli * 2 ** 20 + gpusMilli;
    const isExact = gpusMilli < 2 ** 20 && cpusMilli < 2 ** 32;
    const byMemory = isExact ? this.kept.get(first) : undefined;
    const known = byMemory?.get(memMilliMib);
    if (known !== undefined) return known;
    const amounts = this.resources.zero();
    amounts[CPUS] = cpusMilli;
    amounts[MEM] = memMilliMib;
    amounts[GPUS] = gpusMilli;
    if (!isExact || this.count >= MAX_KEPT) return amounts;
    this.count++;
    if (byMemory === undefined) this.kept.set(first, new Map([[memMilliMib, amounts]]));
    else byMemory.set(memMilliMib, amounts);
    return amounts;
  }
}
