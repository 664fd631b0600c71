import { drf } from '../../src/allocators/drf.js';
import { HeapBounds } from '../../src/cli/memory.js';
import { Cluster } from '../../src/cluster/cluster.js';
import { PolicyView } from '../../src/cluster/view.js';
import { batch } from '../../src/frameworks/batch/batch.js';
import type { Framework, SchedulerDriver } from '../../src/model/framework.js';
import { emptyReport, type JobRecord, type JobSource } from '../../src/model/job.js';
import { resolveOptions } from '../../src/model/options.js';
import { ResourceSpace } from '../../src/model/resources.js';
import { fifo } from '../../src/orders/fifo.js';
import { firstFit } from '../../src/placements/first-fit.js';
import { Piece } from '../../src/scenario/piece.js';
import type { Counts } from '../figure.js';

export interface ReplayShape {
  agents: number;
  frameworks: number;
  tasksPerJob: number;
  tasks: number;
  load: number;
  tJobUs?: number;
  tTaskUs?: number;
  isNaive?: boolean;
}

/** Poisson arrivals, exponential durations (mean 100 s), tasks of 1 CPU and 2 GiB on agents of 16 CPUs and 64 GiB. */
export function poissonJobs(space: ResourceSpace, shape: ReplayShape): JobSource {
  const meanDurationUs = 100e6;
  const capacity = shape.agents * 16;
  const gapUs = (meanDurationUs * shape.tasksPerJob) / (capacity * shape.load);
  const amounts = space.of({ cpus: 1, mem: 2048 });
  let state = 12345;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 1) / 4294967297;
  };
  let left = shape.tasks;
  let nowUs = 0;
  let number = 0;
  return {
    report: emptyReport('poisson', []),
    close: () => undefined,
    next(): JobRecord | null {
      if (left <= 0) return null;
      left -= shape.tasksPerJob;
      nowUs += Math.round(-Math.log(uniform()) * gapUs);
      number++;
      return {
        id: String(number),
        user: `u${number % shape.frameworks}`,
        queue: '',
        class: '',
        submitUs: nowUs,
        priority: 0,
        deadlineUs: -1,
        after: [],
        groups: [
          {
            name: '',
            count: shape.tasksPerJob,
            gang: false,
            amounts,
            durationUs: Math.max(1, Math.round(-Math.log(uniform()) * meanDurationUs)),
            estimateUs: -1,
            constraints: '',
            after: [],
            image: '',
            inputs: [],
            outputMilliMib: 0,
          },
        ],
      };
    },
  };
}

export function replayCluster(shape: ReplayShape): Cluster {
  const space = new ResourceSpace();
  const uniform = (): number => 0.5;
  const allocator = drf.create(resolveOptions('drf', drf.options, {}), {
    resources: space,
    random: () => uniform,
    fairnessExclude: [],
    bidderOf: () => ({ bidder: '', endowment: 0, incomePerS: 0, cap: 0 }),
  });
  return new Cluster({
    settings: {
      seed: 1,
      allocationIntervalUs: 1e6,
      allocateOnRecover: false,
      agentOrder: 'shuffle',
      networkDelayUs: 0,
      startDelayUs: 0,
      imagePullUs: 0,
      offerTimeoutUs: -1,
      checkpoint: false,
      isNaive: shape.isNaive ?? false,
      checksInvariants: false,
    },
    resources: space,
    allocator,
    readsDemand: false,
    policyView: (world) => new PolicyView(world, [], 'drf'),
    observers: [],
    agents: Array.from({ length: shape.agents }, (_, row) => ({
      id: `a${row}`,
      amounts: space.of({ cpus: 16, mem: 65536 }),
      attributes: {},
    })),
    roles: [],
    frameworks: Array.from({ length: shape.frameworks }, (_, row) => ({
      name: `f${row}`,
      role: '*',
      maxJobs: Number.POSITIVE_INFINITY,
      create: (driver, client) =>
        batch.create(
          {},
          {
            order: fifo.create({}),
            placement: firstFit.create({}, { random: () => uniform }),
            client,
            tJobUs: shape.tJobUs ?? 0,
            tTaskUs: shape.tTaskUs ?? 0,
            refuseUs: 5e6,
            suppressWhenIdle: true,
            reviveOnArrival: false,
            gangReleaseUs: 60e6,
          },
          driver,
        ),
    })),
    sources: [poissonJobs(space, shape)],
    route: (record) => Number(record.user.slice(1)),
    streams: () => uniform,
    actions: { nextUs: () => Number.POSITIVE_INFINITY, act: () => undefined },
    sampleUs: Number.POSITIVE_INFINITY,
    untilUs: Number.POSITIVE_INFINITY,
  });
}

/** Tasks per CPU second of a whole replay, what it did, and its digest. The heap is bound as in a run of the program. */
export function replay(shape: ReplayShape): { tasksPerS: number; counts: Counts; digest: string } {
  const cluster = replayCluster(shape);
  const heap = new HeapBounds();
  const piece = new Piece();
  const { loop, intake } = cluster;
  const before = process.cpuUsage();
  while (!loop.isOver && loop.nextInstantUs() !== Number.POSITIVE_INFINITY) {
    loop.runUntil(loop.nextInstantUs() + piece.nextUs(loop, shape.agents));
    heap.fit(intake.liveCount);
  }
  const used = process.cpuUsage(before);
  const cpuS = (used.user + used.system) / 1e6;
  return {
    tasksPerS: shape.tasks / cpuS,
    counts: countsOf(cluster, cpuS),
    digest: cluster.world.facts.digest.hex(),
  };
}

/** What a cluster has done in a run that took so many CPU seconds. */
export function countsOf({ loop, world }: Cluster, cpuS: number): Counts {
  return { cpuS, events: loop.eventCount, tasks: world.launchCount, offers: world.offerCount };
}

/** One Mesos cycle at full width: `active` frameworks of 100 want offers, each declines everything without a filter. CPU ms per cycle. */
export function saturatedCycleMs(
  agents: number,
  active: number,
  cycles: number,
): { offeredMs: number; answeredMs: number } {
  const shape = { agents, frameworks: 100, tasksPerJob: 1, tasks: 1, load: 0.7 };
  const base = replayCluster(shape);
  const drivers: SchedulerDriver[] = [];
  const spent = { offers: 0, answers: 0 };
  const cluster = new Cluster({
    ...base.setup,
    sources: [poissonJobs(base.setup.resources, { ...shape, tasks: 1 })],
    frameworks: base.setup.frameworks.map((framework, row) => ({
      ...framework,
      create: (driver: SchedulerDriver): Framework => {
        drivers[row] = driver;
        return {
          onJob: () => undefined,
          onPending: () => undefined,
          onOffers: () => driver.declineAll(0),
          demand: () => [],
          chargeWaits: () => undefined,
          visitPending: () => undefined,
        };
      },
    })),
    untilUs: (cycles + 20) * 1e6,
  });
  for (let row = 0; row < active; row++) drivers[row]?.revive();
  const run = cluster.run.bind(cluster);
  let isWarm = false;
  cluster.run = (nowUs: number): void => {
    const before = process.cpuUsage();
    run(nowUs);
    const used = process.cpuUsage(before);
    if (isWarm) spent.offers += used.user + used.system;
  };
  cluster.loop.runUntil(20e6);
  isWarm = true;
  const before = process.cpuUsage();
  cluster.loop.runUntil((cycles + 20) * 1e6);
  const used = process.cpuUsage(before);
  spent.answers = used.user + used.system - spent.offers;
  return { offeredMs: spent.offers / cycles / 1000, answeredMs: spent.answers / cycles / 1000 };
}
