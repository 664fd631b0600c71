import { defineAllocator } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';
import { mostUrgent, Preemptor, type UrgencyRule } from './preemption.js';

/** Estimated time left, kept work subtracted; work without an estimate goes last. */
const rule: UrgencyRule = {
  ofEntry: (entry) => (entry.estimateUs < 0 ? Number.NEGATIVE_INFINITY : entry.doneUs - entry.estimateUs),
  ofTask: (task, nowUs) =>
    task.estimateUs < 0 ? Number.NEGATIVE_INFINITY : task.doneUs + (nowUs - task.startUs) - task.estimateUs,
};

export const sjf = defineAllocator({
  name: 'sjf',
  summary: 'the framework with the shortest estimated task first',
  source: 'Conway, Maxwell, Miller, Theory of Scheduling, 1967, §8-6',
  options: {
    preemption: { type: 'boolean', default: false, help: 'end running work for more urgent waiting work' },
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
