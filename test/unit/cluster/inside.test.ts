import { describe, expect, it } from 'vitest';
import { Cluster } from '../../../src/cluster/cluster.js';
import { MetricView } from '../../../src/cluster/view.js';
import { counts } from '../../../src/metrics/counts.js';
import type { Framework, SchedulerDriver, SchedulerJob, TaskUpdate } from '../../../src/model/framework.js';
import { FOREVER_US, type JobRecord } from '../../../src/model/job.js';
import type { ClusterObserver } from '../../../src/model/observer.js';
import type { PendingGroup } from '../../../src/model/order.js';
import { job, SPACE, tinyParts } from '../../support/world.js';

const USES = SPACE.of({ cpus: 1 });

/** One host of 4 CPUs per agent at the start; what the test does with it comes by `script`. */
class Hosting implements Framework {
  readonly groups: PendingGroup[] = [];
  readonly hosts: number[] = [];
  killed: SchedulerJob | undefined;

  constructor(
    readonly driver: SchedulerDriver,
    private readonly script: (hosting: Hosting, tag: number) => void,
    private readonly ticks: readonly number[],
  ) {}

  onStart(): void {
    this.driver.revive();
    for (const second of this.ticks) this.driver.timer(second * 1e6, second);
  }
  onJob(): void {
    // Its groups follow.
  }
  onPending(pending: PendingGroup): void {
    this.groups.push(pending);
  }
  onKillJob(killed: SchedulerJob): void {
    this.killed = killed;
    this.script(this, -1);
  }
  onOffers(): void {
    const { driver } = this;
    for (let agent = driver.offers.nextAgent(-1); agent >= 0; agent = driver.offers.nextAgent(agent)) {
      driver.submit(host(`host-${agent}`));
      driver.place(this.groups.pop() as PendingGroup, agent);
    }
    driver.accept(0);
    driver.suppress();
    driver.declineAll(0);
  }
  onUpdate(update: TaskUpdate): void {
    if (update.state === 'running') this.hosts.push(update.task);
  }
  onTimer(tag: number): void {
    this.script(this, tag);
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

function host(id: string): JobRecord {
  const record = job(id, 0, { cpus: 4 });
  return { ...record, isHost: true, groups: record.groups.map((group) => ({ ...group, durationUs: FOREVER_US })) };
}

interface Outcome {
  readonly log: string[];
  readonly summary: Record<string, number>;
  readonly cluster: Cluster;
}

/** Runs a script at the given seconds over jobs that arrive at 0. */
function play(jobs: readonly JobRecord[], ticks: number[], script: (hosting: Hosting, tag: number) => void): Outcome {
  const log: string[] = [];
  const summary: Record<string, number> = {};
  let tally: ClusterObserver = {};
  let kill = jobs.some(({ id }) => id === 'doomed');
  const observer: ClusterObserver = {
    taskStarted: ({ job: { record }, index, attempt }) => {
      if (record.isHost !== true) log.push(`${cluster.world.nowUs / 1e6} start ${record.id}/${index}.${attempt}`);
    },
    taskEnded: (fact) => {
      const { record } = fact.job;
      if (record.isHost !== true)
        log.push(
          `${cluster.world.nowUs / 1e6} ${fact.state} ${record.id}/${fact.index}.${fact.attempt} ${fact.reason}`,
        );
      tally.taskEnded?.(fact);
    },
    taskUndone: (view) => tally.taskUndone?.(view),
    jobArrived: (view) => tally.jobArrived?.(view),
    jobEnded: (view) => {
      log.push(`${cluster.world.nowUs / 1e6} ${view.state} ${view.record.id}`);
      tally.jobEnded?.(view);
    },
  };
  const cluster = new Cluster({
    ...tinyParts({
      agents: [{ cpus: 4, count: 1 }],
      frameworks: [],
      jobs,
      settings: { checksInvariants: true },
      observers: [observer],
      actions: {
        nextUs: () => (kill ? 3e6 : Number.POSITIVE_INFINITY),
        act: (nowUs, world) => {
          if (nowUs < 3e6) return;
          kill = false;
          world.killJob('doomed');
        },
      },
    }),
    frameworks: [
      {
        name: 'hosting',
        role: '*',
        maxJobs: Number.POSITIVE_INFINITY,
        create: (driver) => new Hosting(driver, script, ticks),
      },
    ],
  });
  const view = new MetricView(cluster.world, cluster.intake);
  tally = counts.create(
    {},
    {
      cluster: view,
      warmupUs: 0,
      table: () => {
        throw new Error('counts has no table');
      },
      summary: ({ metric, value }) => {
        summary[metric] = value;
      },
    },
  );
  cluster.loop.runUntil(Number.POSITIVE_INFINITY);
  tally.finished?.();
  return { log, summary, cluster };
}

/** Conservation of tasks, hosts left out. */
function sumOfStates(summary: Record<string, number>): number {
  const states = ['pending', 'running', 'finished', 'failed', 'killed', 'lost'];
  return states.reduce((sum, state) => sum + (summary[`tasks_${state}`] as number), 0);
}

describe('tasks inside tasks', () => {
  it('start in any order, are charged to nobody and end when their framework says so; their host is no job', () => {
    let row = -1;
    const { log, summary, cluster } = play([job('a', 0, { count: 3 })], [1, 5, 9], ({ driver, groups }, tag) => {
      const [group] = groups as [PendingGroup];
      if (tag === 1) {
        row = driver.inside.start(group, 2, 0, USES);
        // It is running: it does not wait.
        expect(driver.inside.start(group, 2, 0, USES)).toBe(-1);
      }
      if (tag === 5) {
        driver.inside.end(row, 'finished', '', false);
        row = driver.inside.start(group, 0, 0, USES);
      }
      if (tag === 9) {
        driver.inside.end(row, 'finished', '', false);
        driver.inside.end(driver.inside.start(group, 1, 0, USES), 'finished', '', false);
      }
    });
    expect(log).toEqual([
      '1 start a/2.1',
      '5 finished a/2.1 ',
      '5 start a/0.1',
      '9 finished a/0.1 ',
      '9 start a/1.1',
      '9 finished a/1.1 ',
      '9 finished a',
    ]);
    expect(summary).toMatchObject({ jobs_submitted: 1, jobs_finished: 1, tasks_submitted: 3, tasks_finished: 3 });
    // The host holds 4 CPUs from 0 to 9 s; what runs inside uses one of them from 1 to 9 s.
    const { ledger } = cluster.world;
    expect(ledger.integral('allocated', 0)).toBe(36_000);
    expect(ledger.integral('used', 0)).toBe(8_000);
  });

  it('that are lost wait again with the next attempt, and those that fail for good end their job as failed', () => {
    let row = -1;
    const { log, summary } = play([job('a', 0, {})], [1, 2, 3, 4], ({ driver, groups }, tag) => {
      const [group] = groups as [PendingGroup];
      if (tag % 2 === 1) row = driver.inside.start(group, 0, 0, USES);
      if (tag === 2) driver.inside.end(row, 'lost', 'executor-lost', true);
      if (tag === 4) driver.inside.end(row, 'failed', 'max-failures', false);
    });
    expect(log).toEqual([
      '1 start a/0.1',
      '2 lost a/0.1 executor-lost',
      '3 start a/0.2',
      '4 failed a/0.2 max-failures',
      '4 failed a',
    ]);
    expect(summary).toMatchObject({ tasks_failed: 1, task_attempts: 2, lost_work_s: 2, jobs_failed: 1 });
    expect(sumOfStates(summary)).toBe(1);
  });

  it('may have one copy: the first that finishes counts, the other is no task of its own', () => {
    let first = -1;
    let second = -1;
    const { log, summary } = play([job('a', 0, { count: 2 })], [1, 2, 4, 5, 6], ({ driver, groups }, tag) => {
      const [group] = groups as [PendingGroup];
      if (tag === 1) first = driver.inside.start(group, 0, 0, USES);
      if (tag === 2) {
        second = driver.inside.copy(first, 0);
        expect(driver.inside.copy(first, 0)).toBe(-1);
      }
      if (tag === 4) {
        driver.inside.end(second, 'finished', '', false);
        driver.inside.end(first, 'killed', 'speculation', false);
        first = driver.inside.start(group, 1, 0, USES);
        second = driver.inside.copy(first, 0);
      }
      // One of two copies is lost: the task runs on. Then the other: it waits again.
      if (tag === 5) {
        driver.inside.end(first, 'lost', 'executor-lost', true);
        expect(group.pendingCount).toBe(0);
        driver.inside.end(second, 'lost', 'executor-lost', true);
        expect(group.pendingCount).toBe(1);
      }
      if (tag === 6) driver.inside.end(driver.inside.start(group, 1, 0, USES), 'finished', '', false);
    });
    expect(log.filter((line) => line.includes('a/0'))).toEqual([
      '1 start a/0.1',
      '2 start a/0.2',
      '4 finished a/0.2 ',
      '4 killed a/0.1 speculation',
    ]);
    expect(log.slice(-3)).toEqual(['6 start a/1.3', '6 finished a/1.3 ', '6 finished a']);
    expect(summary).toMatchObject({ tasks_finished: 2, tasks_killed: 0, jobs_finished: 1 });
    expect(sumOfStates(summary)).toBe(2);
  });

  it('can start before what they wait for, and be done again when their output is lost', () => {
    const [map] = job('mr', 0, { count: 1 }).groups;
    if (map === undefined) throw new Error('a job has a group');
    const record = {
      ...job('mr', 0, {}),
      groups: [
        { ...map, name: 'map' },
        { ...map, name: 'reduce', after: ['map'] },
      ],
    };
    let reduce = -1;
    const { log, summary } = play([record], [1, 2, 3], (hosting, tag) => {
      const { driver, groups } = hosting;
      const [maps] = groups as [PendingGroup];
      const reduces = (maps.job as SchedulerJob).groups[1] as PendingGroup;
      if (tag === 1) {
        expect(driver.inside.start(reduces, 0, 0, USES)).toBe(-1);
        driver.inside.release(reduces);
        reduce = driver.inside.start(reduces, 0, 0, USES);
        driver.inside.end(driver.inside.start(maps, 0, 0, USES), 'finished', '', false);
      }
      if (tag === 2) driver.inside.redo(maps, 0);
      if (tag === 3) {
        driver.inside.end(driver.inside.start(maps, 0, 0, USES), 'finished', '', false);
        driver.inside.end(reduce, 'finished', '', false);
      }
    });
    expect(log).toEqual([
      '1 start mr/0.1',
      '1 start mr/0.1',
      '1 finished mr/0.1 ',
      '3 start mr/0.2',
      '3 finished mr/0.2 ',
      '3 finished mr/0.1 ',
      '3 finished mr',
    ]);
    expect(summary).toMatchObject({ tasks_submitted: 2, tasks_finished: 2, task_attempts: 3 });
  });

  it('of a job that an operator kills are stopped by their framework', () => {
    let row = -1;
    const { log, summary } = play([job('doomed', 0, { count: 2 })], [1], (hosting, tag) => {
      if (tag === 1) row = hosting.driver.inside.start(hosting.groups[0] as PendingGroup, 0, 0, USES);
      else hosting.driver.inside.end(row, 'killed', 'killed-by-operator', false);
    });
    expect(log).toEqual(['1 start doomed/0.1', '3 killed doomed/0.1 killed-by-operator', '3 killed doomed']);
    // The other one never started: it has no attempt, and its job is over.
    expect(summary).toMatchObject({ tasks_killed: 1, jobs_killed: 1, jobs_running: 0 });
  });
});
