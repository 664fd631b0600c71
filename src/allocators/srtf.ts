import { leastRemaining } from './remaining.js';
import { defineUrgency } from './urgency.js';

export const srtf = defineUrgency({
  name: 'srtf',
  summary: 'the framework whose best task has the least estimated time left first, ending longer ones',
  source: 'Schrage, A proof of the optimality of SRPT, Operations Research 16(3), 1968',
  rule: leastRemaining,
  preempts: true,
});
