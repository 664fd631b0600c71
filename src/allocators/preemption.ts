import type { AllocatorView, DecisionSink, DemandEntry, RunningTask } from '../model/allocator.js';
import { Layout } from './layout.js';
import type { UrgencyRule } from './urgency-book.js';
import { type Bound, type Candidate, rankVictims, type VictimChoice } from './victims.js';

export interface PreemptionSettings {
  readonly graceUs: number;
  /** Most victims of one run. */
  readonly maxVictims: number;
  /** Work is ended only for work that is at least this much more urgent, and always strictly more. */
  readonly gap: number;
  /** A task is left alone until it has run for this long. */
  readonly cooldownUs: number;
  /** A task that was ended this often is left alone; 0 = no limit. */
  readonly maxEvictions: number;
  readonly victims: VictimChoice;
  /** Whether clients that hold no more than their weighted share are left alone. */
  readonly protectsShares: boolean;
  /** Whether a checkpoint keeps a victim's work; undefined = as the scenario says. */
  readonly keepsWork: boolean | undefined;
}

interface Waiting {
  readonly entry: DemandEntry;
  readonly urgency: number;
}

/**
 * Frees room for urgent tasks by ending less urgent ones. The most urgent waiting tasks are laid out on the cluster one by one: on
 * offers that their framework has, on what is free or is coming free, and, where that is not enough, on the agent whose victims cost
 * least. An eviction is ordered only when the waiting task (of a gang: all of it) can start on what it frees, and the agent is then
 * offered to that task's framework first. Each run lays out anew, so what has been ordered is waited for and never ordered twice. If
 * the room then went to something else (the framework's own order preferred it, say), the next attempt is put off, longer each time.
 */
export class Preemptor {
  private readonly orders = new OrderBook();

  constructor(
    private readonly settings: PreemptionSettings,
    private readonly rule: UrgencyRule,
  ) {}

  /** `demandOf` is what the clients have published by now. */
  run(view: AllocatorView, sink: DecisionSink, demandOf: (client: number) => readonly DemandEntry[]): void {
    const waiting = this.waiting(view, demandOf);
    this.orders.begin(waiting);
    if (waiting.length === 0) return;
    const { gap, graceUs, victims } = this.settings;
    const highest = (waiting[0] as Waiting).urgency;
    const { candidates, ending, lowest } = this.survey(view, { below: highest, atMost: highest - gap });
    if (candidates.length === 0 && ending.length === 0) return;
    const layout = new Layout(view, sink, this.settings, rankVictims(candidates, victims));
    layout.room.addEnding(ending);
    for (const { entry, urgency } of waiting) {
      // What may end nobody, and nothing is coming free for, is left to the run itself.
      if (urgency <= lowest || urgency - gap < lowest) break;
      const isPutOff = this.orders.isPutOff(entry, view.nowUs);
      const bound = isPutOff ? undefined : { below: urgency, atMost: urgency - gap };
      if (layout.serve(entry, bound) > 0) this.orders.ordered(entry, view.nowUs + graceUs);
    }
  }

  /** Waiting tasks of clients that want offers, most urgent first. */
  private waiting(view: AllocatorView, demandOf: (client: number) => readonly DemandEntry[]): Waiting[] {
    const list: Waiting[] = [];
    for (let client = 0; client < view.clientCount; client++) {
      if (!view.isActive(client)) continue;
      for (const entry of demandOf(client)) {
        const urgency = this.rule.ofEntry(entry, view.nowUs);
        if (urgency > Number.NEGATIVE_INFINITY) list.push({ entry, urgency });
      }
    }
    return list.sort(
      (a, b) =>
        b.urgency - a.urgency ||
        a.entry.queuedUs - b.entry.queuedUs ||
        a.entry.client - b.entry.client ||
        a.entry.id - b.entry.id,
    );
  }

  /** Running tasks that may end for the most urgent waiting one, those that are ending, and the lowest urgency of them all. */
  private survey(view: AllocatorView, bound: Bound): Survey {
    const { cooldownUs, maxEvictions } = this.settings;
    const survey: Survey = { candidates: [], ending: [], lowest: Number.POSITIVE_INFINITY };
    for (const task of view.runningTasks()) {
      const urgency = this.rule.ofTask(task, view.nowUs);
      if (!task.isEnding && (urgency >= bound.below || urgency > bound.atMost)) continue;
      survey.lowest = Math.min(survey.lowest, urgency);
      if (task.isEnding) survey.ending.push({ ...task });
      else if (view.nowUs - task.startUs >= cooldownUs && (maxEvictions === 0 || task.attempt <= maxEvictions))
        survey.candidates.push({ task: { ...task }, urgency, cost: task.lossUs * ((task.amounts[0] ?? 0) + 1) });
    }
    return survey;
  }
}

interface Survey {
  readonly candidates: Candidate[];
  readonly ending: RunningTask[];
  lowest: number;
}

/** Evictions for one waiting entry that have not led to a start. */
interface Order {
  /** Waiting tasks when they were ordered. */
  readonly count: number;
  /** By then the victims are gone. */
  readonly dueUs: number;
  /** Such orders before this one. */
  readonly vainCount: number;
}

/** The first order puts the next one for the same tasks off for this long, each further one twice as long. */
const PUT_OFF_US = 30_000_000;

/** What was ordered for whom: work for which evictions were in vain has to wait. */
class OrderBook {
  private orders = new Map<string, Order>();

  /** Forgets entries that wait no more, or of which something has started since. */
  begin(waiting: readonly Waiting[]): void {
    if (this.orders.size === 0) return;
    const kept = new Map<string, Order>();
    for (const { entry } of waiting) {
      const order = this.orders.get(keyOf(entry));
      if (order !== undefined && entry.count >= order.count) kept.set(keyOf(entry), order);
    }
    this.orders = kept;
  }

  isPutOff(entry: DemandEntry, nowUs: number): boolean {
    const order = this.orders.get(keyOf(entry));
    return order !== undefined && nowUs < order.dueUs + PUT_OFF_US * 2 ** Math.min(order.vainCount, 10);
  }

  ordered(entry: DemandEntry, dueUs: number): void {
    const order = this.orders.get(keyOf(entry));
    const vainCount = order === undefined ? 0 : order.vainCount + 1;
    this.orders.set(keyOf(entry), { count: entry.count, dueUs, vainCount });
  }
}

function keyOf(entry: DemandEntry): string {
  return `${entry.client} ${entry.id}`;
}
