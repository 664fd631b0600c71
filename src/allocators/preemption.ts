import type { AllocatorView, DecisionSink, DemandEntry, RunningTask } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';

/** How urgent waiting and running work is: larger = more urgent. Work is ended only for work that is strictly more urgent. */
export interface UrgencyRule {
  ofEntry(entry: DemandEntry, nowUs: number): number;
  ofTask(task: RunningTask, nowUs: number): number;
}

export interface PreemptionSettings {
  readonly graceUs: number;
  readonly maxVictims: number;
}

/** The most urgent waiting tasks of a client, undefined when none waits; ties go to the one published first. */
export function mostUrgent(view: AllocatorView, client: number, rule: UrgencyRule): DemandEntry | undefined {
  let best: DemandEntry | undefined;
  for (const entry of view.demandOf(client)) {
    if (best === undefined || rule.ofEntry(entry, view.nowUs) > rule.ofEntry(best, view.nowUs)) best = entry;
  }
  return best;
}

/**
 * Frees room for urgent tasks by ending less urgent ones. An agent is chosen whose victims lose the least work (run time × CPUs);
 * on it, victims go in order of priority, then of work lost, until the task fits. What was ordered once is waited for: a client gets
 * no further victims until the grace period and one more run have passed.
 */
export class Preemptor {
  private readonly waitUntilUs = new Map<number, number>();

  constructor(
    private readonly settings: PreemptionSettings,
    private readonly rule: UrgencyRule,
  ) {}

  run(view: AllocatorView, sink: DecisionSink): void {
    const urgent: { entry: DemandEntry; urgency: number }[] = [];
    for (let client = 0; client < view.clientCount; client++) {
      if (!view.isActive(client) || (this.waitUntilUs.get(client) ?? 0) > view.nowUs) continue;
      const entry = mostUrgent(view, client, this.rule);
      if (entry !== undefined) urgent.push({ entry, urgency: this.rule.ofEntry(entry, view.nowUs) });
    }
    if (urgent.length === 0) return;
    urgent.sort(
      (a, b) => b.urgency - a.urgency || a.entry.queuedUs - b.entry.queuedUs || a.entry.client - b.entry.client,
    );
    const byAgent = this.victims(view, (urgent[0] as { urgency: number }).urgency);
    if (byAgent.size === 0) return;
    let left = this.settings.maxVictims;
    for (const { entry } of urgent) left = this.serve(entry, view, sink, byAgent, left);
  }

  /** Running tasks less urgent than the most urgent waiting one, by agent. */
  private victims(view: AllocatorView, highest: number): Map<number, RunningTask[]> {
    const byAgent = new Map<number, RunningTask[]>();
    for (const task of view.runningTasks()) {
      if (this.rule.ofTask(task, view.nowUs) >= highest) continue;
      const list = byAgent.get(task.agent);
      if (list === undefined) byAgent.set(task.agent, [task]);
      else list.push(task);
    }
    return byAgent;
  }

  private serve(
    entry: DemandEntry,
    view: AllocatorView,
    sink: DecisionSink,
    byAgent: Map<number, RunningTask[]>,
    budget: number,
  ): number {
    let left = budget;
    for (let served = 0; served < entry.count && left > 0; served++) {
      if (served === 0 && fitsSomewhere(entry.amounts, view)) return left;
      const victims = cheapest(entry, view, byAgent, this.rule);
      if (victims === undefined) break;
      for (const victim of victims) {
        sink.evict(victim.task, 'preempted', this.settings.graceUs);
        const list = byAgent.get(victim.agent) as RunningTask[];
        list.splice(list.indexOf(victim), 1);
        left--;
      }
      this.waitUntilUs.set(entry.client, view.nowUs + this.settings.graceUs + 1);
    }
    return left;
  }
}

function fitsSomewhere(amounts: Amounts, view: AllocatorView): boolean {
  for (let agent = 0; agent < view.agentCount; agent++) {
    const free = view.freeOf(agent);
    if (amounts.every((amount, resource) => amount <= (free[resource] as number))) return true;
  }
  return false;
}

/** The least costly set of victims on one agent that makes room for one task. */
function cheapest(
  entry: DemandEntry,
  view: AllocatorView,
  byAgent: Map<number, RunningTask[]>,
  rule: UrgencyRule,
): RunningTask[] | undefined {
  let best: RunningTask[] | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const [agent, tasks] of byAgent) {
    const room = view.freeOf(agent).slice();
    const victims: RunningTask[] = [];
    let cost = 0;
    const urgency = rule.ofEntry(entry, view.nowUs);
    const of = (task: RunningTask): number => rule.ofTask(task, view.nowUs);
    const candidates = tasks
      .filter((task) => of(task) < urgency)
      .sort((a, b) => of(a) - of(b) || lostWork(a, view) - lostWork(b, view) || a.task - b.task);
    for (const task of candidates) {
      if (entry.amounts.every((amount, resource) => amount <= (room[resource] as number))) break;
      for (let resource = 0; resource < room.length; resource++)
        room[resource] = (room[resource] as number) + (task.amounts[resource] as number);
      victims.push(task);
      cost += lostWork(task, view);
    }
    const fits = entry.amounts.every((amount, resource) => amount <= (room[resource] as number));
    if (
      fits &&
      victims.length > 0 &&
      (cost < bestCost || (cost === bestCost && victims.length < (best?.length ?? 0)))
    ) {
      best = victims;
      bestCost = cost;
    }
  }
  return best;
}

function lostWork(task: RunningTask, view: AllocatorView): number {
  return (view.nowUs - task.startUs) * ((task.amounts[0] as number) + 1);
}
