import { type AllocatorView, type DemandEntry, defineAllocator } from '../model/allocator.js';
import { Preemptor } from './preemption.js';
import { PREEMPTION_OPTIONS, preemptionSettings } from './preemption-options.js';
import { UrgencyBook, type UrgencyRule } from './urgency-book.js';

/** The earlier the deadline the more urgent; work without one goes last. */
const earliestDeadline: UrgencyRule = {
  ofEntry: (entry) => (entry.deadlineUs < 0 ? Number.NEGATIVE_INFINITY : -entry.deadlineUs),
  ofTask: (task) => (task.deadlineUs < 0 ? Number.NEGATIVE_INFINITY : -task.deadlineUs),
};

interface Load {
  readonly deadlineUs: number;
  /** Work that is left, CPU time in thousandth-microseconds. */
  readonly work: number;
}

/**
 * Which waiting work still has a chance: the processor demand test. In order of deadlines, the work that must be done by each of them
 * may not exceed what all CPUs can do until then. Work is judged once, when it is first seen, against what was admitted before; what
 * fails is served after all that passed, as if it had no deadline.
 */
class Admission {
  private readonly verdicts = new Map<string, boolean>();

  isAdmitted({ client, id }: DemandEntry): boolean {
    return this.verdicts.get(`${client} ${id}`) ?? true;
  }

  judge(view: AllocatorView): void {
    const waiting = waitingWithDeadline(view);
    const loads = runningLoads(view);
    for (const [key, entry] of waiting) if (this.verdicts.get(key) === true) loads.push(loadOf(entry));
    for (const key of this.verdicts.keys()) if (!waiting.has(key)) this.verdicts.delete(key);
    const fresh = [...waiting].filter(([key]) => !this.verdicts.has(key));
    fresh.sort(([, a], [, b]) => a.submitUs - b.submitUs || a.client - b.client || a.id - b.id);
    for (const [key, entry] of fresh) {
      const load = loadOf(entry);
      const isAdmitted = fits([...loads, load], view);
      this.verdicts.set(key, isAdmitted);
      if (isAdmitted) loads.push(load);
    }
  }
}

function waitingWithDeadline(view: AllocatorView): Map<string, DemandEntry> {
  const waiting = new Map<string, DemandEntry>();
  for (let client = 0; client < view.clientCount; client++) {
    for (const entry of view.demandOf(client)) {
      if (entry.deadlineUs >= 0 && entry.estimateUs >= 0) waiting.set(`${entry.client} ${entry.id}`, entry);
    }
  }
  return waiting;
}

function runningLoads(view: AllocatorView): Load[] {
  const loads: Load[] = [];
  for (const task of view.runningTasks()) {
    if (task.deadlineUs < 0 || task.estimateUs < 0) continue;
    const leftUs = Math.max(0, task.estimateUs - task.doneUs - (view.nowUs - task.startUs));
    loads.push({ deadlineUs: task.deadlineUs, work: leftUs * (task.amounts[0] as number) });
  }
  return loads;
}

function loadOf(entry: DemandEntry): Load {
  const work = (entry.estimateUs * entry.count - entry.doneUs) * (entry.amounts[0] as number);
  return { deadlineUs: entry.deadlineUs, work: Math.max(0, work) };
}

function fits(loads: Load[], view: AllocatorView): boolean {
  loads.sort((a, b) => a.deadlineUs - b.deadlineUs);
  const capacity = view.total[0] as number;
  let due = 0;
  return loads.every(({ deadlineUs, work }) => {
    due += work;
    return due <= capacity * (deadlineUs - view.nowUs);
  });
}

export const edf = defineAllocator({
  name: 'edf',
  summary:
    'the framework with the earliest deadline first, ending later ones; may put work last that cannot be on time',
  source:
    'Liu and Layland, JACM 20(1), 1973; admission by processor demand: Baruah, Rosier and Howell, Real-Time Systems 2, 1990',
  options: {
    preemption: { type: 'boolean', default: true, help: 'end running work for more urgent waiting work' },
    admission: {
      type: 'boolean',
      default: false,
      help: 'work that would make itself or admitted work late, by the estimates, goes last and ends nothing',
    },
    ...PREEMPTION_OPTIONS,
  },
  reads: ['demand', 'tasks'],
  wakesOn: ['free', 'client', 'demand', 'task'],
  create: (options) => {
    const admission = new Admission();
    const rule: UrgencyRule = {
      ofTask: earliestDeadline.ofTask,
      ofEntry: (entry, nowUs) =>
        options.admission && !admission.isAdmitted(entry)
          ? Number.NEGATIVE_INFINITY
          : earliestDeadline.ofEntry(entry, nowUs),
    };
    const book = new UrgencyBook(rule.ofEntry);
    const preemptor = new Preemptor(preemptionSettings(options, { gap: 0, victims: 'least-urgent' }), rule);
    return {
      kind: 'sorter',
      sorter: (level) => book.sorter(level),
      prepare: (view, sink) => {
        if (options.admission) admission.judge(view);
        book.update(view);
        if (options.preemption) preemptor.run(view, sink, (client) => book.demandOf(client));
      },
    };
  },
});
