import type { UsageStep } from '../model/job.js';
import type { Amounts } from '../model/resources.js';

/** The usage of tasks that use a share of what they ask for, from their start to their end. Without a factor there is nothing to say. */
export function usageOf(amounts: Amounts, factor: number | undefined): { usage?: UsageStep[] } {
  if (factor === undefined) return {};
  return { usage: [{ offsetUs: 0, amounts: amounts.map((amount) => Math.round(amount * factor)) }] };
}
