import type { SchedulerJob } from '../../model/framework.js';
import type { PendingGroup } from '../../model/order.js';
import type { Alarm } from '../shared/alarms.js';
import type { AppDefinition } from './app-definition.js';
import { LaunchDelay } from './launch-delay.js';

/** `waiting` = wants an offer; `staging` = launched, not running yet; `unreachable` = its agent is gone and it is waited for. */
export type Condition = 'waiting' | 'staging' | 'running' | 'killing' | 'unreachable' | 'ended';

/** A configuration of an app. Scaling keeps it; any other change makes a new one, with a back-off of its own. */
export class Version {
  readonly delay: LaunchDelay;
  /** Something is set to happen when its delay ends. */
  isDelayWatched = false;

  constructor(
    readonly number: number,
    readonly definition: AppDefinition,
    readonly sinceUs: number,
  ) {
    this.delay = new LaunchDelay(definition);
  }
}

/** One of the interchangeable instances of an app; it keeps its number over all its launches. */
export class Instance {
  condition: Condition = 'waiting';
  /** Its goal is to be gone. */
  isDecommissioned = false;
  job: SchedulerJob | undefined;
  /** Its task, while that waits for an offer. */
  pending: PendingGroup | undefined;
  task = -1;
  agent = -1;
  stagedUs = -1;
  startUs = -1;
  isHealthy = false;
  isReady = false;
  /** The modelled program answers its checks. */
  isAnswering = false;
  /** Ports of its agent that it has. */
  ports: readonly number[] = [];
  /** Resident: id of the agent that has its volume. */
  home = '';
  /** It has been counted as a good new instance of a deployment. */
  hasPaid = false;
  /** Everything that is to happen to the present launch. */
  readonly alarms = new Set<Alarm>();

  constructor(
    readonly number: number,
    readonly appId: string,
    readonly version: Version,
  ) {}

  get definition(): AppDefinition {
    return this.version.definition;
  }

  /** Counted by scale checks: wanted, and not given up as unreachable. */
  get counts(): boolean {
    return !this.isDecommissioned && this.condition !== 'ended';
  }

  get isGood(): boolean {
    return this.condition === 'running' && this.isHealthy && this.isReady;
  }

  /** Placed on an agent, for constraints. */
  get isPlaced(): boolean {
    return this.condition === 'staging' || this.condition === 'running' || this.condition === 'killing';
  }

  cancelAlarms(): void {
    for (const alarm of this.alarms) alarm.cancel();
    this.alarms.clear();
  }
}

/** An app with its instances. */
export class App {
  /** In order of their numbers. */
  readonly instances: Instance[] = [];
  /** Agents with an instance that was given up as unreachable and has not been expunged: constraints count it (a quirk). */
  readonly inactive: { readonly agent: number; readonly version: Version }[] = [];
  /** The deployment that holds the app. */
  lock: object | undefined;
  private instanceCount = 0;
  private versionCount = 1;
  version: Version;
  /** How many instances there are to be. */
  targetCount: number;

  constructor(
    readonly id: string,
    definition: AppDefinition,
    nowUs: number,
  ) {
    this.version = new Version(1, definition, nowUs);
    this.targetCount = definition.instances;
  }

  configure(definition: AppDefinition, nowUs: number): void {
    this.version = new Version(++this.versionCount, definition, nowUs);
  }

  add(): Instance {
    const instance = new Instance(++this.instanceCount, this.id, this.version);
    this.instances.push(instance);
    return instance;
  }

  remove(instance: Instance): void {
    const index = this.instances.indexOf(instance);
    if (index >= 0) this.instances.splice(index, 1);
  }

  /** Instances that scale checks count. */
  get count(): number {
    let count = 0;
    for (const instance of this.instances) if (instance.counts) count++;
    return count;
  }

  get goodCount(): number {
    let count = 0;
    for (const instance of this.instances) if (instance.isGood && !instance.isDecommissioned) count++;
    return count;
  }
}
