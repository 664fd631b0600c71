import { type AllocatorView, type DemandEntry, defineAllocator } from '../model/allocator.js';
import { Preemptor } from './preemption.js';
import { UrgencyBook, type UrgencyRule } from './urgency-book.js';

/** True remaining times of what waits; a group whose queue entry has not changed is not looked up again. */
class Sight {
  private view: AllocatorView | undefined;
  private readonly known = new WeakMap<DemandEntry, number>();

  begin(view: AllocatorView): void {
    this.view = view;
  }

  remainingUs(entry: DemandEntry): number {
    let remainingUs = this.known.get(entry);
    if (remainingUs === undefined) {
      remainingUs = (this.view?.actualOfEntry(entry) ?? 0) - entry.doneUs;
      this.known.set(entry, remainingUs);
    }
    return remainingUs;
  }

  rule(): UrgencyRule {
    return {
      ofEntry: (entry) => -this.remainingUs(entry),
      ofTask: (task, nowUs) => task.doneUs + (nowUs - task.startUs) - (this.view?.actualOfTask(task.task) ?? 0),
    };
  }
}

export const oracle = defineAllocator({
  name: 'oracle',
  summary:
    'clairvoyant: the least true time left first, ending longer work and keeping it whole; for reference beside the pooled bound',
  source: 'Schrage, Operations Research 16(3), 1968 (SRPT is optimal on one server); bound: metric `oracle`',
  options: {},
  reads: ['demand', 'tasks', 'durations'],
  wakesOn: ['free', 'client', 'demand', 'task'],
  create: () => {
    const sight = new Sight();
    const rule = sight.rule();
    const book = new UrgencyBook(rule.ofEntry, true);
    const preemptor = new Preemptor(
      {
        ...{ graceUs: 0, maxVictims: 1e6, gap: 0, cooldownUs: 0, maxEvictions: 0, victims: 'least-urgent' },
        ...{ protectsShares: false, protectsQuota: false, putOffUs: 30_000_000, keepsWork: true },
      },
      rule,
    );
    return {
      kind: 'sorter',
      sorter: (level) => book.sorter(level),
      prepare: (view, sink) => {
        sight.begin(view);
        book.update(view);
        preemptor.run(view, sink, (client) => book.demandOf(client));
      },
    };
  },
});
