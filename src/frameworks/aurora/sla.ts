import { z } from 'zod';
import { numeric } from '../shared/job-list.js';
import type { AuroraTask } from './task.js';

const seconds = numeric('must be a number of seconds of at least 0', (value) => value >= 0);
const whole = numeric('must be a whole number of at least 0', (value) => Number.isInteger(value) && value >= 0);
const percent = numeric('must be a number between 0 and 100', (value) => value >= 0 && value <= 100);

/**
 * One of the three policies of `config/schema/base.py`. A coordinator is an HTTP service of the job's own, which a simulation does not have:
 * such a job is treated by Aurora's default policy.
 */
export const slaSchema = z.union([
  z.strictObject({ percentage: percent.default(95), duration_secs: seconds.default(1800) }),
  z.strictObject({ count: whole, duration_secs: seconds.default(1800) }),
  z.looseObject({ coordinator_url: z.string(), status_key: z.string().default('drain') }),
]);

/** How many tasks of a job are to be up, as a share or as a number, and since when. */
export interface SlaPolicy {
  /** Percent of the active tasks, or undefined. */
  readonly percentage: number | undefined;
  readonly count: number;
  readonly durationUs: number;
}

export function slaPolicyOf(given: z.infer<typeof slaSchema> | undefined): SlaPolicy {
  if (given !== undefined && 'count' in given) {
    return { percentage: undefined, count: given.count as number, durationUs: (given.duration_secs as number) * 1e6 };
  }
  const isPercentage = given !== undefined && 'percentage' in given;
  const { percentage, duration_secs: durationS } = isPercentage
    ? (given as { percentage: number; duration_secs: number })
    : { percentage: 95, duration_secs: 1800 };
  return { percentage, count: 0, durationUs: durationS * 1e6 };
}

/** Jobs with fewer active tasks have no SLA to keep (`sla/SlaManager.java`, min_required_instances_for_sla_check). */
const MIN_SLA_TASKS = 20;

/**
 * May this task be killed (`sla/SlaManager.java`, checkSla)? Only production jobs with at least 20 active tasks (waiting ones are active
 * too) are asked; of the others so many must have been RUNNING for longer than the policy's duration. A policy that never allows a
 * task to be away allows one.
 */
export function isSlaKept(task: AuroraTask, siblings: readonly AuroraTask[], nowUs: number): boolean {
  const { tier, sla } = task.config;
  const active = siblings.filter((other) => !other.isOver).length;
  if (tier !== 'preferred' || active < MIN_SLA_TASKS) return true;
  const up = siblings.filter(
    (other) => other !== task && other.state === 'RUNNING' && nowUs - other.runningUs > sla.durationUs,
  ).length;
  return up >= neededOf(sla, active);
}

function neededOf({ percentage, count }: SlaPolicy, active: number): number {
  if (percentage === undefined) return active - count < 1 ? active - 1 : count;
  if (Math.floor((1 - percentage / 100) * active) < 1) return active - 1;
  // running / total · 100 ≥ percentage.
  return (percentage / 100) * active;
}
