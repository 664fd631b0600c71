import {
  type AllocatorView,
  type DecisionSink,
  type DemandEntry,
  defineAllocator,
  type RunningTask,
} from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';
import { ClientKeys } from './key-sorter.js';

const HOUR_US = 3_600_000_000;

interface Settings {
  readonly preemption: boolean;
  readonly graceUs: number;
  readonly agingPerH: number;
  readonly maxVictims: number;
}

/** Priority of an entry after aging: larger = more urgent. */
function urgency(entry: DemandEntry, nowUs: number, agingPerH: number): number {
  return entry.priority + (agingPerH * (nowUs - entry.queuedUs)) / HOUR_US;
}

/** The most urgent waiting tasks of a client, undefined when none waits. */
function mostUrgent(view: AllocatorView, client: number, agingPerH: number): DemandEntry | undefined {
  let best: DemandEntry | undefined;
  for (const entry of view.demandOf(client)) {
    if (best === undefined || urgency(entry, view.nowUs, agingPerH) > urgency(best, view.nowUs, agingPerH))
      best = entry;
  }
  return best;
}

/**
 * Frees room for urgent tasks by ending less urgent ones. An agent is chosen whose victims lose the least work (run time × CPUs);
 * on it, victims go in order of priority, then of work lost, until the task fits. What was ordered once is waited for: a client gets
 * no further victims until the grace period and one more run have passed.
 */
class Preemptor {
  private readonly waitUntilUs = new Map<number, number>();

  constructor(private readonly settings: Settings) {}

  run(view: AllocatorView, sink: DecisionSink): void {
    const urgent: DemandEntry[] = [];
    for (let client = 0; client < view.clientCount; client++) {
      if (!view.isActive(client) || (this.waitUntilUs.get(client) ?? 0) > view.nowUs) continue;
      const entry = mostUrgent(view, client, this.settings.agingPerH);
      if (entry !== undefined) urgent.push(entry);
    }
    if (urgent.length === 0) return;
    urgent.sort((a, b) => b.priority - a.priority || a.queuedUs - b.queuedUs || a.client - b.client);
    const byAgent = new Map<number, RunningTask[]>();
    const highest = (urgent[0] as DemandEntry).priority;
    for (const task of view.runningTasks()) {
      if (task.priority >= highest) continue;
      const list = byAgent.get(task.agent);
      if (list === undefined) byAgent.set(task.agent, [task]);
      else list.push(task);
    }
    if (byAgent.size === 0) return;
    let left = this.settings.maxVictims;
    for (const entry of urgent) left = this.serve(entry, view, sink, byAgent, left);
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
      const victims = cheapest(entry, view, byAgent);
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
): RunningTask[] | undefined {
  let best: RunningTask[] | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const [agent, tasks] of byAgent) {
    const room = view.freeOf(agent).slice();
    const victims: RunningTask[] = [];
    let cost = 0;
    const candidates = tasks
      .filter((task) => task.priority < entry.priority)
      .sort((a, b) => a.priority - b.priority || lostWork(a, view) - lostWork(b, view) || a.task - b.task);
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
      help: 'gain per hour of waiting',
    },
    maxVictims: { type: 'integer', default: 1000, range: [1, 1e6], unit: 'tasks', help: 'most victims of one cycle' },
  },
  reads: ['demand', 'tasks'],
  wakesOn: ['free', 'client', 'demand', 'task', 'time'],
  create: ({ preemption, grace, agingPerH, maxVictims }) => {
    const clients = new ClientKeys();
    const preemptor = new Preemptor({ preemption, graceUs: grace, agingPerH, maxVictims });
    return {
      kind: 'sorter',
      sorter: (level) => clients.sorter(level),
      prepare: (view, sink) => {
        clients.update(view, (client) => {
          const entry = mostUrgent(view, client, agingPerH);
          return entry === undefined ? Number.MAX_VALUE : -urgency(entry, view.nowUs, agingPerH);
        });
        if (preemption) preemptor.run(view, sink);
      },
    };
  },
});
