import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/core/random.js';
import { Autoscaler, type AutoscalerSettings } from '../../../src/frameworks/web/autoscaler.js';
import { balancerOf, type Stations } from '../../../src/frameworks/web/balancers.js';
import { erlangC, fewestServers } from '../../../src/frameworks/web/staffing.js';
import type { WebService } from '../../../src/frameworks/web/web-service.js';
import { marathonRun } from '../../support/marathon.js';
import { fc } from '../../support/properties.js';

const draw = (name: string) => new Streams(3).stream(name);

/** Stations of fixed queues: what a balancer picks says how it shares. */
function shares(
  name: string,
  loads: readonly number[],
  weights: readonly number[],
  picks: number,
  choices = 2,
): number[] {
  const stations: Stations = {
    count: loads.length,
    loadOf: (position) => loads[position] as number,
    weightOf: (position) => weights[position] as number,
    isTaken: () => false,
  };
  const balancer = balancerOf(name, { random: draw(name), choices });
  const counts = loads.map(() => 0);
  for (let pick = 0; pick < picks; pick++) {
    const position = balancer.pick(stations);
    counts[position] = (counts[position] as number) + 1;
  }
  return counts;
}

const equal = [1, 1, 1, 1, 1];

describe('balancers share as their formulas say', () => {
  it('round-robin: ⌊N/n⌋ or ⌈N/n⌉ each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 200 }), (n, picks) => {
        const counts = shares('round-robin', Array(n).fill(0), Array(n).fill(1), picks);
        expect(Math.min(...counts)).toBe(Math.floor(picks / n));
        expect(Math.max(...counts)).toBe(Math.ceil(picks / n));
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('random: 1/n each, within 4 standard deviations', () => {
    const picks = 20_000;
    // √(N p (1−p)) with p = 1/5.
    const deviation = Math.sqrt(picks * 0.2 * 0.8);
    for (const count of shares('random', equal, equal, picks))
      expect(Math.abs(count - picks / 5)).toBeLessThan(4 * deviation);
  });

  it('weighted: w of every Σw in a row, exactly, and spread out', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        expect(
          shares(
            'weighted',
            weights.map(() => 0),
            weights,
            3 * total,
          ),
        ).toEqual(weights.map((weight) => 3 * weight));
      }),
      { numRuns: 100, seed: 2 },
    );
    // nginx's own example: 5, 1, 1 gives a a b a c a a, never five a's in a row.
    const balancer = balancerOf('weighted', { random: draw('w'), choices: 2 });
    const stations: Stations = {
      count: 3,
      loadOf: () => 0,
      weightOf: (at) => [5, 1, 1][at] as number,
      isTaken: () => false,
    };
    expect(Array.from({ length: 7 }, () => balancer.pick(stations)).join('')).toBe('0010200');
  });

  it('power-of-d: ((n−k+1)^d − (n−k)^d) / n^d for the k-th shortest, within 4 standard deviations', () => {
    const loads = [30, 10, 50, 20, 40];
    const picks = 20_000;
    for (const d of [1, 2, 3]) {
      const counts = shares('power-of-d', loads, equal, picks, d);
      for (const [position, load] of loads.entries()) {
        const k = load / 10;
        const share = ((5 - k + 1) ** d - (5 - k) ** d) / 5 ** d;
        const deviation = Math.sqrt(picks * share * (1 - share));
        expect(Math.abs((counts[position] as number) - picks * share)).toBeLessThan(4 * deviation);
      }
    }
  });

  it('least-connections: the least loaded for its weight, equal ones in turn', () => {
    expect(shares('least-connections', [2, 1, 3], [1, 1, 1], 10)).toEqual([0, 10, 0]);
    expect(shares('least-connections', [2, 2, 2], [1, 2, 1], 10)).toEqual([0, 10, 0]);
    expect(shares('least-connections', [1, 1, 1, 1], [1, 1, 1, 1], 10)).toEqual([3, 3, 2, 2]);
  });
});

const app = { id: '/web', instances: 4, cpus: 0.5, mem: 64 };
const quick = { launchTokens: 100_000, maxInstancesPerOffer: 100_000 };

function web(options: Readonly<Record<string, unknown>>, more: Partial<Parameters<typeof marathonRun>[0]> = {}) {
  const gauges = new Map<string, number>();
  const rows: { atS: number; name: string; value: number }[] = [];
  const { simulation, marathon } = marathonRun({
    apps: [app],
    type: 'web-service',
    options: { ...quick, from: '60 s', ...options },
    until: '1 h',
    ...more,
    observe: (cluster) => [
      {
        gauged: (_framework, name, value) => {
          gauges.set(name, value);
          rows.push({ atS: cluster.nowUs / 1e6, name, value });
        },
      },
    ],
  });
  return { simulation, service: marathon as WebService, gauges, rows };
}

describe('requests', () => {
  it('one server of an M/M/1: mean response 1/(μ−λ), and every request is accounted for', () => {
    // λ = 5/s, μ = 10/s: 0.2 s.
    const { simulation, gauges } = web(
      { rate: 5, service: '100 ms', requests: 100_000 },
      { apps: [{ ...app, instances: 1 }], until: '6 h' },
    );
    simulation.run();
    expect(gauges.get('requests_done')).toBe(100_000);
    expect(gauges.get('requests_refused')).toBe(0);
    expect(gauges.get('request_s_mean')).toBeGreaterThan(0.19);
    expect(gauges.get('request_s_mean')).toBeLessThan(0.21);
    // P(response > t) = e^{−(μ−λ)t}: the 95th percentile is ln(20)/5 = 0.599 s.
    expect(gauges.get('request_s_p95')).toBeGreaterThan(0.57);
    expect(gauges.get('request_s_p95')).toBeLessThan(0.63);
  });

  it('that lose their instance go to another one, and none is lost', () => {
    const { simulation, service, gauges } = web(
      { rate: 20, service: '100 ms', meanLife: '5 min', balancer: 'least-connections' },
      { apps: [{ ...app, backoffFactor: 1 }] },
    );
    simulation.run();
    expect(gauges.get('requests_moved')).toBeGreaterThan(0);
    const { arrivedCount, doneCount, refusedCount, inSystem } = service.traffic;
    expect(arrivedCount).toBe(doneCount + refusedCount + inSystem);
    expect(inSystem).toBeLessThan(100);
  });

  it('are refused while nothing serves', () => {
    const { simulation, gauges } = web(
      { rate: 10, startup: '100 s', from: '0 s' },
      {
        apps: [{ ...app, healthChecks: [{ intervalSeconds: 5 }] }],
        until: '200 s',
      },
    );
    simulation.run();
    expect(gauges.get('requests_refused')).toBeGreaterThan(900);
    expect(gauges.get('requests_done')).toBeGreaterThan(900);
  });

  it('take memory for those that are in the system only', () => {
    const rowsAfter = (requests: number): number => {
      const { simulation, service } = web({ rate: 50, service: '50 ms', requests });
      simulation.run();
      return Reflect.get(service.traffic, 'requests').rowCount;
    };
    expect(rowsAfter(40_000)).toBeLessThanOrEqual(2 * rowsAfter(4_000) + 10);
  });
});

const settings: AutoscalerSettings = {
  rule: 'utilization',
  target: 0.5,
  tolerance: 0.1,
  high: 0.8,
  low: 0.3,
  step: 2,
  schedule: '',
  schedulePeriodUs: 86_400e6,
  waitProbability: 0.2,
  serversPerInstance: 1,
  minInstances: 1,
  maxInstances: 50,
  cooldownUpUs: 0,
  cooldownDownUs: 300e6,
};

describe('the autoscaler', () => {
  const decide = (scaler: Autoscaler, minute: number, instances: number, utilization: number, offeredLoad = 0) =>
    scaler.decide({ nowUs: minute * 60e6, instances, utilization, offeredLoad });

  it('aims at a utilization as Kubernetes does: ceil(current · metric / target), within the tolerance nothing', () => {
    const scaler = new Autoscaler(settings);
    // 4 · 0.7 / 0.5 = 5.6; then 6 · 0.46 / 0.5 = 5.52, ratio 0.92: within 10 %.
    expect(decide(scaler, 0, 4, 0.7)).toBe(6);
    expect(decide(scaler, 1, 6, 0.46)).toBe(6);
    // 6 · 0.2 / 0.5 = 2.4: shrinks to the largest wish of the last 5 minutes, which is 6 until minute 6.
    expect([2, 3, 4, 5].map((minute) => decide(scaler, minute, 6, 0.2))).toEqual([6, 6, 6, 6]);
    expect(decide(scaler, 6, 6, 0.2)).toBe(3);
  });

  it('goes by steps, by a schedule, or by the chance to wait', () => {
    const step = new Autoscaler({ ...settings, rule: 'step', cooldownDownUs: 0 });
    expect([0.9, 0.5, 0.1].map((utilization) => decide(step, 0, 5, utilization))).toEqual([7, 5, 3]);
    const schedule = new Autoscaler({ ...settings, rule: 'schedule', schedule: '8 h=10;20 h=4', cooldownDownUs: 0 });
    // At 0 h the last entry of the day before holds.
    expect([0, 8, 12, 20, 32].map((hour) => decide(schedule, hour * 60, 7, 0))).toEqual([4, 10, 10, 4, 10]);
    const staffing = new Autoscaler({ ...settings, rule: 'wait-probability' });
    expect(decide(staffing, 0, 5, 0, 10)).toBe(14);
  });

  it('waits for its cooldown between two growths', () => {
    const scaler = new Autoscaler({ ...settings, cooldownUpUs: 180e6 });
    expect([0, 1, 2, 3].map((minute) => decide(scaler, minute, 4 + minute, 0.9))).toEqual([8, 5, 6, 13]);
  });

  it('turns round at most 2 (1 + T / cooldownDown) times, whatever the load does', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 30, maxLength: 120 }), (loads) => {
        const scaler = new Autoscaler(settings);
        let instances = 10;
        let direction = 0;
        let turns = 0;
        for (const [minute, utilization] of loads.entries()) {
          const next = decide(scaler, minute, instances, utilization);
          const sign = Math.sign(next - instances);
          if (sign !== 0 && direction !== 0 && sign !== direction) turns++;
          if (sign !== 0) direction = sign;
          instances = next;
        }
        expect(turns).toBeLessThanOrEqual(2 * (1 + loads.length / 5));
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('follows a diurnal load: two turns per day, never short of servers', () => {
    // 2 h stand for a day: 30 (1 + 0.6 sin) requests/s of 200 ms ask for 2.4 … 9.6 servers; target 0.6 means 4 … 16 instances.
    // In 90 s of the night there are 12·90 = 1,080 requests: 3 % noise, well within the tolerance of 10 %.
    const { simulation, gauges, rows } = web(
      {
        rate: 30,
        amplitude: 0.6,
        period: '2 h',
        service: '200 ms',
        serviceTime: 'deterministic',
        interval: '90 s',
        cooldownDown: '10 min',
        balancer: 'least-connections',
        autoscale: 'utilization',
        target: 0.6,
        minInstances: 2,
      },
      { apps: [{ ...app, instances: 10 }], until: '4 h' },
    );
    simulation.run();
    const wanted = rows.filter(({ name, atS }) => name === 'instances_wanted' && atS > 600).map(({ value }) => value);
    expect(Math.max(...wanted)).toBeGreaterThanOrEqual(15);
    expect(Math.min(...wanted)).toBeLessThanOrEqual(5);
    // Two periods, each with one peak and one trough.
    expect(gauges.get('scaling_turns')).toBeLessThanOrEqual(4);
    expect(gauges.get('scaling_turns')).toBeGreaterThanOrEqual(3);
    const busiest = rows.filter(({ name }) => name === 'service_utilization').map(({ value }) => value);
    expect(Math.max(...busiest)).toBeLessThan(0.85);
    expect(gauges.get('requests_refused')).toBe(0);
  });

  it('knows Erlang: the fewest servers keep the chance to wait below the bound, one fewer does not', () => {
    // Erlang C of 14 servers at 10 erlangs is 0.1741319, of 13 0.2852705 (tables; Cooper 1981).
    expect(fewestServers(10, 0.2)).toBe(14);
    expect(erlangC(14, 10)).toBeCloseTo(0.1741319336, 9);
    expect(erlangC(13, 10)).toBeCloseTo(0.285270453, 9);
    // One server: the chance to wait is the load.
    expect(erlangC(1, 0.3)).toBeCloseTo(0.3, 12);
    expect(erlangC(3, 3)).toBe(1);
  });
});
