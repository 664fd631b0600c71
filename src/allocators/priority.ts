import { defineAllocator } from '../model/allocator.js';
import { Preemptor } from './preemption.js';
import { PREEMPTION_OPTIONS, preemptionSettings } from './preemption-options.js';
import { UrgencyBook, type UrgencyRule } from './urgency-book.js';

const HOUR_US = 3_600_000_000;

/** Victims are judged by priority alone: work that has waited long is served sooner, but ends nobody's work for that. */
const byPriority: UrgencyRule = { ofEntry: (entry) => entry.priority, ofTask: (task) => task.priority };

export const priority = defineAllocator({
  name: 'priority',
  summary: 'the framework with the most urgent waiting task first; may end less urgent tasks to make room',
  source:
    'strict priority with preemption: Verma et al., Borg, EuroSys 2015, §2.5 (bands between which there is no preemption: gap); victims by least lost work',
  options: {
    preemption: { type: 'boolean', default: false, help: 'end less urgent tasks when an urgent one fits nowhere' },
    gap: {
      type: 'number',
      default: 1,
      range: [0, 1e6],
      unit: 'priority levels',
      help: 'a victim is at least this much less urgent; equal or higher priority is never ended',
    },
    victims: {
      type: 'choice',
      default: 'least-lost',
      choices: ['least-lost', 'least-urgent'],
      help: 'who goes first among those that may be ended: who loses least work, or who has the lowest priority',
    },
    agingPerH: {
      type: 'number',
      default: 0,
      unit: 'priority levels per hour',
      range: [0, 1e6],
      help: 'gain per hour of waiting, for the order of service; victims are chosen by priority alone',
    },
    ...PREEMPTION_OPTIONS,
  },
  reads: ['demand', 'tasks'],
  wakesOn: ['free', 'client', 'demand', 'task', 'time'],
  create: (options) => {
    const { agingPerH, gap, victims } = options;
    const book = new UrgencyBook(
      (entry, nowUs) => entry.priority + (agingPerH * (nowUs - entry.queuedUs)) / HOUR_US,
      agingPerH === 0,
    );
    const choice = victims === 'least-urgent' ? 'least-urgent' : 'least-lost';
    const preemptor = new Preemptor(preemptionSettings(options, { gap, victims: choice }), byPriority);
    return {
      kind: 'sorter',
      sorter: (level) => book.sorter(level),
      prepare: (view, sink) => {
        book.update(view);
        if (options.preemption) preemptor.run(view, sink, (client) => book.demandOf(client));
      },
    };
  },
});
