import type { SchedulerDriver } from '../../model/framework.js';
import type { AppDefinition } from './app-definition.js';
import type { AppTree } from './app-tree.js';
import { dependenciesOf, layersOf } from './dependencies.js';
import { type Action, type ActionTools, RestartAction, ScaleAction, StopAction } from './deployment-actions.js';
import { App } from './instance.js';

/** Deployments at once, at most (impl/DeploymentManagerActor.scala). */
const MAX_DEPLOYMENTS = 100;

/** Definitions by id; `undefined` removes the app. */
export type Changes = ReadonlyMap<string, AppDefinition | undefined>;

export interface Request {
  readonly changes: Changes;
  /** Apps that are restarted although their definition is the same. */
  readonly restarts?: ReadonlySet<string>;
  /** Cancels deployments that hold an app of this one. */
  readonly isForced: boolean;
}

class Deployment {
  stepIndex = 0;

  constructor(
    readonly id: number,
    readonly sinceUs: number,
    readonly steps: readonly (readonly Action[])[],
    /** What the apps were before it. */
    readonly before: Changes,
  ) {}

  get step(): readonly Action[] {
    return this.steps[this.stepIndex] ?? [];
  }
}

/**
 * Changes of apps, carried out in steps: removed apps are stopped first, then come the layers of dependencies; the actions of a step run
 * in parallel, the next step begins when all are done (core/deployment/DeploymentPlan.scala).
 */
export class Deployments {
  /** Definitions as they are to be. */
  readonly root = new Map<string, AppDefinition>();
  private readonly active: Deployment[] = [];
  private count = 0;
  private rejectedCount = 0;
  private readonly poked: App[] = [];
  private isStepping = false;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly tools: ActionTools,
    /** An app is in nobody's hands any more, and perhaps not as it should be. */
    private readonly onReleased: (app: App) => void,
  ) {}

  /** The first deployment: apps that depend on each other are deployed together. */
  start(tree: AppTree): void {
    for (const ids of componentsOf(tree)) {
      this.request({ changes: new Map(ids.map((id) => [id, tree.get(id)])), isForced: true });
    }
  }

  /** False when it was rejected: another deployment holds one of the apps. */
  request({ changes, restarts, isForced }: Request): boolean {
    const holders = this.active.filter((deployment) => [...changes.keys()].some((id) => deployment.before.has(id)));
    const isFull = this.active.length >= MAX_DEPLOYMENTS && !isForced;
    if ((holders.length > 0 && !isForced) || isFull) {
      this.driver.note('deployment-rejected', `apps=${[...changes.keys()].join('|')}`);
      this.driver.gauge('deployments_rejected', ++this.rejectedCount);
      return false;
    }
    for (const holder of holders) this.cancel(holder);
    const before = new Map([...changes.keys()].map((id) => [id, this.root.get(id)]));
    for (const [id, definition] of changes) {
      if (definition === undefined) this.root.delete(id);
      else this.root.set(id, definition);
    }
    this.begin(new Deployment(++this.count, this.driver.nowUs, this.plan(before, restarts), before));
    return true;
  }

  /** Stops the deployment of an app where it stands (DELETE with force), or goes back to what was before it. */
  undo(appId: string, goesBack: boolean): boolean {
    const deployment = this.active.find(({ before }) => before.has(appId));
    if (deployment === undefined) return false;
    if (goesBack) this.request({ changes: deployment.before, isForced: true });
    else this.cancel(deployment);
    return true;
  }

  /** Something about an app has changed: its deployment may go on. */
  poke(app: App): void {
    if (app.lock !== undefined && !this.poked.includes(app)) this.poked.push(app);
    if (this.isStepping) return;
    this.isStepping = true;
    for (let next = this.poked.shift(); next !== undefined; next = this.poked.shift()) this.stepApp(next);
    this.isStepping = false;
  }

  private stepApp(app: App): void {
    const deployment = app.lock as Deployment | undefined;
    if (deployment === undefined) return;
    for (const action of deployment.step) if (action.app === app) action.step();
    this.advance(deployment);
  }

  private plan(before: Changes, restarts: ReadonlySet<string> = new Set()): Action[][] {
    const ids = [...before.keys()];
    const removed = ids.filter((id) => !this.root.has(id) && this.tools.instances.apps.has(id));
    const stops = removed.map((id) => new StopAction(this.appOf(id), this.tools));
    const layers = layersOf(
      ids.filter((id) => this.root.has(id)),
      this.root,
    );
    const steps = layers.map((layer) =>
      layer.map((id) => this.actionFor(id, this.root.get(id) as AppDefinition, before.get(id), restarts.has(id))),
    );
    return [stops, ...steps].filter((step) => step.length > 0);
  }

  private actionFor(id: string, to: AppDefinition, from: AppDefinition | undefined, isRestart: boolean): Action {
    const app = this.appOf(id);
    const isChanged = isRestart || from === undefined || !isSameButCount(from, to);
    // After a cancelled deployment there may be instances of another version.
    const isMixed = app.instances.some(({ version }) => !isSameButCount(version.definition, to));
    if (to.instances > 0 && app.count > 0 && (isChanged || isMixed)) return new RestartAction(app, to, this.tools);
    return new ScaleAction(app, to, isChanged || isMixed, this.tools);
  }

  private appOf(id: string): App {
    const { apps } = this.tools.instances;
    let app = apps.get(id);
    if (app === undefined) {
      app = new App(id, this.root.get(id) as AppDefinition, this.driver.nowUs);
      app.targetCount = 0;
      apps.set(id, app);
    }
    return app;
  }

  private begin(deployment: Deployment): void {
    this.active.push(deployment);
    for (const id of deployment.before.keys()) {
      const app = this.tools.instances.apps.get(id);
      if (app !== undefined) app.lock = deployment;
    }
    this.driver.note(
      'deployment-started',
      `deployment=${deployment.id} apps=${[...deployment.before.keys()].join('|')}`,
    );
    this.driver.gauge('deployments_running', this.active.length);
    this.beginStep(deployment);
  }

  private beginStep(deployment: Deployment): void {
    const wasStepping = this.isStepping;
    this.isStepping = true;
    for (const action of deployment.step) action.begin();
    for (const action of deployment.step) action.step();
    this.isStepping = wasStepping;
    this.advance(deployment);
    for (const action of deployment.step) this.poke(action.app);
  }

  private advance(deployment: Deployment): void {
    if (!this.active.includes(deployment)) return;
    if (!deployment.step.every((action) => action.isDone)) return;
    if (++deployment.stepIndex < deployment.steps.length) this.beginStep(deployment);
    else this.finish(deployment);
  }

  private finish(deployment: Deployment): void {
    this.release(deployment);
    const seconds = (this.driver.nowUs - deployment.sinceUs) / 1e6;
    this.driver.note('deployment-finished', `deployment=${deployment.id} seconds=${seconds}`);
    this.driver.gauge('deployment_s', seconds);
  }

  private cancel(deployment: Deployment): void {
    this.release(deployment);
    this.driver.note('deployment-cancelled', `deployment=${deployment.id}`);
  }

  private release(deployment: Deployment): void {
    this.active.splice(this.active.indexOf(deployment), 1);
    this.driver.gauge('deployments_running', this.active.length);
    for (const id of deployment.before.keys()) {
      const app = this.tools.instances.apps.get(id);
      if (app?.lock !== deployment) continue;
      app.lock = undefined;
      this.onReleased(app);
    }
  }
}

/** Everything but the number of instances is the same. */
function isSameButCount(a: AppDefinition, b: AppDefinition): boolean {
  const text = ({ instances, json, dependencies, ignoredKeys, ...rest }: AppDefinition): string =>
    JSON.stringify([rest, envOf(json)]);
  return text(a) === text(b);
}

/** Keys that change what runs, though not how it is scheduled. */
function envOf({ cmd, args, env, environment, container, containers, fetch, uris }: AppDefinition['json']): unknown {
  return [cmd, args, env, environment, container, containers, fetch, uris];
}

/** Ids of apps that are tied to each other by dependencies, in order of the first of them. */
function componentsOf(tree: AppTree): string[][] {
  const group = new Map<string, string[]>();
  for (const id of tree.keys()) group.set(id, [id]);
  for (const [id, app] of tree) {
    for (const other of dependenciesOf(app, tree)) {
      const [mine, theirs] = [group.get(id) as string[], group.get(other) as string[]];
      if (mine === theirs) continue;
      mine.push(...theirs);
      for (const member of theirs) group.set(member, mine);
    }
  }
  return [...new Set(group.values())];
}
