import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/frameworks/aurora/backoff.js';
import { nextTrigger } from '../../../src/frameworks/aurora/cron.js';
import type { TaskConfig, Tier, UpdateConfig } from '../../../src/frameworks/aurora/job.js';
import { mayEvict } from '../../../src/frameworks/aurora/preemptor.js';
import { JobUpdate, type UpdateHost } from '../../../src/frameworks/aurora/updater.js';
import { ends, fullAgents, job, run, service, starts } from '../../support/aurora.js';
import { fc } from '../../support/properties.js';

function config(role: string, tier: Tier, priority: number): TaskConfig {
  return { role, tier, priority } as TaskConfig;
}

describe('who may evict whom', () => {
  it('preferred evicts preemptible and revocable of any role; within a tier only the own role by priority', () => {
    expect(mayEvict(config('a', 'preferred', 0), config('b', 'preemptible', 100))).toBe(true);
    expect(mayEvict(config('a', 'preferred', 0), config('b', 'revocable', 100))).toBe(true);
    expect(mayEvict(config('a', 'preemptible', 9), config('a', 'preemptible', 1))).toBe(true);
    expect(mayEvict(config('a', 'preferred', 9), config('a', 'preferred', 1))).toBe(true);
    expect(mayEvict(config('a', 'preemptible', 9), config('a', 'preferred', 1))).toBe(false);
  });

  it('priorities never compare across roles, and nothing evicts its like', () => {
    const tiers = fc.constantFrom<Tier>('preferred', 'preemptible', 'revocable');
    const any = fc.tuple(fc.constantFrom('a', 'b'), tiers, fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(any, any, ([role, tier, priority], [otherRole, otherTier, otherPriority]) => {
        const pending = config(role, tier, priority);
        const victim = config(otherRole, otherTier, otherPriority);
        if (role !== otherRole) {
          // Across roles the tier decides alone: changing priorities changes nothing.
          expect(mayEvict(pending, victim)).toBe(mayEvict(config(role, tier, 0), config(otherRole, otherTier, 99)));
        }
        expect(mayEvict(pending, pending)).toBe(false);
        if (mayEvict(pending, victim)) expect(mayEvict(victim, pending)).toBe(false);
      }),
    );
  });

  it('a preferred task that found no room for three minutes evicts, and starts on the agent kept for it', () => {
    const jobs = [
      service('low', { role: 'ads', instances: 4 }),
      job('high', { tier: 'preferred', cron_schedule: '5 * * * *', simulation: { duration: '5 min' } }),
    ];
    const result = run(jobs, { agents: fullAgents });
    expect(result.gauges.get('tasks_preempted')).toBe(1);
    const [evicted] = ends(result, 'ads/prod/low', 'preempting') as [number];
    const [started] = starts(result, 'www/prod/high') as [number];
    // PENDING at 300 s; searches at 180 s and each minute: the one at 480 s finds a slot, the next failed attempt uses it.
    expect(evicted).toBeGreaterThanOrEqual(480);
    expect(evicted).toBeLessThanOrEqual(540);
    expect(started).toBeGreaterThan(evicted);
    expect(started).toBeLessThanOrEqual(evicted + 61);
    // The evicted one starts again once the other has finished.
    expect(starts(result, 'ads/prod/low').filter((at) => at > started).length).toBe(1);
  });

  it('a task of another role and a higher priority evicts nobody of the same tier', () => {
    const jobs = [
      service('low', { role: 'ads', instances: 4 }),
      job('high', { priority: 100, cron_schedule: '5 * * * *' }),
    ];
    const result = run(jobs, { agents: fullAgents });
    expect(result.gauges.get('tasks_preempted')).toBeUndefined();
    expect(starts(result, 'www/prod/high')).toHaveLength(0);
  });
});

describe('placement', () => {
  it('limit: at most so many tasks of the job for each value; a negated value passes where it is missing', () => {
    const result = run([service('a', { instances: 8, constraints: { host: 'limit:1' } })]);
    expect(starts(result, 'www/prod/a')).toHaveLength(4);
    expect(new Set(result.started.map(({ agent }) => agent)).size).toBe(4);
    const rack = run([service('a', { instances: 4, constraints: { rack: '!r0', zone: '!a' } })]);
    expect(rack.started.every(({ agent }) => agent === 'agent-2' || agent === 'agent-3')).toBe(true);
    expect(run([service('a', { constraints: { zone: 'a' } })]).started).toHaveLength(0);
  });

  it('dedicated agents take only tasks that ask for them', () => {
    const agents = [
      { name: 'open', cpus: 4, mem: '8 GiB', disk: '8 GiB' },
      { name: 'own', cpus: 4, mem: '8 GiB', disk: '8 GiB', attributes: { dedicated: 'www/db' } },
    ];
    const jobs = [
      service('a', { instances: 4 }),
      service('db', { instances: 4, constraints: { dedicated: 'www/db' } }),
    ];
    const result = run(jobs, { agents });
    const agentsOf = (key: string) => result.started.filter(({ id }) => id.startsWith(key)).map(({ agent }) => agent);
    expect(agentsOf('www/prod/a')).toEqual(['open-0', 'open-0']);
    expect(agentsOf('www/prod/db')).toEqual(['own-0', 'own-0']);
  });

  it('takes one launch per offer: two tasks on one agent need its offer twice', () => {
    const result = run([service('a', { instances: 2 })], { agents: [{ cpus: 4, mem: '8 GiB', disk: '8 GiB' }] });
    const [first, second] = starts(result, 'www/prod/a') as [number, number];
    expect(first).toBeLessThan(1);
    // The rest of the offer is refused for five seconds, and the group looks again on its own timer.
    expect(second).toBeGreaterThanOrEqual(5);
  });

  it('holds offers for five to six minutes', () => {
    // One agent is used at 60 s, the other three are held: their hold ends between 300 and 360 s, and a task of that time finds them away.
    const result = run([job('a', { cron_schedule: '1 * * * *', simulation: { duration: '1 s' } })], { until: '250 s' });
    expect(result.simulation.view.ledger.offered[0]).toBe(16_000);
    const away = run([job('a', { cron_schedule: '1 * * * *' })], { until: '361 s', options: { holdJitter: '0 s' } });
    // Declined at 300 s with a filter of 5 s, offered and held again from 305 s on.
    expect(away.simulation.view.ledger.offered[0]).toBe(16_000);
    const short = run([job('a', { cron_schedule: '1 * * * *' })], { until: '302 s', options: { holdJitter: '0 s' } });
    expect(short.simulation.view.ledger.offered[0]).toBeLessThanOrEqual(4000);
  });
});

describe('ends and what follows', () => {
  const failing = { simulation: { duration: '10 s', failureRate: 1 } };

  it('an ad-hoc task that fails is done for after max_task_failures, a service never', () => {
    const many = { options: { flapThreshold: '0 s' } };
    expect(starts(run([job('a', { ...failing, max_task_failures: 3 })], many), 'www/prod/a')).toHaveLength(3);
    expect(starts(run([job('a', failing)], many), 'www/prod/a')).toHaveLength(1);
    expect(starts(run([service('a', failing)], many), 'www/prod/a').length).toBeGreaterThan(50);
  });

  it('a task that ends within five minutes is throttled, longer each time', () => {
    const result = run([service('a', failing)]);
    const times = starts(result, 'www/prod/a');
    const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
    // 10 s of work, then 30 s + U(0, 30 s); after k in a row k such steps, each up to twice the one before, up to five minutes.
    expect(gaps[0]).toBeGreaterThanOrEqual(40);
    expect(gaps[0]).toBeLessThanOrEqual(80);
    for (const [index, gap] of gaps.entries()) {
      expect(gap).toBeGreaterThanOrEqual(40);
      expect(gap).toBeLessThanOrEqual(Math.min(310, 10 + 30 * 2 ** (index + 1)) + 7);
    }
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(310);
  });

  it('a task lost with its agent is a new task of the same instance', () => {
    const result = run([service('a', { instances: 4, constraints: { host: 'limit:2' } })], {
      actions: [{ at: '10 min', removeAgent: 'agent-0' }],
    });
    const lost = result.ended.filter(({ state }) => state === 'lost');
    const again = result.started.filter(({ atS }) => atS >= 600);
    const instances = (list: readonly { id: string }[]) => list.map(({ id }) => id.split('#')[0]).sort();
    expect(lost.length).toBeGreaterThan(0);
    expect(instances(again)).toEqual(instances(lost));
  });

  it('back-off grows by a random part of itself up to its maximum', () => {
    const half = new Backoff(1e6, 60e6, () => 0.5);
    // 1.5, 2.25, 3.375 …: b + b/2 each.
    expect([half.next(0), half.next(1.5e6), half.next(2.25e6)]).toEqual([1.5e6, 2.25e6, 3.375e6]);
    expect(half.next(59e6)).toBe(60e6);
    expect(half.after(3)).toBe(3.375e6);
  });
});

describe('quota', () => {
  const quotas = { www: { cpu: 5, ram_mib: 8192, disk_mib: 8192 } };

  it('production jobs beyond their role’s quota are refused when they are created; others need none', () => {
    const jobs = [
      service('first', { instances: 2, tier: 'preferred' }),
      service('second', { instances: 1, tier: 'preferred' }),
      service('free', { instances: 2 }),
      service('other', { role: 'ads', tier: 'preferred' }),
    ];
    const result = run(jobs, { quotas });
    const names = new Set(result.started.map(({ id }) => id.split('/').slice(0, 3).join('/')));
    // 4 of 5 CPUs are used by first; second would be 6. ads has no quota at all.
    expect([...names].sort()).toEqual(['www/prod/first', 'www/prod/free']);
    expect(result.gauges.get('jobs_refused')).toBe(2);
  });

  it('an update counts by the larger of old and new', () => {
    const update = (cpu: number) => [
      { at: '5 min', tell: { framework: 'aurora', action: 'update', job: 'www/prod/a', cpu } },
    ];
    const jobs = [service('a', { instances: 2, tier: 'preferred' })];
    const states = (cpu: number) =>
      run(jobs, { quotas, actions: update(cpu) }).notes.filter(({ event }) => event === 'aurora-update');
    expect(states(3)).toHaveLength(0);
    expect(states(2.5).at(-1)?.detail['state']).toBe('ROLLED_FORWARD');
  });
});

describe('updates', () => {
  const update = (more: object) => [
    { at: '5 min', tell: { framework: 'aurora', action: 'update', job: 'www/prod/a', cpu: 1, ...more } },
  ];
  const jobs = [service('a', { instances: 4 })];

  it('go one instance after the other: killed, started anew, watched for 45 s', () => {
    const result = run(jobs, { actions: update({}) });
    const killed = ends(result, 'www/prod/a', 'killing');
    expect(killed).toHaveLength(4);
    for (const [index, at] of killed.slice(1).entries())
      expect(at - (killed[index] as number)).toBeGreaterThanOrEqual(45);
    const order = result.ended.filter(({ reason }) => reason === 'killing').map(({ id }) => id.split('/')[3]?.[0]);
    expect(order).toEqual(['0', '1', '2', '3']);
    expect(result.gauges.get('updates_rolled_forward')).toBe(1);
  });

  it('a batch size keeps so many in progress', () => {
    const result = run(jobs, { actions: update({ batch_size: 2 }) });
    const killed = ends(result, 'www/prod/a', 'killing');
    expect(killed[1]).toBe(killed[0]);
    expect((killed[2] as number) - (killed[1] as number)).toBeGreaterThanOrEqual(45);
  });

  it('roll back in reverse when more instances fail than may, and leave the old configuration', () => {
    const bad = { simulation: { duration: '5 s', failureRate: 1 }, batch_size: 2, max_total_failures: 0 };
    const result = run(jobs, { actions: update(bad) });
    expect(result.gauges.get('updates_rolled_back')).toBe(1);
    const last = [...result.simulation.view.liveTasks()];
    expect(last).toHaveLength(4);
    expect(last.every(({ group }) => group.amounts[0] === 2000)).toBe(true);
  });

  it('instances are added and taken away', () => {
    expect(run(jobs, { actions: update({ cpu: 2, instances: 6 }) }).simulation.view.runningTaskCount(0)).toBe(6);
    expect(run(jobs, { actions: update({ cpu: 2, instances: 1 }) }).simulation.view.runningTaskCount(0)).toBe(1);
  });

  /** The updater alone, against a host that writes down what it is asked. */
  function scripted(more: Partial<UpdateConfig>, oldCount: number, newCount: number) {
    const log: string[] = [];
    const settings: UpdateConfig = {
      batch_size: 1,
      watch_secs: 0,
      max_per_shard_failures: 0,
      max_total_failures: 0,
      rollback_on_failure: true,
      wait_for_batch_completion: false,
      pulse_interval_secs: 0,
      sla_aware: false,
      ...more,
    };
    const host: UpdateHost = {
      nowUs: 0,
      kill: (instance) => void log.push(`kill ${instance}`),
      create: (instance, isNew) => void log.push(`${isNew ? 'new' : 'old'} ${instance}`),
      watch: () => undefined,
      blocked: () => undefined,
      over: (state) => void log.push(state),
    };
    const update = new JobUpdate(settings, host, { oldCount, newCount });
    update.start();
    const finish = (instance: number): void => {
      update.vacated(instance);
      update.running(instance);
      update.watched(instance);
    };
    return { log, update, finish };
  }

  it('create, then update, then kill, each by number', () => {
    const grow = scripted({}, 2, 3);
    for (const instance of [2, 0, 1]) grow.finish(instance);
    expect(grow.log).toEqual(['new 2', 'kill 0', 'new 0', 'kill 1', 'new 1', 'ROLLED_FORWARD']);
    const shrink = scripted({}, 2, 1);
    shrink.finish(0);
    shrink.update.vacated(1);
    expect(shrink.log).toEqual(['kill 0', 'new 0', 'kill 1', 'ROLLED_FORWARD']);
  });

  it('an instance may fail as often as allowed before it has failed; without rollback the update stops there', () => {
    const { log, update, finish } = scripted({ max_per_shard_failures: 1, rollback_on_failure: false }, 2, 2);
    update.vacated(0);
    update.running(0);
    update.ended(0);
    update.running(0);
    update.watched(0);
    finish(1);
    expect(log).toEqual(['kill 0', 'new 0', 'new 0', 'kill 1', 'new 1', 'ROLLED_FORWARD']);
    const stopped = scripted({ rollback_on_failure: false }, 2, 2);
    stopped.update.vacated(0);
    stopped.update.ended(0);
    expect(stopped.log).toEqual(['kill 0', 'new 0', 'FAILED']);
  });
});

describe('cron', () => {
  it('times are GMT', () => {
    const at = (text: string) => Date.parse(text);
    expect(nextTrigger('*/15 * * * *', at('2024-02-28T23:50:00Z'))).toBe(at('2024-02-29T00:00:00Z'));
    expect(nextTrigger('30 4 * * 1', at('2024-03-31T00:00:00Z'))).toBe(at('2024-04-01T04:30:00Z'));
    expect(nextTrigger('0 0 29 2 *', at('2025-01-01T00:00:00Z'))).toBe(at('2028-02-29T00:00:00Z'));
  });

  it.each([
    ['KILL_EXISTING', [300, 600, 900]],
    ['CANCEL_NEW', [300, 900]],
  ])('%s: a run that meets the one before', (policy, expected) => {
    // Every five minutes, eight minutes of work.
    const jobs = [
      job('a', { cron_schedule: '*/5 * * * *', cron_collision_policy: policy, simulation: { duration: '8 min' } }),
    ];
    const times = starts(run(jobs, { until: '16 min' }), 'www/prod/a');
    expect(times).toHaveLength(expected.length);
    // Killed ones are looked for after five seconds.
    for (const [index, at] of times.entries()) expect(Math.abs(at - (expected[index] as number))).toBeLessThan(12);
  });
});

describe('maintenance', () => {
  it('a drain moves all tasks of an agent at once, and nothing comes back until it is activated', () => {
    const result = run([service('a', { instances: 4, constraints: { host: 'limit:2' } })], {
      actions: [{ at: '10 min', tell: { framework: 'aurora', action: 'drain', agent: 'agent-1' } }],
    });
    const drained = result.ended.filter(({ reason }) => reason === 'draining');
    expect(new Set(drained.map(({ atS }) => atS)).size).toBeLessThanOrEqual(1);
    expect(result.started.filter(({ atS, agent }) => atS > 600 && agent === 'agent-1')).toHaveLength(0);
    expect(result.simulation.view.runningTaskCount(0)).toBe(4);
  });

  it('an SLA drain keeps the share that the policy asks for, until its timeout', () => {
    // Twenty production tasks, five per agent, 95 %: at most one may be missing at any time.
    const agents = [{ count: 6, cpus: 10, mem: '64 GiB', disk: '64 GiB' }];
    const sla = { percentage: 95, duration_secs: 0 };
    const jobs = [
      service('a', { instances: 20, tier: 'preferred', constraints: { host: 'limit:4' }, sla_policy: sla }),
    ];
    const drain = (more: object) => [
      { at: '10 min', tell: { framework: 'aurora', action: 'drain', agent: 'agent-1', ...more } },
    ];
    const gentle = run(jobs, { agents, actions: drain({ sla: true }) });
    const times = gentle.ended.filter(({ reason }) => reason === 'draining').map(({ atS }) => atS);
    expect(times.length).toBeGreaterThan(1);
    // One at a time, a minute apart.
    for (const [index, at] of times.slice(1).entries())
      expect(at - (times[index] as number)).toBeGreaterThanOrEqual(60);
    const forced = run(jobs, { agents, actions: drain({ sla: true, timeout: '0 s' }) });
    const at = forced.ended.filter(({ reason }) => reason === 'draining').map(({ atS }) => Math.floor(atS));
    expect(new Set(at)).toEqual(new Set([600]));
  });
});

describe('a failover', () => {
  it('makes each group that waits start after a delay of its own, up to 30 s from the return', () => {
    const small = { cpu: 0.5, ram: '1 MiB', disk: '1 MiB' };
    const full = { resources: { cpu: 4, ram: '1 GiB', disk: '1 GiB' } };
    const block = job('block', { task: full, simulation: { duration: '110 s' } });
    const waiting = Array.from({ length: 12 }, (_, index) => job(`w${index}`, { task: { resources: small } }));
    const joining = waiting.map((_, index) => ({
      at: '110 s',
      addAgent: { id: `new-${index}`, cpus: 4, mem: '8 GiB', disk: '64 GiB' },
    }));
    const result = run([block, ...waiting], {
      agents: [{ cpus: 4, mem: '8 GiB', disk: '64 GiB' }],
      actions: [{ at: '100 s', failover: { framework: 'aurora', for: '20 s' } }, ...joining],
      until: '5 min',
    });
    // The one agent is full until twelve more join at 110 s, but nobody is there before 120 s; a whole interval of allocation may follow the delay.
    const first = starts(result, 'www/prod/w').filter((at) => at > 100);
    expect(first.length).toBe(12);
    expect(Math.min(...first)).toBeGreaterThanOrEqual(120);
    expect(Math.max(...first)).toBeLessThanOrEqual(151);
    // Twelve draws of U(0, 30 s) within 8 s of each other: less than one in a million.
    expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(8);
  });
});
