import { type AllocatorDefinition, defineAllocator } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';
import { mostUrgent, Preemptor, type UrgencyRule } from './preemption.js';

interface Meaning {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly rule: UrgencyRule;
  /** Whether running work is ended for more urgent work unless told otherwise. */
  readonly preempts: boolean;
}

/** An allocator that serves the framework with the most urgent waiting task first, by a rule that says what urgent is. */
export function defineUrgency({ name, summary, source, rule, preempts }: Meaning): AllocatorDefinition {
  return defineAllocator({
    name,
    summary,
    source,
    options: {
      preemption: { type: 'boolean', default: preempts, help: 'end running work for more urgent waiting work' },
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
}
