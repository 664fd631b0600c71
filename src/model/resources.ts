import { assert } from '../core/errors.js';

/** Amounts of every resource of a scenario, in thousandths, in the order of its ResourceSpace. Whole numbers below 2^53. */
export type Amounts = Float64Array;

/** The four resources every scenario has, in the order of the result files. */
export const STANDARD_RESOURCES = ['cpus', 'mem', 'disk', 'gpus'] as const;
export const CPUS = 0;
export const MEM = 1;
export const DISK = 2;
export const GPUS = 3;

/** The names of a scenario's resources: four standard ones, then custom ones in scenario order. */
export class ResourceSpace {
  readonly names: readonly string[];
  private readonly rows = new Map<string, number>();

  constructor(custom: readonly string[] = []) {
    this.names = [...STANDARD_RESOURCES, ...custom];
    for (const [row, name] of this.names.entries()) {
      assert(!this.rows.has(name), 'a resource name occurs twice');
      this.rows.set(name, row);
    }
  }

  get count(): number {
    return this.names.length;
  }

  /** Row of a resource, or -1. */
  indexOf(name: string): number {
    return this.rows.get(name) ?? -1;
  }

  zero(): Amounts {
    return new Float64Array(this.names.length);
  }

  /** Amounts in thousandths from plain numbers: `{ cpus: 2, mem: 1024 }` (memory and disk in MiB). Unknown names are a bug of the caller. */
  of(plain: Readonly<Record<string, number>>): Amounts {
    const amounts = this.zero();
    for (const [name, value] of Object.entries(plain)) {
      const row = this.indexOf(name);
      assert(row >= 0, 'unknown resource name');
      amounts[row] = Math.round(value * 1000);
    }
    return amounts;
  }

  /** Column names in files: memory and disk carry their unit. */
  columns(): string[] {
    return this.names.map((name) => (name === 'mem' ? 'mem_mib' : name === 'disk' ? 'disk_mib' : name));
  }
}
