import { describe, expect, it } from 'vitest';
import { LaunchDelay, LaunchTokens } from '../../../src/frameworks/marathon/launch-delay.js';
import type { ClusterObserver, TaskFact } from '../../../src/model/observer.js';
import { type MarathonSetup, marathonRun, tell } from '../../support/marathon.js';

interface Ending {
  readonly id: string;
  readonly attempt: number;
  readonly startS: number;
  readonly endS: number;
  readonly state: string;
  readonly reason: string;
}

/** Runs to the end; every attempt that ended, and what the framework told of itself last. */
function play(setup: MarathonSetup) {
  const endings: Ending[] = [];
  const starts: { id: string; attempt: number; atS: number; agent: number }[] = [];
  const gauges = new Map<string, number>();
  const notes: string[] = [];
  const { simulation, marathon } = marathonRun({
    ...setup,
    observe: (cluster) => {
      const observer: ClusterObserver = {
        taskStarted: ({ job, attempt, agent }: TaskFact) =>
          void starts.push({ id: job.record.id, attempt, atS: cluster.nowUs / 1e6, agent }),
        taskEnded: ({ job, attempt, startUs, finishUs, state, reason }: TaskFact) =>
          void endings.push({ id: job.record.id, attempt, startS: startUs / 1e6, endS: finishUs / 1e6, state, reason }),
        gauged: (_framework, name, value) => void gauges.set(name, value),
        event: ({ event, detail }) => void notes.push(`${event} ${detail}`),
      };
      return [observer];
    },
  });
  simulation.run();
  simulation.close();
  return { simulation, marathon, endings, starts, gauges, notes };
}

describe('back-off and tokens', () => {
  it('delays grow from backoffSeconds by the factor to the maximum, and are forgotten', () => {
    const delay = new LaunchDelay({ backoffUs: 1e6, backoffFactor: 2, maxDelayUs: 5e6 });
    const delays: number[] = [];
    let nowUs = 0;
    for (let failure = 0; failure < 5; failure++) {
      delay.failed(nowUs);
      delays.push((delay.nextUs(nowUs) - nowUs) / 1e6);
      nowUs = delay.nextUs(nowUs);
    }
    expect(delays).toEqual([1, 2, 4, 5, 5]);
    // The last failure was at 12 s: more than 5 s later the delay is old, but the sweep of every 10 s finds that at 20 s only.
    expect(nowUs).toBe(17e6);
    const late = new LaunchDelay({ backoffUs: 1e6, backoffFactor: 2, maxDelayUs: 5e6 });
    for (const at of [12e6, 19.9e6]) late.failed(at);
    expect(late.nextUs(19.9e6)).toBe(21.9e6);
    expect(delay.nextUs(20e6)).toBe(20e6);
    delay.failed(20e6);
    expect(delay.nextUs(20e6)).toBe(21e6);
  });

  it('a launch holds its siblings back by the delay that is there', () => {
    const delay = new LaunchDelay({ backoffUs: 10e6, backoffFactor: 1.15, maxDelayUs: 300e6 });
    delay.launched(0);
    expect(delay.nextUs(0)).toBe(0);
    delay.failed(0);
    delay.launched(12e6);
    expect(delay.nextUs(12e6)).toBe(22e6);
  });

  it('tokens are taken per launch, given back per start, and set anew every period', () => {
    const tokens = new LaunchTokens(3, 30e6);
    tokens.take();
    tokens.take();
    expect(tokens.available(10e6)).toBe(1);
    tokens.giveBack();
    expect(tokens.available(29e6)).toBe(2);
    expect(tokens.available(30e6)).toBe(3);
  });

  it('a task that crashes at its start comes back after 1 s, 1.15 s, 1.3225 s … at the next offer', () => {
    const { starts } = play({
      apps: [{ id: '/crash', cpus: 1, mem: 16 }],
      options: { startFailure: 1, minReviveInterval: '0 s', quirks: 'none' },
      until: '30 s',
    });
    // Starts at 0; delays d = 1·1.15^k; a REVIVE at the end of each is met by an allocation at once (Mesos allocates on REVIVE).
    const expected = [0];
    for (let atS = 1, waitS = 1; atS < 30; expected.push(atS), waitS *= 1.15, atS += waitS);
    expect(starts.map(({ atS }) => atS)).toEqual(expected.map((at) => expect.closeTo(at, 5)));
  });

  it('siblings of a version that has failed start one by one, the delay apart, until all run', () => {
    const { starts, marathon } = play({
      apps: [{ id: '/app', instances: 6, cpus: 1, mem: 16, backoffSeconds: 10, backoffFactor: 1 }],
      options: { startFailure: 0.5, startup: '1 s' },
      until: '1 h',
    });
    expect(marathon.instances.apps.get('/app')?.goodCount).toBe(6);
    const late = starts.filter(({ atS }) => atS > 0).map(({ atS }) => atS);
    for (const [index, atS] of late.entries()) {
      if (index > 0) expect(atS - (late[index - 1] as number)).toBeGreaterThanOrEqual(10);
    }
  });

  it('launches no more than the tokens allow', () => {
    const { starts } = play({
      apps: [{ id: '/many', instances: 30, cpus: 0.1, mem: 16, healthChecks: [{ intervalSeconds: 1000 }] }],
      options: { launchTokens: 10, startup: '1 h' },
      until: '100 s',
    });
    // Never healthy within the run, so none is given back: 10 at once, and 10 in each period of 30 s.
    expect(starts.filter(({ atS }) => atS < 30).length).toBe(10);
    expect(starts.filter(({ atS }) => atS < 60).length).toBe(20);
    expect(starts.length).toBe(30);
  });

  it('launches at most five instances from one offer', () => {
    const { starts } = play({
      apps: [{ id: '/many', instances: 12, cpus: 0.1, mem: 16 }],
      agents: [{ count: 1, cpus: 8, mem: '32 GiB' }],
      until: '100 s',
    });
    const sizes = new Map<number, number>();
    for (const { atS } of starts) sizes.set(atS, (sizes.get(atS) ?? 0) + 1);
    // What an offer has left is offered again at the next run, a second later: filters of ACCEPT are 0 s.
    expect([...sizes.values()]).toEqual([5, 5, 2]);
  });
});

describe('health', () => {
  const checked = (more: Readonly<Record<string, unknown>> = {}) => ({
    id: '/app',
    cpus: 1,
    mem: 16,
    healthChecks: [
      { protocol: 'HTTP', gracePeriodSeconds: 20, intervalSeconds: 10, maxConsecutiveFailures: 3, ...more },
    ],
  });

  it('kills at failure max + 1 after the grace period, and at max without the quirk', () => {
    // Never answers. Checks run 5 s after the version and then every 10 s: those at 5 and 15 s fall into the grace of 20 s; failures
    // count at 25, 35, 45 and 55 s. The count before the fourth is 3.
    const kills = (quirks: string) =>
      play({ apps: [checked()], options: { startup: '1 h', quirks }, until: '60 s' }).endings.map(
        ({ endS, reason }) => [endS, reason],
      );
    expect(kills('all')).toEqual([[55, 'unhealthy']]);
    expect(kills('none')).toEqual([[45, 'unhealthy']]);
  });

  it('is checked by the executor for MESOS_* protocols, from its start on, and killed at max', () => {
    // First check 15 s after the start, inside the grace; failures at 25, 35 and 45 s.
    const { endings } = play({
      apps: [checked({ protocol: 'MESOS_HTTP' })],
      options: { startup: '1 h' },
      until: '60 s',
    });
    expect(endings.map(({ endS }) => endS)).toEqual([45]);
  });

  it('never kills with a maximum of 0', () => {
    const { endings } = play({ apps: [checked({ maxConsecutiveFailures: 0 })], options: { startup: '1 h' } });
    expect(endings).toEqual([]);
  });

  it('a task that ceases to answer is killed and launched again without back-off', () => {
    const { endings, starts } = play({
      apps: [checked()],
      options: { meanHealthy: '10 min', meanUnhealthy: '1 h' },
      until: '2 h',
    });
    expect(endings.length).toBeGreaterThan(2);
    for (const { reason, attempt, endS } of endings) {
      expect(reason).toBe('unhealthy');
      const again = starts.find((start) => start.attempt === attempt + 1);
      // REVIVE at once, or 5 s after the last one.
      if (again !== undefined) expect(again.atS - endS).toBeLessThanOrEqual(6);
    }
  });

  it('readiness is a check of its own', () => {
    const { marathon, simulation } = marathonRun({
      apps: [{ id: '/app', cpus: 1, mem: 16, readinessChecks: [{ intervalSeconds: 10 }] }],
      options: { startup: '12 s' },
    });
    const app = () => marathon.instances.apps.get('/app');
    simulation.runUntil(19e6);
    expect(app()?.goodCount).toBe(0);
    // Probed at 0, 10 and 20 s.
    simulation.runUntil(20e6);
    expect(app()?.goodCount).toBe(1);
  });
});

describe('loss', () => {
  const app = (more: Readonly<Record<string, unknown>> = {}) => ({
    id: '/app',
    instances: 20,
    cpus: 2,
    mem: 16,
    ...more,
  });

  it('of 10 % of the agents is made up for, and the time it takes is told', () => {
    const lost = [3, 7].map((agent) => ({ at: '600 s', removeAgent: `agent-${agent}` }));
    const { marathon, gauges, notes } = play({
      apps: [app()],
      agents: [{ count: 20, cpus: 8, mem: '32 GiB' }],
      actions: lost,
    });
    expect(marathon.instances.apps.get('/app')?.goodCount).toBe(20);
    expect(gauges.get('instances_lost')).toBeGreaterThan(0);
    // Replaced at once: the next allocation, at most one interval, unless REVIVE has just been called.
    expect(gauges.get('recovery_s')).toBeLessThanOrEqual(6);
    expect(notes).toContain(`recovered seconds=${gauges.get('recovery_s')}`);
  });

  it('waits for inactiveAfterSeconds where the strategy says so', () => {
    const { starts, marathon } = play({
      apps: [app({ instances: 1, unreachableStrategy: { inactiveAfterSeconds: 120, expungeAfterSeconds: 600 } })],
      agents: [{ count: 2, cpus: 8, mem: '32 GiB' }],
      actions: [
        { at: '100 s', removeAgent: 'agent-0' },
        { at: '100 s', removeAgent: 'agent-1' },
        { at: '101 s', addAgent: { id: 'agent-2', cpus: 8, mem: '32 GiB' } },
      ],
    });
    expect(starts.map(({ atS }) => Math.floor(atS))).toEqual([0, 220]);
    expect(marathon.instances.apps.get('/app')?.goodCount).toBe(1);
  });

  it('of a resident waits for its agent to come back', () => {
    const resident = { container: { type: 'MESOS', volumes: [{ persistent: { size: 100 } }] } };
    const { starts } = play({
      apps: [app({ instances: 1, ...resident })],
      agents: [{ count: 3, cpus: 8, mem: '32 GiB', disk: '1 GiB' }],
      actions: [0, 1, 2].flatMap((agent) => [
        { at: '100 s', removeAgent: `agent-${agent}` },
        { at: `${1000 + 1000 * agent} s`, addAgent: { id: `agent-${agent}`, cpus: 8, mem: '32 GiB', disk: '1 GiB' } },
      ]),
      until: '2 h',
    });
    expect(starts.length).toBe(2);
    expect(starts[1]?.agent).toBe(starts[0]?.agent);
    expect(starts[1]?.atS).toBeGreaterThanOrEqual(1000 + 1000 * (starts[0]?.agent ?? 0));
  });
});

describe('the scheduler itself', () => {
  const app = { id: '/app', instances: 5, cpus: 1, mem: 16 };

  it('may fail over: tasks run on, and what ended meanwhile is made up for by the new leader', () => {
    const { starts, endings, gauges } = play({
      // The back-off is the app's, not an instance's: with a factor above 1 the failures of 20 would soon hold all back.
      apps: [{ ...app, instances: 20, backoffFactor: 1 }],
      options: { meanLife: '10 min' },
      actions: [tell('600 s', 'failover', { downtime: '300 s' })],
      until: '1 h',
    });
    expect(starts.filter(({ atS }) => atS >= 600 && atS < 900)).toEqual([]);
    expect(endings.filter(({ endS }) => endS > 600 && endS < 900).length).toBeGreaterThan(0);
    expect(starts.some(({ atS }) => atS >= 900 && atS < 910)).toBe(true);
    expect(gauges.get('instances_running')).toBeGreaterThan(15);
  });

  it('refuses jobs of a trace, and says so', () => {
    const { notes, simulation } = play({
      apps: [app],
      more: { workload: { jobs: [{ id: 'j', at: '5 s', duration: '5 s' }] } },
      until: '60 s',
    });
    expect(notes).toContain('job-refused reason=not-an-app job=j');
    expect(simulation.cluster.intake.endedCount).toBe(1);
  });

  it('takes only actions that it knows, with values that make sense', () => {
    const wrong = (action: string, values: Readonly<Record<string, unknown>>) => () =>
      play({ apps: [app], actions: [tell('1 s', action, values)], until: '5 s' });
    expect(wrong('scael', { app: '/app', instances: 1 })).toThrow('takes no action "scael"');
    expect(wrong('scale', { app: '/none', instances: 1 })).toThrow('has no app "/none"');
    expect(wrong('scale', { app: '/app', instances: -1 })).toThrow('action scale at instances');
    expect(wrong('update', { app: '/app', with: { cpus: -1 } })).toThrow('$.cpus must be at least 0.001, got "-1"');
  });

  it('kills by an operator are made up for, or scale the app down', () => {
    const { starts, marathon } = play({
      apps: [app],
      actions: [
        tell('100 s', 'kill', { app: '/app', count: 2 }),
        tell('200 s', 'kill', { app: '/app', count: 1, scale: true }),
      ],
      until: '400 s',
    });
    expect(starts.length).toBe(7);
    expect(marathon.instances.apps.get('/app')?.goodCount).toBe(4);
  });
});
