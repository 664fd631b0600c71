import type { AppDefinition } from './app-definition.js';
import type { FieldOf } from './constraints.js';
import type { App } from './instance.js';
import type { Instances } from './instances.js';
import { unhealthyFirst, victimsOf } from './victims.js';

/** One action of a deployment on one app. `step` looks at what is there and does what is next; it may be called at any time. */
export interface Action {
  readonly app: App;
  begin(): void;
  step(): void;
  readonly isDone: boolean;
}

export interface ActionTools {
  readonly instances: Instances;
  fieldsOf(agent: number): FieldOf;
  nowUs(): number;
}

/** The app is removed: all instances are killed. */
export class StopAction implements Action {
  constructor(
    readonly app: App,
    private readonly tools: ActionTools,
  ) {}

  begin(): void {
    this.app.targetCount = 0;
    for (const instance of [...this.app.instances]) this.tools.instances.decommission(instance, 'app-removed');
  }

  step(): void {
    // Everything was set going at once.
  }

  get isDone(): boolean {
    return this.app.instances.length === 0;
  }
}

/** Kills the surplus, waits until it has ended, then starts what is missing (impl/DeploymentActor.scala scaleRunSpec). */
export class ScaleAction implements Action {
  constructor(
    readonly app: App,
    private readonly definition: AppDefinition,
    /** More than the number of instances changed, but there were or will be none. */
    private readonly isReconfigured: boolean,
    private readonly tools: ActionTools,
  ) {}

  begin(): void {
    if (this.isReconfigured) this.app.configure(this.definition, this.tools.nowUs());
    this.app.targetCount = this.definition.instances;
  }

  step(): void {
    const { app, tools } = this;
    const surplus = app.count - app.targetCount;
    for (const victim of victimsOf(app, Math.max(0, surplus), tools.fieldsOf)) {
      tools.instances.decommission(victim, 'scaled-down');
    }
    if (app.instances.length === app.count) tools.instances.schedule(app, Math.max(0, app.targetCount - app.count));
  }

  get isDone(): boolean {
    const { app } = this;
    return app.goodCount === app.targetCount && app.instances.length === app.targetCount;
  }
}

/** What an upgrade may do to an app at any time (impl/TaskReplaceActor.scala computeRestartStrategy). */
export interface RestartStrategy {
  /** Old instances that are killed at once. */
  readonly killCount: number;
  /** Old and new together, at most. */
  readonly capacity: number;
}

export function restartStrategy(
  app: Pick<AppDefinition, 'instances' | 'minimumHealthCapacity' | 'maximumOverCapacity' | 'isResident'>,
  healthyCount: number,
  currentCount: number,
): RestartStrategy {
  const minimum = Math.ceil(app.instances * app.minimumHealthCapacity);
  let capacity = Math.floor(app.instances * (1 + app.maximumOverCapacity));
  let killCount = Math.max(0, healthyCount - minimum);
  if (minimum === capacity && capacity <= healthyCount) {
    // Neither may there be fewer healthy nor more in all: a resident app goes below, any other above.
    if (app.isResident) killCount++;
    else capacity++;
  }
  if (app.instances < currentCount) killCount = Math.max(killCount, currentCount - app.instances);
  return { killCount, capacity };
}

/** A rolling upgrade: old instances go as new ones prove good. Nothing times out, and nothing is rolled back by itself. */
export class RestartAction implements Action {
  private capacity = 0;

  constructor(
    readonly app: App,
    private readonly definition: AppDefinition,
    private readonly tools: ActionTools,
  ) {}

  begin(): void {
    const { app, tools, definition } = this;
    app.configure(definition, tools.nowUs());
    app.targetCount = definition.instances;
    const old = this.old().filter((instance) => instance.counts);
    const healthyCount = old.filter((instance) => instance.isGood).length;
    const { killCount, capacity } = restartStrategy(definition, healthyCount, old.length);
    this.capacity = capacity;
    this.kill(killCount);
  }

  step(): void {
    const { app } = this;
    for (const instance of app.instances) {
      if (instance.version !== app.version || !instance.isGood || instance.hasPaid) continue;
      instance.hasPaid = true;
      this.kill(1);
    }
    // An old instance that has failed meanwhile is not launched again.
    for (const instance of this.old()) {
      if (instance.condition === 'waiting' || instance.condition === 'unreachable') {
        this.tools.instances.decommission(instance, 'replaced');
      }
    }
    const freshCount = app.instances.filter(({ version, counts }) => version === app.version && counts).length;
    const missing = app.targetCount - freshCount;
    const room = this.capacity - app.instances.length;
    this.tools.instances.schedule(app, Math.max(0, Math.min(missing, room)));
  }

  get isDone(): boolean {
    return this.old().length === 0 && this.app.goodCount === this.app.targetCount;
  }

  private old() {
    return this.app.instances.filter(({ version }) => version !== this.app.version);
  }

  private kill(count: number): void {
    const candidates = this.old().filter((instance) => instance.counts);
    for (const instance of unhealthyFirst(candidates, this.definition.killsOldest).slice(0, count)) {
      this.tools.instances.decommission(instance, 'replaced');
    }
  }
}
