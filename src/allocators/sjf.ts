import { leastRemaining } from './remaining.js';
import { defineUrgency } from './urgency.js';

export const sjf = defineUrgency({
  name: 'sjf',
  summary: 'the framework with the shortest estimated task first',
  source: 'Conway, Maxwell, Miller, Theory of Scheduling, 1967, §8-6',
  rule: leastRemaining,
  preempts: false,
});
