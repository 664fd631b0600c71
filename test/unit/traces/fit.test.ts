import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fragmentText } from '../../../src/cli/fit-text.js';
import { fitDistribution } from '../../../src/core/distribution-fit.js';
import { ksDistance } from '../../../src/core/ks-distance.js';
import { Streams } from '../../../src/core/random.js';
import { ValueCounts } from '../../../src/core/value-counts.js';
import { samplerOf } from '../../../src/model/distributions.js';
import type { JobSource } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { openJobs } from '../../../src/scenario/workload.js';
import { scenarioJobs } from '../../../src/scenario/workload-jobs.js';
import { type FittedStream, fitWorkload } from '../../../src/workloads/fit.js';
import { fitTrace, profileTrace } from '../../../src/workloads/inspect.js';
import { TraceProfile } from '../../../src/workloads/profile.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-fit-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function source(workload: unknown, seed: number): JobSource {
  const document = { name: 'w', workload, cluster: { agents: [{ count: 1 }] } };
  const scenario = parseScenario(JSON.stringify(document), join(folder, 'w.yaml'));
  const context = { folder, resources: new ResourceSpace(), streams: new Streams(seed), reports: [] };
  return openJobs(scenario.document.workload, context);
}

function profileOf(jobs: JobSource): TraceProfile {
  const profile = new TraceProfile();
  for (let job = jobs.next(); job !== null; job = jobs.next()) profile.add(job);
  return profile;
}

const fitted = (spec: Record<string, unknown>): FittedStream =>
  fitWorkload(
    source({ synthetic: { arrivals: { poisson: { rate: '0.5 /s' } }, duration: '10 s', jobs: 20_000, ...spec } }, 1),
  ).streams[0] as FittedStream;

/** Values as whole thousandths, drawn by the scenario's own samplers. */
function drawn(law: unknown, count = 20_000): ValueCounts {
  const sample = samplerOf(law, Number, new Streams(3).stream('fit'), 'x');
  const values = new ValueCounts(1e6);
  for (let index = 0; index < count; index++) values.add(Math.max(0, Math.round(sample() * 1000)));
  return values;
}

describe('fitDistribution', () => {
  it('finds the law that values were drawn from, and its parameters', () => {
    const near = (value: unknown, expected: number): void => {
      expect(Number(value) / expected).toBeGreaterThan(0.95);
      expect(Number(value) / expected).toBeLessThan(1.05);
    };
    const of = (law: unknown) => fitDistribution(drawn(law).entries());
    const exponential = of({ exponential: { mean: 40 } });
    // A Weibull of shape 1 is the same law: either may be the closer by a hair.
    expect(['exponential', 'weibull']).toContain(exponential?.name);
    const lognormal = of({ lognormal: { median: 30, sigma: 1.4 } });
    expect(lognormal?.name).toBe('lognormal');
    near(lognormal?.parameters['median'], 30_000);
    near(lognormal?.parameters['sigma'], 1.4);
    const weibull = of({ weibull: { shape: 0.6, scale: 50 } });
    expect(weibull?.name).toBe('weibull');
    near(weibull?.parameters['shape'], 0.6);
    near(weibull?.parameters['scale'], 50_000);
    const hyper = of({ hyperexp: { p: 0.9, mean1: 5, mean2: 45 } });
    // Balanced means: 0.9 / 5 = 0.18 and 0.1 / 45 are not, so only the first two moments need agree.
    expect(hyper?.ks).toBeLessThan(0.1);
  });

  it('keeps few values as they are, one as a constant, and what no law fits as means of equal shares', () => {
    expect(fitDistribution([{ value: 4, count: 9 }])).toEqual({
      name: 'deterministic',
      parameters: { value: 4 },
      ks: 0,
    });
    const two = fitDistribution([
      { value: 1, count: 3 },
      { value: 8, count: 1 },
    ]);
    expect(two).toEqual({ name: 'empirical', parameters: { values: [1, 8], weights: [3, 1] }, ks: 0 });
    // Two humps far apart: half the mass at 100–199, half at 10,000–10,099.
    const humps = [0, 1].flatMap((hump) =>
      Array.from({ length: 100 }, (_, row) => ({ value: (hump === 0 ? 100 : 10_000) + row, count: 1 })),
    );
    const strata = fitDistribution(humps);
    expect(strata?.name).toBe('empirical');
    // 99 shares of two values each, and the last two values in ten shares of a fifth of a value.
    const values = strata?.parameters['values'] as number[];
    const weights = strata?.parameters['weights'] as number[];
    expect([values.length, values[0], values[49], values[50], values[98], values[99], values[108]]).toEqual([
      109, 100.5, 198.5, 10_000.5, 10_096.5, 10_098, 10_099,
    ]);
    // So that the mean is that of the data: (149.5 + 10,049.5) / 2.
    const mean = values.reduce((sum, value, row) => sum + value * (weights[row] ?? 0), 0) / 1000;
    expect(mean).toBeCloseTo(5099.5, 6);
    expect(fitDistribution([])).toBeUndefined();
  });
});

describe('fitWorkload', () => {
  it('makes a twin whose distributions are those of the trace', () => {
    const spec = {
      jobs: 20_000,
      class: 'prod',
      arrivals: { hyperexp: { p: 0.8, mean1: '1 s', mean2: '20 s' } },
      tasks: { empirical: { values: [1, 2, 30], weights: [6, 3, 1] } },
      duration: { lognormal: { median: '100 s', sigma: 1.2 } },
      cpus: { empirical: { values: [0.5, 1, 4] } },
      mem: { weibull: { shape: 1.5, scale: 900 } },
      priority: { empirical: { values: [0, 9], weights: [9, 1] } },
    };
    const [stream] = fitWorkload(source({ synthetic: spec }, 1)).streams;
    expect(stream?.spec['class']).toBe('prod');
    const [trace, twin] = [source({ synthetic: spec }, 1), source({ synthetic: stream?.spec }, 2)].map(profileOf);
    for (const [row, quantity] of (trace?.quantities ?? []).entries()) {
      const other = twin?.quantities[row];
      if (other === undefined || quantity.values.max === 0) continue;
      // 1.63 · √(2 / 20,000) = 0.016 is the 1 % bound of two samples of one law; a fitted law may be off by its own distance too.
      expect(ksDistance(quantity.values, other.values), quantity.name).toBeLessThan(0.08);
    }
    expect((twin?.cpuS as number) / (trace?.cpuS as number)).toBeGreaterThan(0.85);
    expect((twin?.cpuS as number) / (trace?.cpuS as number)).toBeLessThan(1.15);
  });

  it('finds a daily wave with its height and its phase', () => {
    const arrivals = { diurnal: { rate: '0.02 /s', amplitude: 0.6, phase: '6 h' } };
    const { spec } = fitted({ arrivals, jobs: 30_000 });
    const wave = (spec['arrivals'] as { diurnal: { mean: string; amplitude: number; phase: string } }).diurnal;
    expect(wave.amplitude).toBeGreaterThan(0.55);
    expect(wave.amplitude).toBeLessThan(0.65);
    expect(Math.abs(Number(wave.phase.replace(' s', '')) - 21_600)).toBeLessThan(1200);
    expect(Math.abs(Number(wave.mean.replace(' s', '')) / 50 - 1)).toBeLessThan(0.05);
  });

  it('makes a twin of a real log that is as bursty, as wide and as long, and does as much work', () => {
    const log = 'traces/nasa-ipsc/NASA-iPSC-1993-3.1-cln.swf.gz';
    const fit = fitTrace([log], { format: '', options: {}, onBadRow: 'skip', maxSkipped: -1 });
    const trace = profileTrace([log], { format: '', options: {}, onBadRow: 'skip', maxSkipped: -1 });
    const path = join(folder, 'twin.yaml');
    writeFileSync(path, `workload: ${JSON.stringify({ synthetic: fit.streams.map(({ spec }) => spec) })}\n`);
    const twin = profileOf(scenarioJobs(path).source);
    expect(twin.jobs).toBe(18_239);
    for (const [row, { name, values }] of trace.quantities.entries()) {
      const other = twin.quantities[row]?.values;
      if (other === undefined || values.max === 0) continue;
      // 1.63 · √(2 / 18,239) = 0.017 is the 1 % bound of two samples of one law; laws may be off by 0.05.
      expect(ksDistance(values, other), name).toBeLessThan(0.05);
    }
    // 18,239 draws from a law whose deviation is 2.6 means: 2.6 / √18,239 = 2 %, of width and run time each.
    expect(Math.abs(twin.cpuS / trace.cpuS - 1)).toBeLessThan(0.1);
  });

  it('tells batches of arrivals from single ones', () => {
    const { spec } = fitted({ batch: { empirical: { values: [1, 5] } }, arrivals: { poisson: { mean: '30 s' } } });
    expect(spec['batch']).toEqual({ empirical: { values: [1, 5], weights: expect.any(Array) } });
    const alone = fitted({});
    expect(alone.spec['batch']).toBeUndefined();
  });

  it('keeps classes apart, the twelfth and later ones together', () => {
    const synthetic = Array.from({ length: 15 }, (_, row) => ({
      jobs: 20 + row,
      class: `c${row}`,
      arrivals: { poisson: { rate: '1 /s' } },
      duration: '1 s',
    }));
    const { streams } = fitWorkload(source({ synthetic }, 1));
    expect(streams).toHaveLength(12);
    expect(streams.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(15 * 20 + 105);
    expect(streams.filter(({ spec }) => spec['class'] === 'other')).toHaveLength(1);
  });

  it('says what it does not carry over', () => {
    writeFileSync(join(folder, 'workload-jobs.csv'), 'job_id,submit_s,after\na,0,\nb,1,a\nc,2,\n');
    writeFileSync(join(folder, 'workload-tasks.csv'), 'job_id,duration_s,constraints\na,1,rack=r1\nb,1,\nc,inf,\n');
    const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
    const fit = fitTrace([join(folder, 'workload-jobs.csv')], request);
    expect(fit.leftOut).toEqual({ services: 1, links: 1, constraints: 1 });
    expect(fit.streams[0]?.jobs).toBe(2);
  });
});

describe('arrivals with a daily wave and a law of gaps', () => {
  it('come when the integral of the rate has gone on by a gap', () => {
    const wave = { mean: '60 s', amplitude: 0.8, period: '1 d', phase: '3 h' };
    const jobs = source({ synthetic: { jobs: 3000, duration: '1 s', arrivals: { diurnal: { ...wave, gaps: 1 } } } }, 1);
    // Trapezoids of a second over (1 + 0.8 sin(2π(t + 10,800)/86,400)) / 60: the n-th job is due at n.
    let due = 0;
    let s = 0;
    const rate = (at: number): number => (1 + 0.8 * Math.sin((2 * Math.PI * (at + 10_800)) / 86_400)) / 60;
    for (let job = jobs.next(), row = 1; job !== null; job = jobs.next(), row++) {
      for (; s + 1 <= job.submitUs / 1e6; s++) due += (rate(s) + rate(s + 1)) / 2;
      const rest = job.submitUs / 1e6 - s;
      expect(due + rate(s) * rest).toBeCloseTo(row, 3);
    }
  });

  it('come at once where the gap is nothing', () => {
    const gaps = { empirical: { values: [0, 4], weights: [3, 1] } };
    const arrivals = { diurnal: { mean: '10 s', amplitude: 0.5, gaps } };
    const jobs = source({ synthetic: { jobs: 4000, duration: '1 s', arrivals } }, 1);
    const times = new Map<number, number>();
    for (let job = jobs.next(); job !== null; job = jobs.next())
      times.set(job.submitUs, (times.get(job.submitUs) ?? 0) + 1);
    // A quarter of the gaps is above 0: 1000 times, with a deviation of √(4000 · 3/16) = 27.
    expect(Math.abs(times.size - 1000)).toBeLessThan(100);
  });
});

describe('the fragment', () => {
  it('is a scenario part that runs as it is', async () => {
    const fit = fitWorkload(
      source(
        {
          synthetic: {
            jobs: 300,
            arrivals: { poisson: { rate: '1 /s' } },
            duration: { exponential: { mean: '5 s' } },
            mem: 64,
          },
        },
        1,
      ),
    );
    const text = await fragmentText(['some.swf'], fit);
    expect(text).toContain('# Fitted to some.swf');
    const scenario = parseScenario(`name: twin\n${text}cluster: { agents: [{ count: 2, cpus: 8 }] }\n`, 'twin.yaml');
    expect(scenario.document.workload.synthetic).toHaveLength(1);
  });
});
