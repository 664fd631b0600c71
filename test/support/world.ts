import { Cluster, type ClusterSetup } from '../../src/cluster/cluster.js';
import { PolicyView } from '../../src/cluster/view.js';
import type { ClusterSettings } from '../../src/cluster/world.js';
import { batch } from '../../src/frameworks/batch/batch.js';
import type { Allocator, Sorter } from '../../src/model/allocator.js';
import type { FrameworkSlots } from '../../src/model/framework.js';
import { type AgentRecord, emptyReport, type JobRecord, type JobSource } from '../../src/model/job.js';
import { ResourceSpace } from '../../src/model/resources.js';
import { orders } from '../../src/orders/index.js';
import { placements } from '../../src/placements/index.js';
import { NaiveSorter } from './naive-sorter.js';

export const SPACE = new ResourceSpace();

export interface TinyFramework {
  name: string;
  role?: string;
  maxJobs?: number;
  order?: string;
  placement?: string;
  tJobUs?: number;
  tTaskUs?: number;
  refuseUs?: number;
  suppressWhenIdle?: boolean;
  reviveOnArrival?: boolean;
  gangReleaseUs?: number;
  failoverTimeoutUs?: number;
}

export interface TinySetup {
  agents: { cpus: number; mem?: number; gpus?: number; count?: number; attributes?: Record<string, string> }[];
  frameworks: TinyFramework[];
  roles?: { path: string; weight: number }[];
  jobs: readonly JobRecord[] | JobSource;
  settings?: Partial<ClusterSettings>;
  allocator?: Allocator;
  observers?: ClusterSetup['observers'];
  untilUs?: number;
  sampleUs?: number;
  actions?: ClusterSetup['actions'];
}

export const DEFAULTS: ClusterSettings = {
  seed: 1,
  allocationIntervalUs: 1e6,
  allocateOnRecover: false,
  agentOrder: 'shuffle',
  networkDelayUs: 0,
  startDelayUs: 0,
  imagePullUs: 0,
  offerTimeoutUs: -1,
  checkpoint: false,
  isNaive: false,
  checksInvariants: false,
};

export function listSource(jobs: readonly JobRecord[]): JobSource {
  let index = 0;
  return { report: emptyReport('list', []), next: () => jobs[index++] ?? null, close: () => undefined };
}

/** A job record in one line; amounts in plain units, times in seconds. */
export function job(
  id: string,
  submitS: number,
  task: {
    cpus?: number;
    mem?: number;
    gpus?: number;
    count?: number;
    durationS?: number;
    gang?: boolean;
    estimateS?: number;
  },
  more: Partial<JobRecord> = {},
): JobRecord {
  return {
    id,
    user: 'u',
    queue: '',
    class: '',
    submitUs: Math.round(submitS * 1e6),
    priority: 0,
    deadlineUs: -1,
    after: [],
    groups: [
      {
        name: '',
        count: task.count ?? 1,
        gang: task.gang ?? false,
        amounts: SPACE.of({ cpus: task.cpus ?? 1, mem: task.mem ?? 0, gpus: task.gpus ?? 0 }),
        durationUs: Math.round((task.durationS ?? 1) * 1e6),
        estimateUs: task.estimateS === undefined ? -1 : Math.round(task.estimateS * 1e6),
        constraints: '',
        after: [],
        image: '',
        inputs: [],
        outputMilliMib: 0,
      },
    ],
    ...more,
  };
}

function* expand(agents: TinySetup['agents']): Iterable<AgentRecord> {
  let index = 0;
  for (const { cpus, mem, gpus, count, attributes } of agents) {
    for (let copy = 0; copy < (count ?? 1); copy++) {
      yield {
        id: `agent-${index++}`,
        amounts: SPACE.of({ cpus, mem: mem ?? 0, gpus: gpus ?? 0 }),
        attributes: attributes ?? {},
      };
    }
  }
}

/** A small cluster with batch frameworks under DRF. Jobs go to the framework named by their queue, else to the first. */
export function tinyCluster(setup: TinySetup, sorter: () => Sorter = () => new NaiveSorter()): Cluster {
  return new Cluster(tinyParts(setup, sorter));
}

/** What that cluster is made of, for tests that change a part. */
export function tinyParts(setup: TinySetup, sorter: () => Sorter = () => new NaiveSorter()): ClusterSetup {
  const names = setup.frameworks.map((framework) => framework.name);
  const source = 'next' in setup.jobs ? setup.jobs : listSource(setup.jobs);
  return {
    settings: { ...DEFAULTS, ...setup.settings },
    resources: SPACE,
    allocator: setup.allocator ?? { kind: 'sorter', sorter },
    readsDemand: false,
    policyView: (world) => new PolicyView(world, [], 'drf'),
    observers: setup.observers ?? [],
    agents: expand(setup.agents),
    roles: setup.roles ?? [],
    frameworks: setup.frameworks.map((framework) => ({
      name: framework.name,
      role: framework.role ?? '*',
      maxJobs: framework.maxJobs ?? Number.POSITIVE_INFINITY,
      failoverTimeoutUs: framework.failoverTimeoutUs,
      create: (driver, client) => batch.create({}, slots(framework, client, setup.settings?.isNaive), driver),
    })),
    sources: [source],
    route: (record) => Math.max(0, names.indexOf(record.queue)),
    streams: (name) => {
      let state = 0;
      for (const character of name) state = (Math.imul(state, 31) + character.charCodeAt(0)) | 0;
      return () => {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        return (state >>> 0) / 2 ** 32;
      };
    },
    actions: setup.actions ?? { nextUs: () => Number.POSITIVE_INFINITY, act: () => undefined },
    sampleUs: setup.sampleUs ?? Number.POSITIVE_INFINITY,
    untilUs: setup.untilUs ?? Number.POSITIVE_INFINITY,
  };
}

function slots(framework: TinyFramework, client: number, isNaive?: boolean): FrameworkSlots {
  const random = (): (() => number) => {
    let state = 12345;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 0) / 2 ** 32;
    };
  };
  return {
    order: orders.get(framework.order ?? 'fifo').create({}),
    placement: placements.get(framework.placement ?? 'first-fit').create({}, { random }),
    client,
    tJobUs: framework.tJobUs ?? 0,
    tTaskUs: framework.tTaskUs ?? 0,
    refuseUs: framework.refuseUs ?? 5e6,
    suppressWhenIdle: framework.suppressWhenIdle ?? true,
    reviveOnArrival: framework.reviveOnArrival ?? false,
    gangReleaseUs: framework.gangReleaseUs ?? 60e6,
    isNaive,
  };
}

/** Runs to the end; fails when the run stalls. */
export function runToEnd(cluster: Cluster): Cluster {
  cluster.loop.runUntil(Number.POSITIVE_INFINITY);
  return cluster;
}
