import { defineUrgency } from './urgency.js';
import type { UrgencyRule } from './urgency-book.js';

/** The earlier the deadline the more urgent; work without one goes last. */
const earliestDeadline: UrgencyRule = {
  ofEntry: (entry) => (entry.deadlineUs < 0 ? Number.NEGATIVE_INFINITY : -entry.deadlineUs),
  ofTask: (task) => (task.deadlineUs < 0 ? Number.NEGATIVE_INFINITY : -task.deadlineUs),
};

export const edf = defineUrgency({
  name: 'edf',
  summary: 'the framework with the earliest deadline first, ending later ones',
  source: 'Liu and Layland, Journal of the ACM 20(1), 1973',
  rule: earliestDeadline,
  preempts: true,
});
