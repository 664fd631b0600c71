import { z } from 'zod';
import type { Amounts, ResourceSpace } from '../../model/resources.js';
import type { JobFile } from '../job-file.js';
import { numeric } from '../shared/job-list.js';
import { type AuroraJob, isProduction } from './job.js';

const amount = numeric('must be a number of at least 0', (value) => value >= 0);
const schema = z.record(
  z.string(),
  z.strictObject({ cpu: amount.default(0), ram_mib: amount.default(0), disk_mib: amount.default(0) }),
);

/** Quota per role in thousandths. */
export type Quotas = ReadonlyMap<string, Float64Array>;

/** cpus, ram and disk have quotas; other resources have none. */
const QUOTA_ROWS = [0, 1, 2];

export function readQuotas(file: JobFile, resources: ResourceSpace): Quotas {
  const fields = file.check(schema) as z.infer<typeof schema>;
  return new Map(
    Object.entries(fields).map(([role, { cpu, ram_mib: mem, disk_mib: disk }]) => [
      role,
      resources.of({ cpus: cpu, mem, disk }),
    ]),
  );
}

/** A role without a quota has none at all (`storage/QuotaStore`, absent = empty aggregate), or, by option, no bound. */
export interface QuotaRules {
  readonly quotas: Quotas;
  readonly isUnsetZero: boolean;
}

/**
 * True when the production jobs of the role, with this one as it is to be, stay within its quota (`quota/QuotaManager.java`). Checked when a
 * job is created or updated, never when a task is placed; dedicated jobs do not count. `usageOf`: what a job is charged now.
 */
export function isWithinQuota(
  { quotas, isUnsetZero }: QuotaRules,
  jobs: Iterable<AuroraJob>,
  wanted: AuroraJob,
  usageOf: (job: AuroraJob) => Amounts,
): boolean {
  const quota = quotas.get(wanted.role);
  if (!isProduction(wanted.config) || wanted.config.dedicated !== '' || (quota === undefined && !isUnsetZero))
    return true;
  const used = templateUsage(wanted);
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
  return QUOTA_ROWS.every((index) => (used[index] as number) <= (quota?.[index] ?? 0));
}

/** All instances of a job as it is written. */
export function templateUsage({ config, instances }: Pick<AuroraJob, 'config' | 'instances'>): Amounts {
  return config.amounts.map((amount) => amount * instances);
}

export function largerOf(a: Amounts, b: Amounts): Amounts {
  return a.map((amount, index) => Math.max(amount, b[index] as number));
}
