import { type AllocatorDefinition, defineAllocator } from '../model/allocator.js';
import { Preemptor } from './preemption.js';
import { PREEMPTION_OPTIONS, preemptionSettings } from './preemption-options.js';
import { UrgencyBook, type UrgencyRule } from './urgency-book.js';

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
      ...PREEMPTION_OPTIONS,
    },
    reads: ['demand', 'tasks'],
    wakesOn: ['free', 'client', 'demand', 'task'],
    create: (options) => {
      const book = new UrgencyBook(rule.ofEntry, true);
      const preemptor = new Preemptor(preemptionSettings(options, { gap: 0, victims: 'least-urgent' }), rule);
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
}
