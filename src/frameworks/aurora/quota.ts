import { z } from 'zod';
import type { ResourceSpace } from '../../model/resources.js';
import type { JobFile } from '../job-file.js';
import { numeric } from '../shared/job-list.js';
import { type AuroraJob, isProduction } from './job.js';

const amount = numeric('must be a number of at least 0', (value) => value >= 0);
const schema = z.record(
  z.string(),
  z.strictObject({ cpu: amount.default(0), ram_mib: amount.default(0), disk_mib: amount.default(0) }),
);

/** Quota per role in thousandths; a role without one has none. */
export type Quotas = ReadonlyMap<string, Float64Array>;

export function readQuotas(file: JobFile, resources: ResourceSpace): Quotas {
  const fields = file.check(schema) as z.infer<typeof schema>;
  return new Map(
    Object.entries(fields).map(([role, { cpu, ram_mib: mem, disk_mib: disk }]) => [
      role,
      resources.of({ cpus: cpu, mem, disk }),
    ]),
  );
}

/**
 * True when the production jobs of the role, with this one as it is to be, stay within its quota (`quota/QuotaManager.java`). Checked when a
 * job is created or updated, never when a task is placed; dedicated jobs do not count, and an updated job counts by the larger side.
 */
export function isWithinQuota(quotas: Quotas | undefined, jobs: Iterable<AuroraJob>, wanted: AuroraJob): boolean {
  if (quotas === undefined || !isProduction(wanted.config) || wanted.config.dedicated !== '') return true;
  const used = usageOf(wanted);
  for (const job of jobs) {
    if (job.role !== wanted.role || !isProduction(job.config) || job.config.dedicated !== '') continue;
    const usage = usageOf(job);
    const isSame = job.key === wanted.key;
    for (let index = 0; index < used.length; index++) {
      const own = used[index] as number;
      const other = usage[index] as number;
      used[index] = isSame ? Math.max(own, other) : own + other;
    }
  }
  const quota = quotas.get(wanted.role);
  // cpus, ram and disk have quotas; other resources have none.
  return [0, 1, 2].every((index) => (used[index] as number) <= (quota?.[index] ?? 0));
}

function usageOf({ config, instances }: AuroraJob): Float64Array {
  return config.amounts.map((amount) => amount * instances);
}
