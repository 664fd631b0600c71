import type { AllocatorView, DecisionSink, DemandEntry, RunningTask } from '../model/allocator.js';
import type { Protection } from './guard.js';
import { Layout } from './layout.js';
import type { UrgencyRule } from './urgency-book.js';
import { type Bound, type Candidate, rankVictims, type VictimChoice } from './victims.js';

export interface PreemptionSettings extends Protection {
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
  /** The first vain order puts the next one for the same tasks off for this long, each further one twice as long. */
  readonly putOffUs: number;
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
  private readonly orders: OrderBook;

  constructor(
    private readonly settings: PreemptionSettings,
    private readonly rule: UrgencyRule,
  ) {
    this.orders = new OrderBook(settings.putOffUs);
  }

  /** `demandOf` is what the clients have published by now. */
  run(view: AllocatorView, sink: DecisionSink, demandOf: (client: number) => readonly DemandEntry[]): void {
    const highest = this.highest(view, demandOf);
    if (highest === Number.NEGATIVE_INFINITY) return;
    const { gap, graceUs, victims } = this.settings;
    const { candidates, ending, lowest } = this.survey(view, { below: highest, atMost: highest - gap });
    if (candidates.length === 0 && ending.length === 0) return;
    const layout = new Layout(view, sink, this.settings, rankVictims(candidates, victims));
    layout.room.addEnding(ending);
    // What may end nobody, and nothing is coming free for, is left to the run itself.
    for (const { entry, urgency } of this.waiting(view, demandOf, { above: lowest, gap })) {
      const isPutOff = this.orders.isPutOff(entry, view.nowUs);
      const bound = isPutOff ? undefined : { below: urgency, atMost: urgency - gap };
      if (layout.serve(entry, bound) > 0) this.orders.ordered(entry, view.nowUs + graceUs);
    }
  }

  /** The urgency of the most urgent waiting task; orders for tasks that wait no more are forgotten on the way. */
  private highest(view: AllocatorView, demandOf: (client: number) => readonly DemandEntry[]): number {
    let highest = Number.NEGATIVE_INFINITY;
    this.orders.begin();
    for (const entry of activeDemand(view, demandOf)) {
      const urgency = this.rule.ofEntry(entry, view.nowUs);
      if (urgency > Number.NEGATIVE_INFINITY) this.orders.keep(entry);
      highest = Math.max(highest, urgency);
    }
    return highest;
  }

  /** Waiting tasks of clients that want offers and may end something, most urgent first. */
  private waiting(
    view: AllocatorView,
    demandOf: (client: number) => readonly DemandEntry[],
    { above, gap }: { readonly above: number; readonly gap: number },
  ): Waiting[] {
    const list: Waiting[] = [];
    for (const entry of activeDemand(view, demandOf)) {
      const urgency = this.rule.ofEntry(entry, view.nowUs);
      if (urgency > above && urgency - gap >= above) list.push({ entry, urgency });
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

/** What was ordered for whom: work for which evictions were in vain has to wait. */
class OrderBook {
  /** By client, then by entry. */
  private orders = new Map<number, Map<number, Order>>();
  private earlier = new Map<number, Map<number, Order>>();

  constructor(private readonly putOffUs: number) {}

  /** A run begins: what is not kept in it is forgotten. */
  begin(): void {
    this.earlier = this.orders;
    this.orders = new Map();
  }

  /** The entry waits still; its order counts unless something of it has started since. */
  keep({ client, id, count }: DemandEntry): void {
    const order = this.earlier.get(client)?.get(id);
    if (order !== undefined && count >= order.count) this.note(client, id, order);
  }

  isPutOff({ client, id }: DemandEntry, nowUs: number): boolean {
    const order = this.orders.get(client)?.get(id);
    return order !== undefined && nowUs < order.dueUs + this.putOffUs * 2 ** Math.min(order.vainCount, 10);
  }

  ordered({ client, id, count }: DemandEntry, dueUs: number): void {
    const order = this.orders.get(client)?.get(id);
    const vainCount = order === undefined ? 0 : order.vainCount + 1;
    this.note(client, id, { count, dueUs, vainCount });
  }

  private note(client: number, id: number, order: Order): void {
    let orders = this.orders.get(client);
    if (orders === undefined) {
      orders = new Map();
      this.orders.set(client, orders);
    }
    orders.set(id, order);
  }
}

/** What clients that want offers have published. */
function* activeDemand(
  view: AllocatorView,
  demandOf: (client: number) => readonly DemandEntry[],
): Iterable<DemandEntry> {
  for (let client = 0; client < view.clientCount; client++) if (view.isActive(client)) yield* demandOf(client);
}
