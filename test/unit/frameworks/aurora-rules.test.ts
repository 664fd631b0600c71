import { describe, expect, it } from 'vitest';
import { type UpdateConfig, updateSchema } from '../../../src/frameworks/aurora/job.js';
import { ordersOf } from '../../../src/frameworks/aurora/offer-pool.js';
import { preemptionSequence } from '../../../src/frameworks/aurora/preemptor.js';
import { JobUpdate } from '../../../src/frameworks/aurora/updater.js';
import { ends, fullAgents, job, run, service, starts } from '../../support/aurora.js';
import { runFramework } from '../../support/framework-run.js';

// Expected values are those of apache/aurora at 11ebaeeb; the file is named at each rule.

const tell = (at: string, action: string, more: object = {}) => ({
  at,
  tell: { framework: 'aurora', action, ...(action === 'drain' ? {} : { job: 'www/prod/a' }), ...more },
});

describe('an update alone', () => {
  /** An update against a host that writes down what it is asked; time is what the test says. */
  function scripted(more: object, oldCount: number, newCount: number, isOnlyCount = false) {
    const log: string[] = [];
    const clock = { us: 0 };
    const settings: UpdateConfig = updateSchema.parse({ watch_secs: 0, ...more });
    const update = new JobUpdate(
      settings,
      {
        get nowUs() {
          return clock.us;
        },
        kill: (instance) => void log.push(`kill ${instance}`),
        create: (instance) => void log.push(`new ${instance}`),
        watch: () => undefined,
        blocked: (isBlocked) => void log.push(isBlocked ? 'blocked' : 'goes on'),
        over: (state) => void log.push(state),
      },
      { oldCount, newCount, isOnlyCount },
    );
    update.start();
    const finish = (instance: number): void => {
      update.vacated(instance);
      update.running(instance);
      update.watched(instance);
    };
    return { log, update, finish, clock };
  }

  it('goes by a list of batch sizes, the last of which repeats; each batch waits for the one before', () => {
    // updater/strategy/VariableBatchStrategy: 1, 2, 2, … of six instances: {0} {1 2} {3 4} {5}.
    const { log, finish } = scripted({ update_strategy: { batch_sizes: [1, 2] } }, 6, 6);
    for (const instance of [0, 1, 2, 3, 4, 5]) finish(instance);
    const kills = log.filter((line) => line.startsWith('kill'));
    expect(kills).toEqual(['kill 0', 'kill 1', 'kill 2', 'kill 3', 'kill 4', 'kill 5']);
    expect(log.indexOf('kill 2')).toBe(log.indexOf('kill 1') + 1);
    expect(log.indexOf('kill 3')).toBeGreaterThan(log.indexOf('new 2'));
    expect(log.indexOf('kill 5')).toBeGreaterThan(log.indexOf('new 4'));
    expect(log.at(-1)).toBe('ROLLED_FORWARD');
  });

  it('a queue keeps batch_size in progress, a batch waits for all of it', () => {
    const queue = scripted({ batch_size: 2 }, 3, 3);
    queue.finish(0);
    expect(queue.log).toContain('kill 2');
    const batch = scripted({ batch_size: 2, wait_for_batch_completion: true }, 3, 3);
    batch.finish(0);
    expect(batch.log).not.toContain('kill 2');
    batch.finish(1);
    expect(batch.log).toContain('kill 2');
  });

  it('without a pulse it begins nothing; a pulse lasts for its interval, and what was vacated meanwhile waits', () => {
    const { log, update, clock } = scripted({ pulse_interval_secs: 60 }, 2, 2);
    expect(log).toEqual(['blocked']);
    update.pulse();
    expect(log).toEqual(['blocked', 'goes on', 'kill 0']);
    // 61 s later the pulse is too old: the old task has ended, the new one is not made.
    clock.us = 61e6;
    update.vacated(0);
    expect(log.slice(3)).toEqual(['blocked']);
    update.pulse();
    expect(log.slice(4)).toEqual(['goes on', 'new 0']);
  });

  it('pauses after a batch where the strategy says so, until it is resumed', () => {
    const { log, finish, update } = scripted({ update_strategy: { batch_size: 1, autopause_after_batch: true } }, 2, 2);
    finish(0);
    expect(log).toEqual(['kill 0', 'new 0', 'blocked']);
    update.resume();
    finish(1);
    expect(log.slice(3)).toEqual(['goes on', 'kill 1', 'new 1', 'ROLLED_FORWARD']);
  });

  it('of the number of instances alone leaves those that stay (updater/JobDiff.java)', () => {
    const grow = scripted({ batch_size: 5 }, 2, 4, true);
    expect(grow.log).toEqual(['new 2', 'new 3']);
    expect(scripted({}, 3, 2, true).log).toEqual(['kill 2']);
  });
});

describe('updates of a running job', () => {
  const update = (more: object) => [tell('10 min', 'update', { cpu: 1, ...more })];

  it('sla_aware: kills wait until the others have been up for long enough', () => {
    // Twenty production tasks at 95 %: ⌊0.05 · 20⌋ = 1 may be away. With sla duration 100 s the next kill waits until the last new task has
    // been RUNNING for more than 100 s, though watch_secs is 0 and five may be in progress: tried again after 1 to 2 min, then longer.
    const agents = [{ count: 5, cpus: 10, mem: '64 GiB', disk: '64 GiB' }];
    const sla = { percentage: 95, duration_secs: 100 };
    const jobs = [
      service('a', {
        instances: 20,
        tier: 'preferred',
        task: { resources: { cpu: 1, ram: '1 GiB', disk: '1 GiB' } },
        sla_policy: sla,
      }),
    ];
    const careful = run(jobs, { agents, actions: update({ batch_size: 5, watch_secs: 0, sla_aware: true, cpu: 0.5 }) });
    const kills = ends(careful, 'www/prod/a', 'killing');
    expect(kills.length).toBeGreaterThan(5);
    for (const [index, at] of kills.slice(1).entries()) expect(at - (kills[index] as number)).toBeGreaterThan(100);
    const careless = run(jobs, { agents, actions: update({ batch_size: 5, watch_secs: 0, cpu: 0.5 }) });
    expect(new Set(ends(careless, 'www/prod/a', 'killing').slice(0, 5)).size).toBe(1);
  });

  it('pulses by an operator drive it, and without them it stands', () => {
    const jobs = [service('a', { instances: 4 })];
    const still = run(jobs, { actions: update({ pulse_interval_secs: 60 }) });
    expect(ends(still, 'www/prod/a', 'killing')).toHaveLength(0);
    expect(still.notes.filter(({ detail }) => detail['state'] === 'BLOCKED')).toHaveLength(1);
    const driven = run(jobs, {
      actions: [
        ...update({ pulse_interval_secs: 60, watch_secs: 0, batch_size: 4 }),
        tell('12 min', 'pulse'),
        tell('13 min', 'pulse'),
      ],
    });
    expect(ends(driven, 'www/prod/a', 'killing').every((at) => at >= 720)).toBe(true);
    expect(driven.gauges.get('updates_rolled_forward')).toBe(1);
  });

  it('affinity: each instance starts again on the agent that it had', () => {
    const jobs = [service('a', { instances: 6 }), service('b', { role: 'ads', instances: 2 })];
    const agentsOf = (result: ReturnType<typeof run>) => {
      const of = (id: string) => Number(id.split('/')[3]?.split('#')[0]);
      const own = result.started.filter(({ id }) => id.startsWith('www/prod/a'));
      return [own.slice(0, 6), own.slice(6)].map((list) => new Map(list.map(({ id, agent }) => [of(id), agent])));
    };
    const kept = agentsOf(
      run(jobs, { options: { updateAffinity: true }, actions: update({ batch_size: 6, cpu: 1.5 }) }),
    );
    expect(kept[1]?.size).toBe(6);
    for (const [instance, agent] of kept[1] as Map<number, string>) expect(agent).toBe(kept[0]?.get(instance));
    // A larger task does not fit where the old one was for sure: nothing is kept, and instances mix.
    const free = agentsOf(run(jobs, { actions: update({ batch_size: 6, cpu: 1.5 }) }));
    expect([...(free[1] as Map<number, string>)].some(([instance, agent]) => agent !== free[0]?.get(instance))).toBe(
      true,
    );
  });
});

describe('lost agents', () => {
  const lose = [{ at: '30 min', removeAgent: 'agent-0' }];
  const jobs = (partition_policy?: object) => [
    service('a', { instances: 4, constraints: { host: 'limit:2' }, ...(partition_policy ? { partition_policy } : {}) }),
  ];
  const again = (policy: object | undefined, options: Record<string, unknown>) =>
    starts(run(jobs(policy), { actions: lose, options }), 'www/prod/a').filter((at) => at >= 1800);

  it('without the capability tasks are LOST at once and made anew', () => {
    // They ran for half an hour: no flapping, so the next attempts of their group find room within a minute.
    expect(Math.max(...again({ delay_secs: 600 }, {}))).toBeLessThan(1900);
  });

  it('with it they are PARTITIONED for the delay of their policy, and flapping then however long they ran', () => {
    const times = again({ delay_secs: 600 }, { partitionAware: true, preemptedFlaps: false });
    expect(times.length).toBeGreaterThan(0);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2400);
    expect(Math.max(...times)).toBeLessThan(2470);
    // PARTITIONED is the last active state: with a delay of 0 its end follows at once, which is less than five minutes. 30 s + U(0, 30 s).
    const quirk = again({ delay_secs: 0 }, { partitionAware: true });
    expect(Math.min(...quirk)).toBeGreaterThanOrEqual(1830);
    expect(again({ reschedule: false }, { partitionAware: true })).toEqual([]);
  });
});

describe('what flaps', () => {
  it('a preempted task always does: PREEMPTING is its last active state', () => {
    // low has run for 20 min when high evicts it; its successor is throttled for 30 s to 60 s all the same, unless the quirk is off.
    const jobs = [
      service('low', { role: 'ads', instances: 4 }),
      job('high', { tier: 'preferred', cron_schedule: '20 * * * *', simulation: { duration: '1 min' } }),
    ];
    const throttled = (options: Record<string, unknown>) =>
      run(jobs, { agents: fullAgents, options }).gauges.get('tasks_throttled') ?? 0;
    expect(throttled({})).toBe(1);
    expect(throttled({ preemptedFlaps: false })).toBe(0);
  });
});

describe('stuck states', () => {
  it('a task that stays ASSIGNED for five minutes is LOST, and its instance starts anew', () => {
    // The first pull of the image takes 400 s: given up after 300 s, and again on each of the four agents, until one has it. An image that is
    // there already starts at once: the pull goes on without its task, so the second task on an agent finds it.
    const pulled = { container: { image: 'big' } };
    const slow = run([service('a', pulled)], { cluster: { imagePull: '400 s' } });
    const fast = run([service('a', pulled)], { cluster: { imagePull: '200 s' } });
    expect(fast.gauges.get('tasks_stuck')).toBeUndefined();
    expect(slow.gauges.get('tasks_stuck')).toBeGreaterThanOrEqual(1);
    expect(ends(slow, 'www/prod/a', 'stuck').length).toBe(slow.gauges.get('tasks_stuck'));
    // 300 s after the ACCEPT of the first attempt, which needs a moment.
    expect(Math.floor(ends(slow, 'www/prod/a', 'stuck')[0] as number)).toBe(300);
  });
});

describe('offers', () => {
  it('names of the order are checked', () => {
    expect(ordersOf('cpu+RANDOM')).toEqual(['CPU', 'RANDOM']);
    expect(() => ordersOf('CPUS')).toThrow(/must be some of CPU, MEMORY, DISK, RANDOM/);
  });

  it('of equal ones only the first is seen where the order does not end in RANDOM', () => {
    // Four equal agents, one launch per offer, five tasks per attempt. The sorted set takes one of four equal offers: after it is used the
    // others are held, but nobody sees them until they come again, minutes later.
    const jobs = [service('a', { instances: 4 })];
    const atOnce = (options: Record<string, unknown>) => {
      const times = starts(run(jobs, { options }), 'www/prod/a');
      return times.filter((at) => at === times[0]).length;
    };
    expect(atOnce({ offerOrder: 'CPU+RANDOM' })).toBe(4);
    expect(atOnce({ offerOrder: 'CPU', equalOffersCollapse: false })).toBe(4);
    expect(atOnce({ offerOrder: 'CPU' })).toBe(1);
  });

  it('agents are left alone six minutes before their maintenance, and emptied then', () => {
    const maintenance = { agents: ['agent-0', 'agent-1'], start: '20 min', duration: '10 min' };
    const result = run([service('a', { instances: 8, constraints: { host: 'limit:2' } })], {
      actions: [{ at: '5 min', maintenance }],
    });
    const moved = result.ended.filter(({ reason }) => reason === 'draining');
    expect(moved.length).toBe(4);
    // 20 min − 6 min = 840 s; inverse offers come again every few seconds.
    expect(Math.min(...moved.map(({ atS }) => atS))).toBeGreaterThan(840);
    expect(Math.max(...moved.map(({ atS }) => atS))).toBeLessThan(860);
    const between = result.started.filter(({ atS, agent }) => atS > 840 && atS < 1800 && /agent-[01]$/.test(agent));
    expect(between).toEqual([]);
  });
});

describe('preemption', () => {
  it('looks for slots of each group five by five', () => {
    // preemptor/PendingTaskProcessor.java: {A × 7, B × 2} gives AAAAA BB AA.
    expect(preemptionSequence([['A', 7] as const, ['B', 2] as const]).join('')).toBe('AAAAABBAA');
  });

  it('finds a slot for every task that is due, and evicts one agent after the other', () => {
    // Two agents of two preemptible tasks each; two preferred tasks of 4 CPUs need both agents.
    const jobs = [
      service('low', { role: 'ads', instances: 4 }),
      job('high', {
        tier: 'preferred',
        instances: 2,
        cron_schedule: '5 * * * *',
        task: { resources: { cpu: 4, ram: '1 GiB', disk: '1 GiB' } },
        simulation: { duration: '5 min' },
      }),
    ];
    const result = run(jobs, { agents: fullAgents, until: '20 min' });
    const high = starts(result, 'www/prod/high');
    expect(high).toHaveLength(2);
    // Both slots were found in one search, 3 to 4 min after 300 s; the second agent is kept when the first one has been used.
    expect(Math.max(...high)).toBeLessThan(300 + 240 + 75);
    expect(result.gauges.get('tasks_preempted')).toBe(4);
  });
});

describe('revocable CPUs', () => {
  // `web` asks for all of eight CPUs and uses a quarter of them: six are slack, which the estimator offers as revocable from 15 s on.
  const document = (keys: object, options: object) => ({
    workload: {
      jobs: [{ id: 'web', queue: 'web', tasks: 8, cpus: 1, mem: '1 GiB', duration: '20 min', useFactor: 0.25 }],
    },
    cluster: { agents: [{ count: 1, cpus: 8, mem: '32 GiB', disk: '64 GiB' }] },
    frameworks: [
      { name: 'web', match: { queue: 'web' } },
      {
        name: 'aurora',
        type: 'aurora',
        ...keys,
        options: { jobs: 'jobs.json', executorCpus: 0, executorRam: 0, preempt: false, ...options },
      },
    ],
    master: { oversubscription: { interval: '15 s', resources: ['cpus'] } },
    until: '10 min',
  });
  const started = (tier: string, keys: object = {}, options: object = {}) => {
    const jobs = [
      service('spare', { tier, instances: 2, task: { resources: { cpu: 2, ram: '1 GiB', disk: '1 GiB' } } }),
    ];
    return runFramework(document(keys, options), { 'jobs.json': jobs }).started.filter(({ id }) =>
      id.startsWith('www/prod/spare'),
    ).length;
  };
  const capable = { capabilities: ['REVOCABLE_RESOURCES'] };

  it('the tier runs on what the master offers as revocable, others do not', () => {
    expect(started('revocable', capable)).toBe(2);
    expect(started('preemptible', capable)).toBe(0);
    // Without the capability nothing revocable is offered, and the tier asks for ordinary CPUs, which web has.
    expect(started('revocable')).toBe(0);
  });

  it('and on nothing else, unless the option says that it uses ordinary ones', () => {
    const empty = [{ count: 1, cpus: 8, mem: '32 GiB', disk: '64 GiB' }];
    const onEmpty = (keys: object, options: Record<string, unknown>) =>
      run([service('spare', { tier: 'revocable' })], { agents: empty, keys, options }).started.length;
    expect(onEmpty(capable, {})).toBe(0);
    expect(onEmpty(capable, { revocableTier: 'ordinary' })).toBe(1);
    expect(onEmpty({}, {})).toBe(1);
    expect(onEmpty({}, { revocableTier: 'revocable' })).toBe(0);
  });
});

describe('quota', () => {
  it('a role without one has none, unless the option says that it is unlimited', () => {
    const jobs = [service('a', { tier: 'preferred' }), service('b')];
    const names = (options: Record<string, unknown>) =>
      new Set(run(jobs, { options }).started.map(({ id }) => id.split('/')[2])) as Set<string>;
    expect([...names({ unsetQuota: 'zero' })]).toEqual(['b']);
    expect([...names({ unsetQuota: 'unlimited' })].sort()).toEqual(['a', 'b']);
  });

  it('counts active tasks: what has finished is free again; a cron job counts while it is idle', () => {
    const quotas = { www: { cpu: 4, ram_mib: 8192, disk_mib: 8192 } };
    const grow = [tell('20 min', 'update', { instances: 2 })];
    const service1 = service('a', { tier: 'preferred' });
    const done = job('done', { tier: 'preferred', simulation: { duration: '1 min' } });
    const cron = job('cron', { tier: 'preferred', cron_schedule: '0 0 1 1 *', simulation: { duration: '1 min' } });
    const states = (other: object) =>
      run([service1, other], { quotas, actions: grow })
        .notes.filter(({ event }) => event === 'aurora-update')
        .at(-1)?.detail['state'];
    // 2 + 2 of 4 CPUs at first. At 20 min the ad-hoc job is over, so that two of the service fit; the template of the cron job still counts.
    expect(states(done)).toBe('ROLLED_FORWARD');
    expect(states(cron)).toBeUndefined();
  });
});

describe('leaders', () => {
  it('give way after a day: offers and delays are lost, tasks are kept', () => {
    const options = { maxLeading: '10 min' };
    const result = run([service('a', { instances: 4 })], { options });
    expect(result.notes.filter(({ event }) => event === 'aurora-leader').map(({ atS }) => atS)).toEqual([
      600, 1200, 1800, 2400, 3000, 3600,
    ]);
    expect(result.ended).toHaveLength(0);
    const never = run([service('a')], { options: { maxLeading: '0 s' } });
    expect(never.notes.filter(({ event }) => event === 'aurora-leader')).toHaveLength(0);
  });

  it('make up for no cron run that fell into their absence', () => {
    const jobs = [job('a', { cron_schedule: '*/5 * * * *', simulation: { duration: '10 s' } })];
    const result = run(jobs, {
      actions: [{ at: '9 min', failover: { framework: 'aurora', for: '3 min' } }],
      until: '22 min',
    });
    // 300 s, 900 s, 1200 s: the one of 600 s is missed for good.
    expect(starts(result, 'www/prod/a').map((at) => Math.round(at / 300) * 300)).toEqual([300, 900, 1200]);
  });
});
