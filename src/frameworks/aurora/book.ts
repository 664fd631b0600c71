import type { PendingGroup } from '../../model/order.js';
import type { AuroraTask } from './task.js';

/** All tasks that are not over, by id, by job and by what the cluster calls them. */
export class TaskBook {
  private readonly byId = new Map<string, AuroraTask>();
  private readonly byJob = new Map<string, Set<AuroraTask>>();

  add(task: AuroraTask): void {
    this.byId.set(task.id, task);
    const siblings = this.byJob.get(task.config.key) ?? new Set();
    siblings.add(task);
    this.byJob.set(task.config.key, siblings);
  }

  remove(task: AuroraTask): void {
    this.byId.delete(task.id);
    const siblings = this.byJob.get(task.config.key);
    siblings?.delete(task);
    if (siblings?.size === 0) this.byJob.delete(task.config.key);
  }

  get(id: string): AuroraTask | undefined {
    return this.byId.get(id);
  }

  /** The task that an update is of: by the id of its job, or, of a job with several tasks, by row and agent. */
  find(pending: PendingGroup, row: number, agent: number): AuroraTask | undefined {
    const own = this.byId.get(pending.job.record.id);
    if (own !== undefined) return own;
    let launched: AuroraTask | undefined;
    for (const task of this.byId.values()) {
      if (task.pending !== pending) continue;
      if (task.row === row) return task;
      if (task.row < 0 && task.agent === agent) launched ??= task;
    }
    return launched;
  }

  ofJob(key: string): readonly AuroraTask[] {
    return [...(this.byJob.get(key) ?? [])];
  }

  placedOf(key: string): readonly AuroraTask[] {
    return this.ofJob(key).filter((task) => task.holdsAgent);
  }

  ofInstance(key: string, instance: number): AuroraTask | undefined {
    return this.ofJob(key).find((task) => task.instance === instance);
  }

  all(): Iterable<AuroraTask> {
    return this.byId.values();
  }

  /** Tasks by agent, for those that hold one. */
  byAgent(): Map<number, AuroraTask[]> {
    const agents = new Map<number, AuroraTask[]>();
    for (const task of this.byId.values()) {
      if (!task.holdsAgent) continue;
      const list = agents.get(task.agent) ?? [];
      list.push(task);
      agents.set(task.agent, list);
    }
    return agents;
  }

  onAgent(agent: number): AuroraTask[] {
    return [...this.byId.values()].filter((task) => task.holdsAgent && task.agent === agent);
  }

  get size(): number {
    return this.byId.size;
  }
}
