import { defineAllocator } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';
import { mostUrgent, Preemptor, type UrgencyRule } from './preemption.js';

/** The earlier the deadline the more urgent; work without one goes last. */
const rule: UrgencyRule = {
  ofEntry: (entry) => (entry.deadlineUs < 0 ? Number.NEGATIVE_INFINITY : -entry.deadlineUs),
  ofTask: (task) => (task.deadlineUs < 0 ? Number.NEGATIVE_INFINITY : -task.deadlineUs),
};

export const edf = defineAllocator({
  name: 'edf',
  summary: 'the framework with the earliest deadline first, ending later ones',
  source: 'Liu and Layland, Journal of the ACM 20(1), 1973',
  options: {
    preemption: { type: 'boolean', default: true, help: 'end running work for more urgent waiting work' },
    grace: { type: 'duration', default: '0 s', range: [0, 86_400e6], help: 'notice before a victim is ended' },
    maxVictims: { type: 'integer', default: 1000, range: [1, 1e6], unit: 'tasks', help: 'most victims of one cycle' },
  },
  reads: ['demand', 'tasks'],
  wakesOn: ['free', 'client', 'demand', 'task'],
  create: ({ preemption, grace, maxVictims }) => {
    const clients = new ClientKeys();
    const preemptor = new Preemptor({ graceUs: grace, maxVictims }, rule);
    return {
      kind: 'sorter',
      sorter: (level) => clients.sorter(level),
      prepare: (view, sink) => {
        clients.update(view, (client) => {
          const entry = mostUrgent(view, client, rule);
          return entry === undefined ? Number.MAX_VALUE : -rule.ofEntry(entry, view.nowUs);
        });
        if (preemption) preemptor.run(view, sink);
      },
    };
  },
});
