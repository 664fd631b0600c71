import { defineAllocator } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';
import { mostUrgent, Preemptor, type UrgencyRule } from './preemption.js';

const HOUR_US = 3_600_000_000;

export const priority = defineAllocator({
  name: 'priority',
  summary: 'the framework with the most urgent waiting task first; may end less urgent tasks to make room',
  source: 'strict priority with preemption: Verma et al., Borg, EuroSys 2015, §2.5; victims by least lost work',
  options: {
    preemption: { type: 'boolean', default: false, help: 'end less urgent tasks when an urgent one fits nowhere' },
    grace: { type: 'duration', default: '0 s', range: [0, 86_400e6], help: 'notice before a victim is ended' },
    agingPerH: {
      type: 'number',
      default: 0,
      unit: 'priority levels per hour',
      range: [0, 1e6],
      help: 'gain per hour of waiting, for the order of service; victims are chosen by priority alone',
    },
    maxVictims: { type: 'integer', default: 1000, range: [1, 1e6], unit: 'tasks', help: 'most victims of one cycle' },
  },
  reads: ['demand', 'tasks'],
  wakesOn: ['free', 'client', 'demand', 'task', 'time'],
  create: ({ preemption, grace, agingPerH, maxVictims }) => {
    const clients = new ClientKeys();
    const byPriority: UrgencyRule = { ofEntry: (entry) => entry.priority, ofTask: (task) => task.priority };
    const aged: UrgencyRule = {
      ...byPriority,
      ofEntry: (entry, nowUs) => entry.priority + (agingPerH * (nowUs - entry.queuedUs)) / HOUR_US,
    };
    const preemptor = new Preemptor({ graceUs: grace, maxVictims }, byPriority);
    return {
      kind: 'sorter',
      sorter: (level) => clients.sorter(level),
      prepare: (view, sink) => {
        clients.update(view, (client) => {
          const entry = mostUrgent(view, client, aged);
          return entry === undefined ? Number.MAX_VALUE : -aged.ofEntry(entry, view.nowUs);
        });
        if (preemption) preemptor.run(view, sink);
      },
    };
  },
});
