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
import { type FittedStream, fitWorkload } from '../../../src/workloads/fit.js';
import { fitTrace } from '../../../src/workloads/inspect.js';
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

  it('keeps few values as they are, one as a constant, and what no law fits as quantiles', () => {
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
    const quantiles = fitDistribution(humps);
    expect(quantiles?.name).toBe('empirical');
    expect(quantiles?.parameters['values']).toHaveLength(100);
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
