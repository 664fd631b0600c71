import { z } from 'zod';
import { parseDurationUs } from '../../model/units.js';
import { readJobFile } from '../job-file.js';

const amount = z.number().min(0);

const time = z.union([z.string(), z.number()]).transform((value, context) => {
  try {
    return parseDurationUs(String(value));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a time of at least 0 such as "90 s"' });
    return z.NEVER;
  }
});

const poolSchema = z.strictObject({
  weight: z.number().gt(0).default(1),
  minMaps: amount.default(0),
  minReduces: amount.default(0),
  order: z.enum(['fair', 'fifo']).default('fair'),
  capacity: z.number().gt(0).max(100).optional(),
  maxCapacity: z.number().gt(0).max(100).default(100),
  /** Preemption of Fair: how long below the minimum, and below half of the fair share. */
  minShareTimeout: time.optional(),
  fairShareTimeout: time.optional(),
  /** Capacity: least share of the queue for each of its users, percent, and most that one of them gets, of its guarantee. */
  minUserLimit: z.number().gt(0).max(100).default(100),
  userLimitFactor: z.number().gt(0).default(1),
});

/** A pool of the Fair or a queue of the Capacity scheduler. */
export type Pool = z.infer<typeof poolSchema>;

/** Pools by name; one that the file does not name has the defaults, and queues share evenly what the file leaves of 100 %. */
export class Pools {
  private readonly known: Readonly<Record<string, Pool>>;
  private readonly fallback = poolSchema.parse({});

  constructor(file: string) {
    this.known = file === '' ? {} : readPools(file);
  }

  of(name: string): Pool {
    return this.known[name] ?? this.fallback;
  }

  /** Guaranteed share of a queue, among the queues that have jobs. */
  capacityOf(name: string, present: readonly string[]): number {
    const given = this.of(name).capacity;
    if (given !== undefined) return given / 100;
    const open = present.filter((other) => this.of(other).capacity === undefined).length;
    const taken = Object.values(this.known).reduce((total, { capacity }) => total + (capacity ?? 0), 0);
    return Math.max(1, 100 - taken) / 100 / Math.max(1, open);
  }
}

function readPools(file: string): Record<string, Pool> {
  const document = readJobFile(file);
  const pools = document.check(z.record(z.string(), poolSchema));
  let total = 0;
  for (const [name, { capacity }] of Object.entries(pools)) {
    total += capacity ?? 0;
    if (total > 100) throw document.error([name, 'capacity'], 'makes the capacities more than 100 % in all');
  }
  return pools;
}
