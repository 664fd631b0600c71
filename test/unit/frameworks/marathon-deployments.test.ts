import { describe, expect, it } from 'vitest';
import { restartStrategy } from '../../../src/frameworks/marathon/deployment-actions.js';
import { marathonRun, tell } from '../../support/marathon.js';
import { fc } from '../../support/properties.js';

const check = { protocol: 'HTTP', intervalSeconds: 5, gracePeriodSeconds: 60, maxConsecutiveFailures: 3 };

interface Case {
  readonly n: number;
  readonly health: number;
  readonly over: number;
  readonly hasCheck: boolean;
  readonly startupS: number;
  readonly shutdownS: number;
}

/** Fewest good and most living instances during the upgrade, and how it ended. */
function upgrade({ n, health, over, hasCheck, startupS, shutdownS }: Case) {
  const app = {
    id: '/app',
    instances: n,
    cpus: 0.1,
    mem: 16,
    cmd: 'old',
    upgradeStrategy: { minimumHealthCapacity: health, maximumOverCapacity: over },
    ...(hasCheck ? { healthChecks: [check] } : {}),
  };
  const { simulation, marathon } = marathonRun({
    apps: [app],
    options: { startup: `${startupS} s`, shutdown: `${shutdownS} s` },
    actions: [tell('300 s', 'update', { app: '/app', with: { cmd: 'new' } })],
    until: '2000 s',
  });
  simulation.runUntil(299e6);
  const target = marathon.instances.apps.get('/app');
  if (target === undefined) throw new Error('the app is not there');
  expect(target.goodCount).toBe(n);
  let fewest = n;
  let most = n;
  // Every instant of the deployment: what the cluster says, not what the deployment thinks.
  while (simulation.step() && simulation.nowUs < 1500e6) {
    const good = target.instances.filter((instance) => instance.isGood).length;
    fewest = Math.min(fewest, good);
    most = Math.max(most, simulation.view.runningTaskCount(0));
  }
  return {
    fewest,
    most,
    good: target.goodCount,
    versions: new Set(target.instances.map(({ definition }) => definition.json['cmd'])),
  };
}

describe('a rolling upgrade', () => {
  it('keeps at least ⌈n·minimumHealthCapacity⌉ healthy and at most n + ⌊n·maximumOverCapacity⌋ in all, at every instant', () => {
    const share = fc.constantFrom(0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1);
    fc.assert(
      fc.property(
        fc.record({
          n: fc.integer({ min: 1, max: 12 }),
          health: share,
          over: share,
          hasCheck: fc.boolean(),
          startupS: fc.constantFrom(0, 7),
          shutdownS: fc.constantFrom(0, 3),
        }),
        (given) => {
          const { n, health, over } = given;
          const { fewest, most, good, versions } = upgrade(given);
          expect(fewest).toBeGreaterThanOrEqual(Math.ceil(n * health));
          // With no room either way one more is allowed (TaskReplaceActor): else nothing could ever move.
          const isStuck = Math.ceil(n * health) === Math.floor(n * (1 + over));
          expect(most).toBeLessThanOrEqual(n + Math.floor(n * over) + (isStuck ? 1 : 0));
          expect(good).toBe(n);
          expect([...versions]).toEqual(['new']);
        },
      ),
      { numRuns: 60, seed: 11 },
    );
  }, 60_000);

  it('reckons as TaskReplaceActor does', () => {
    const app = (
      instances: number,
      minimumHealthCapacity: number,
      maximumOverCapacity: number,
      isResident = false,
    ) => ({
      instances,
      minimumHealthCapacity,
      maximumOverCapacity,
      isResident,
    });
    // The examples of the documentation (docs/rest-api: upgradeStrategy): 10 instances, 0.5 and 0.2.
    expect(restartStrategy(app(10, 0.5, 0.2), 10, 10)).toEqual({ killCount: 5, capacity: 12 });
    // The default: all stay healthy, twice as many for a while.
    expect(restartStrategy(app(10, 1, 1), 10, 10)).toEqual({ killCount: 0, capacity: 20 });
    // No room either way: one more, or for a resident app one less.
    expect(restartStrategy(app(10, 1, 0), 10, 10)).toEqual({ killCount: 0, capacity: 11 });
    expect(restartStrategy(app(10, 1, 0, true), 10, 10)).toEqual({ killCount: 1, capacity: 10 });
    // Scaled down at once: the surplus goes first.
    expect(restartStrategy(app(4, 1, 0.5), 10, 10)).toEqual({ killCount: 6, capacity: 6 });
    // 3 of 10 healthy, 5 wanted: none may be killed.
    expect(restartStrategy(app(10, 0.5, 0), 3, 10)).toEqual({ killCount: 0, capacity: 10 });
  });
});

describe('deployments', () => {
  const broken = { cmd: 'broken', labels: { MESOSIM_START_FAILURE: '1' } };
  const app = {
    id: '/app',
    instances: 4,
    cpus: 1,
    mem: 16,
    cmd: 'old',
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0.5 },
    // Without a check, a task that runs is healthy, however soon it crashes.
    healthChecks: [check],
  };

  it('of a version that does not start hang, and go back by a rollback', () => {
    const { simulation, marathon } = marathonRun({
      apps: [app],
      actions: [tell('60 s', 'update', { app: '/app', with: broken }), tell('600 s', 'rollback', { app: '/app' })],
    });
    simulation.runUntil(599e6);
    const target = marathon.instances.apps.get('/app');
    // Two over capacity crash again and again; the four old ones stay.
    expect(target?.goodCount).toBe(4);
    expect(target?.lock).toBeDefined();
    expect(target?.instances.length).toBe(6);
    simulation.runUntil(1200e6);
    expect(target?.lock).toBeUndefined();
    expect(target?.goodCount).toBe(4);
    expect(target?.version.definition.json['cmd']).toBe('old');
  });

  it('of an app that another one holds are rejected, unless forced', () => {
    const { simulation, marathon } = marathonRun({
      apps: [app],
      actions: [
        tell('60 s', 'update', { app: '/app', with: broken }),
        tell('90 s', 'scale', { app: '/app', instances: 9 }),
        tell('120 s', 'update', { app: '/app', with: { cmd: 'good', labels: {} }, force: true }),
      ],
    });
    simulation.runUntil(119e6);
    const target = marathon.instances.apps.get('/app');
    expect(target?.targetCount).toBe(4);
    simulation.runUntil(600e6);
    expect(target?.lock).toBeUndefined();
    expect(target?.goodCount).toBe(4);
    expect(target?.version.definition.json['cmd']).toBe('good');
  });

  it('that are cancelled stay where they stand; the scale check puts the number right', () => {
    const { simulation, marathon } = marathonRun({
      apps: [app],
      actions: [tell('60 s', 'update', { app: '/app', with: broken }), tell('100 s', 'cancel', { app: '/app' })],
    });
    simulation.runUntil(101e6);
    const target = marathon.instances.apps.get('/app');
    expect(target?.lock).toBeUndefined();
    expect(target?.count).toBe(6);
    // Checks are at 15 s, 315 s …: the two that crash wait for offers, so they are the last to go (condition order).
    simulation.runUntil(320e6);
    expect(target?.count).toBe(4);
  });

  it('go layer by layer: what an app depends on is healthy before it starts', () => {
    const checked = { healthChecks: [check], cpus: 0.5, mem: 16 };
    const { simulation, marathon } = marathonRun({
      apps: [
        {
          id: '/shop',
          groups: [
            {
              id: '/shop/web',
              dependencies: ['/shop/db'],
              apps: [{ id: '/shop/web/front', instances: 2, ...checked }],
            },
            { id: '/shop/db', apps: [{ id: '/shop/db/store', instances: 1, ...checked }] },
          ],
        },
        { id: '/free', instances: 1, ...checked },
      ],
      options: { startup: '30 s' },
    });
    simulation.runUntil(20e6);
    const runs = (id: string): number => marathon.instances.apps.get(id)?.instances.length ?? 0;
    expect([runs('/shop/db/store'), runs('/shop/web/front'), runs('/free')]).toEqual([1, 0, 1]);
    // The store answers at 30 s and its next check (5 s, then every 5 s) says so at 30 s or 35 s.
    simulation.runUntil(36e6);
    expect(runs('/shop/web/front')).toBe(2);
  });

  it('scale up, down, to nothing, and back', () => {
    const scale = (at: string, instances: number) => tell(at, 'scale', { app: '/app', instances });
    const { simulation, marathon } = marathonRun({
      apps: [app],
      actions: [scale('60 s', 7), scale('120 s', 2), scale('180 s', 0), scale('240 s', 3)],
    });
    const target = () => marathon.instances.apps.get('/app')?.goodCount;
    const seen = [50, 110, 170, 230, 290].map((second) => {
      simulation.runUntil(second * 1e6);
      return target();
    });
    expect(seen).toEqual([4, 7, 2, 0, 3]);
  });
});
