import type { SparkSettings } from './settings.js';
import type { Worker } from './task-set.js';

/** How often something may fail before it is excluded. */
type Limits = Pick<
  SparkSettings,
  | 'excludeTaskExecutor'
  | 'excludeTaskNode'
  | 'excludeStageExecutor'
  | 'excludeStageNode'
  | 'excludeAppExecutor'
  | 'excludeAppNode'
  | 'excludeTimeout'
>;

/**
 * Executors and agents that a stage keeps off after failures of its tasks (`spark.excludeOnFailure`).
 * Source: core/src/main/scala/org/apache/spark/scheduler/TaskSetExcludeList.scala, ExecutorFailuresInTaskSet.scala.
 */
export class StageExclusions {
  /** Failures per executor and task. */
  readonly failures = new Map<number, { readonly agent: number; readonly byTask: Map<number, number> }>();

  constructor(private readonly limits: Limits) {}

  noteFailure({ key, agent }: Worker, task: number): void {
    const entry = this.failures.get(key) ?? { agent, byTask: new Map<number, number>() };
    this.failures.set(key, entry);
    entry.byTask.set(task, (entry.byTask.get(task) ?? 0) + 1);
  }

  /** No task of the stage goes there any more. */
  excludesWorker({ key, agent }: Worker): boolean {
    const { excludeStageNode } = this.limits;
    if (this.isBadExecutor(key)) return true;
    let badCount = 0;
    for (const [other, entry] of this.failures) if (entry.agent === agent && this.isBadExecutor(other)) badCount++;
    return badCount >= excludeStageNode;
  }

  private isBadExecutor(key: number): boolean {
    return (this.failures.get(key)?.byTask.size ?? 0) >= this.limits.excludeStageExecutor;
  }

  /** The task does not go there again. */
  excludesTask({ key, agent }: Worker, task: number): boolean {
    const { excludeTaskExecutor, excludeTaskNode } = this.limits;
    if ((this.failures.get(key)?.byTask.get(task) ?? 0) >= excludeTaskExecutor) return true;
    let count = 0;
    for (const entry of this.failures.values()) if (entry.agent === agent) count += entry.byTask.get(task) ?? 0;
    return count >= excludeTaskNode;
  }
}

/**
 * Executors and agents that the application keeps off for a while: only failures in stages that succeeded in the end count, or a bad
 * stage would take down good agents. Source: HealthTracker.updateExcludedForSuccessfulTaskSet.
 */
export class Health {
  private readonly failures = new Map<number, { readonly agent: number; readonly times: number[] }>();
  private readonly executors = new Map<number, { readonly agent: number; readonly untilUs: number }>();
  private readonly agents = new Map<number, number>();

  constructor(private readonly limits: Limits) {}

  stageSucceeded({ failures }: StageExclusions, nowUs: number): void {
    const { excludeTimeout, excludeAppExecutor } = this.limits;
    for (const [key, { agent, byTask }] of failures) {
      const recent = (this.failures.get(key)?.times ?? []).filter((untilUs) => untilUs > nowUs);
      for (let count = byTask.size; count > 0; count--) recent.push(nowUs + excludeTimeout);
      this.failures.set(key, { agent, times: recent });
      if (recent.length < excludeAppExecutor || this.isOut(this.executors.get(key)?.untilUs, nowUs)) continue;
      this.executors.set(key, { agent, untilUs: nowUs + excludeTimeout });
      this.failures.delete(key);
      this.judgeAgent(agent, nowUs);
    }
  }

  private judgeAgent(agent: number, nowUs: number): void {
    let badCount = 0;
    for (const other of this.executors.values()) if (other.agent === agent && other.untilUs > nowUs) badCount++;
    if (badCount >= this.limits.excludeAppNode) this.agents.set(agent, nowUs + this.limits.excludeTimeout);
  }

  excludes({ key, agent }: Worker, nowUs: number): boolean {
    return this.excludesAgent(agent, nowUs) || this.isOut(this.executors.get(key)?.untilUs, nowUs);
  }

  excludesAgent(agent: number, nowUs: number): boolean {
    return this.isOut(this.agents.get(agent), nowUs);
  }

  private isOut(untilUs: number | undefined, nowUs: number): boolean {
    return untilUs !== undefined && untilUs > nowUs;
  }
}
