import type { UrgencyRule } from './urgency-book.js';

/** Estimated time left, kept work subtracted: the less the more urgent; work without an estimate goes last. */
export const leastRemaining: UrgencyRule = {
  ofEntry: (entry) => (entry.estimateUs < 0 ? Number.NEGATIVE_INFINITY : entry.doneUs - entry.estimateUs),
  ofTask: (task, nowUs) =>
    task.estimateUs < 0 ? Number.NEGATIVE_INFINITY : task.doneUs + (nowUs - task.startUs) - task.estimateUs,
};
