import type { Allocator, AllocatorView } from '../model/allocator.js';
import type { Framework, SchedulerDriver } from '../model/framework.js';
import type { AgentRecord, JobSource } from '../model/job.js';
import type { ClusterObserver } from '../model/observer.js';
import type { Placement } from '../model/placement.js';
import type { ResourceSpace } from '../model/resources.js';
import type { Cluster } from './cluster.js';
import type { RoleQuota } from './engine.js';
import type { FrameworkTraits } from './general/settings.js';
import type { JobRouter } from './intake.js';
import type { Successor } from './succession.js';
import type { ClusterSettings, World } from './world.js';

/** A framework to register: its scheduler is made from the driver and the client row that it gets. */
export interface FrameworkSetup {
  readonly name: string;
  /** The role that its jobs are counted under: the first of `roles`. */
  readonly role: string;
  /** All of its roles; default: that one. */
  readonly roles?: readonly string[] | undefined;
  /** Capabilities and the like, for the general engine. */
  readonly traits?: FrameworkTraits | undefined;
  readonly maxJobs: number;
  /** How long it may be away before its tasks are killed and it is removed; undefined = for ever. */
  readonly failoverTimeoutUs?: number | undefined;
  /** Where a market that sells to it puts its tasks; first-fit where undefined. */
  placement?(): Placement;
  create(driver: SchedulerDriver, client: number): Framework;
}
/** Operator actions and faults, in order of time; stage 1 of an instant. */
export interface ActionSource {
  nextUs(): number;
  /** When something is due next that can let work go on: all but failures to come, ∞ = nothing; absent = `nextUs`. */
  nextHelpUs?(): number;
  act(nowUs: number, cluster: Cluster): void;
}

/** A role with its weight, and the quota of a top-level one. */
export interface RoleSetup {
  readonly path: string;
  readonly weight: number;
  readonly quota?: RoleQuota | undefined;
}

/** All that a cluster is made of. */
export interface ClusterSetup {
  readonly settings: ClusterSettings;
  readonly resources: ResourceSpace;
  readonly allocator: Allocator;
  readonly readsDemand: boolean;
  /** What a fork brings: another allocator, and what it may see. */
  readonly successor?: Successor | undefined;
  /** What the policy may see of the world. */
  readonly policyView: (world: World) => AllocatorView;
  readonly observers: readonly ClusterObserver[];
  readonly agents: Iterable<AgentRecord>;
  readonly roles: readonly RoleSetup[];
  readonly frameworks: readonly FrameworkSetup[];
  readonly sources: readonly JobSource[];
  readonly route: JobRouter;
  readonly streams: (name: string) => () => number;
  readonly actions: ActionSource;
  readonly sampleUs: number;
  /** The time between samples doubles now and then, so that a run of unknown length has a few thousand of them. */
  readonly isSamplingSparser?: boolean;
  readonly untilUs: number;
}
