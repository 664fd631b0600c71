import { describe, expect, it } from 'vitest';
import { Cluster } from '../../../src/cluster/cluster.js';
import type { Framework, SchedulerDriver, TaskUpdate } from '../../../src/model/framework.js';
import { FOREVER_US, type JobRecord } from '../../../src/model/job.js';
import type { PendingGroup } from '../../../src/model/order.js';
import { job, runToEnd, tinyParts } from '../../support/world.js';

type News = [second: number, state: string, index: number, attempt: number, reason: string];

/** Submits jobs of its own at the start, takes the first agent that fits, and writes down what it is told. */
class Eager implements Framework {
  readonly news: News[] = [];
  readonly ended: number[] = [];
  readonly waiting: PendingGroup[] = [];
  goesOn = false;
  private readonly open = new Set<number>();
  onRunning: (update: TaskUpdate) => void = () => undefined;
  onLost: (update: TaskUpdate) => void = () => undefined;

  constructor(
    readonly driver: SchedulerDriver,
    readonly jobs: readonly JobRecord[],
  ) {}

  onStart(): void {
    for (const record of this.jobs) this.driver.submit(record);
  }
  hasMore(): boolean {
    // A job has ended when its tasks have: the news of it still travels.
    return this.goesOn || this.open.size > 0;
  }
  onJob(): void {
    // Its group follows.
  }
  onPending(pending: PendingGroup): void {
    if (!this.waiting.includes(pending)) this.waiting.push(pending);
    if (this.driver.isSuppressed) this.driver.revive();
  }
  onOffers(): void {
    const { driver } = this;
    for (const pending of this.waiting) {
      for (let agent = driver.offers.nextAgent(-1); agent >= 0; agent = driver.offers.nextAgent(agent)) {
        while (pending.pendingCount > 0 && driver.place(pending, agent));
      }
    }
    driver.accept(0);
    driver.declineAll(0);
  }
  onUpdate(update: TaskUpdate): void {
    const { state, index, attempt, reason } = update;
    if (state === 'running') this.open.add(update.task);
    else this.open.delete(update.task);
    this.news.push([this.driver.nowUs / 1e6, state, index, attempt, reason]);
    if (state === 'running') this.onRunning(update);
    if (state === 'lost') this.onLost(update);
  }
  onEnded(_pending: PendingGroup, count: number): void {
    this.ended.push(count);
  }
  demand(): [] {
    return [];
  }
  chargeWaits(): void {
    // No waits are written here.
  }
  visitPending(): void {
    // Nor pending shapes.
  }
}

function record(more: Partial<JobRecord['groups'][number]>, count = 1): JobRecord {
  const made = job('own', 0, { count, durationS: 10 });
  return { ...made, groups: made.groups.map((group) => ({ ...group, ...more })) };
}

function run(
  jobs: readonly JobRecord[],
  set: (eager: Eager) => void = () => undefined,
  actions: [number, (cluster: Cluster) => void][] = [],
): { eager: Eager; cluster: Cluster } {
  let eager: Eager | undefined;
  let next = 0;
  const cluster = new Cluster({
    ...tinyParts({
      agents: [{ cpus: 2, mem: 64, count: 2, attributes: { rack: 'r1' } }],
      frameworks: [],
      jobs: [],
      settings: { networkDelayUs: 1000, checksInvariants: true },
      actions: {
        nextUs: () => (actions[next]?.[0] ?? Number.POSITIVE_INFINITY) * 1e6,
        act: (nowUs, world) => {
          for (; (actions[next]?.[0] ?? Number.POSITIVE_INFINITY) * 1e6 <= nowUs; next++) actions[next]?.[1](world);
        },
      },
    }),
    frameworks: [
      {
        name: 'eager',
        role: '*',
        maxJobs: Number.POSITIVE_INFINITY,
        create: (driver) => {
          eager = new Eager(driver, jobs);
          set(eager);
          return eager;
        },
      },
    ],
  });
  return { cluster: runToEnd(cluster), eager: eager as unknown as Eager };
}

describe('the contract of a framework', () => {
  it('tells each task that runs and ends, after the network has carried it', () => {
    // Submitted at 0, REVIVE 1 ms, offers 1 ms, ACCEPT 1 ms, RUN 1 ms; the updates take two hops.
    const { eager } = run([record({}, 3)]);
    expect(eager.news.filter((row) => row[1] === 'running').map((row) => row[2])).toEqual([0, 1, 2]);
    expect(eager.news.map((row) => row[1])).toEqual([...Array(3).fill('running'), ...Array(3).fill('finished')]);
    const [start, end] = [eager.news[0] as News, eager.news[3] as News];
    expect(end[0] - start[0]).toBeCloseTo(10, 9);
    expect(eager.ended).toEqual([3]);
  });

  it('runs a service until it is killed, with its grace, and the job is killed', () => {
    let task = -1;
    const { eager, cluster } = run(
      [record({ durationUs: FOREVER_US })],
      (it) => {
        it.onRunning = (update) => {
          task = update.task;
        };
      },
      [[500, (world) => world.world.frameworks[0]?.driver.kill(task, 'scaled-down', 3e6)]],
    );
    expect(eager.news.map((row) => row.slice(1))).toEqual([
      ['running', 0, 1, ''],
      ['killed', 0, 1, 'scaled-down'],
    ]);
    // KILL takes two hops, then the grace, then two hops back.
    expect(eager.news[1]?.[0]).toBeCloseTo(503.004, 9);
    expect(cluster.intake.endedCount).toBe(1);
  });

  it('ends a task that fails as failed, and tries it no more', () => {
    const { eager, cluster } = run([record({ exit: 'failed' })]);
    expect(eager.news.map((row) => row[1])).toEqual(['running', 'failed']);
    expect(cluster.intake.liveCount).toBe(0);
  });

  it('lets a running task fail by itself, and wait again when its framework says so', () => {
    const failing = (isRetried: boolean) =>
      run(
        [record({ durationUs: FOREVER_US })],
        (it) => {
          it.onRunning = ({ task, attempt }) => {
            if (attempt === 1) it.driver.fail(task, 'crashed', isRetried);
          };
        },
        [[50, (world) => world.killJob('own')]],
      );
    const again = failing(true);
    expect(again.eager.news.map((row) => [row[1], row[3], row[4]])).toEqual([
      ['running', 1, ''],
      ['failed', 1, 'crashed'],
      ['running', 2, ''],
      ['killed', 2, 'killed-by-operator'],
    ]);
    const once = failing(false);
    expect(once.eager.news.map((row) => [row[1], row[3], row[4]])).toEqual([
      ['running', 1, ''],
      ['failed', 1, 'crashed'],
    ]);
    expect(once.cluster.intake.endedCount).toBe(1);
  });

  it('queues a lost task again unless its group says that the framework decides', () => {
    const lose = (cluster: Cluster): void => cluster.membership.leave(0);
    const again = run([record({})], undefined, [[5, lose]]);
    expect(again.eager.news.map((row) => [row[1], row[3]])).toEqual([
      ['running', 1],
      ['lost', 1],
      ['running', 2],
      ['finished', 2],
    ]);
    const own = run([record({ retry: false })], undefined, [[5, lose]]);
    expect(own.eager.news.map((row) => [row[1], row[4]])).toEqual([
      ['running', ''],
      ['lost', 'agent-lost'],
    ]);
    expect(own.cluster.intake.endedCount).toBe(1);
  });

  it('knows the agents by id and attributes', () => {
    const { eager } = run([record({})]);
    expect(eager.driver.agentCount).toBe(2);
    expect([0, 1].map((agent) => eager.driver.agentId(agent))).toEqual(['agent-0', 'agent-1']);
    expect(eager.driver.attributes(1)).toEqual({ rack: 'r1' });
  });

  it('goes on while the framework has more to do, and takes words from the operator', () => {
    const words: unknown[] = [];
    const { cluster } = run(
      [],
      (eager) => {
        eager.goesOn = true;
        (eager as Framework).onAction = (action, values) => {
          words.push([action, values]);
          eager.goesOn = false;
        };
      },
      [[42, (world) => world.tell('eager', 'scale', { instances: 3 })]],
    );
    expect(words).toEqual([['scale', { instances: 3 }]]);
    expect(cluster.world.nowUs).toBe(42e6);
    expect(() => cluster.tell('nobody', 'scale', {})).toThrow('actions name a framework "nobody"');
  });
});
