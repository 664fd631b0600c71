import { InputError } from '../core/errors.js';
import type { Streams } from '../core/random.js';
import { emptyReport, type JobRecord, type JobSource } from '../model/job.js';
import type { ResourceSpace } from '../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib, parseMilli } from '../model/units.js';
import { type Sampler, samplerOf } from './distributions.js';

/** A synthetic workload as a scenario states it (`workload.synthetic`). */
export interface SyntheticSpec {
  readonly jobs?: number | undefined;
  readonly arrivals: unknown;
  readonly tasks?: unknown;
  readonly duration: unknown;
  readonly cpus?: unknown;
  readonly mem?: unknown;
  readonly disk?: unknown;
  readonly gpus?: unknown;
  readonly gang?: boolean | undefined;
  /** Jobs that arrive together. */
  readonly batch?: unknown;
  readonly user?: string | undefined;
  readonly queue?: string | undefined;
  readonly class?: string | undefined;
  readonly priority?: unknown;
  /** Estimate = duration × this factor. */
  readonly estimateFactor?: number | undefined;
  /** Deadline = submit + duration × this factor. */
  readonly deadlineFactor?: number | undefined;
  /** Each job is a chain of this many stages, each with a duration of its own. */
  readonly stages?: readonly unknown[] | undefined;
  /** Placement constraints of each stage's tasks. */
  readonly stageConstraints?: readonly string[] | undefined;
}

const duration = (value: unknown, label: string): number =>
  typeof value === 'number' ? value * 1e6 : parseDurationUs(String(value), label);
const amount = (value: unknown, label: string): number => parseMilli(String(value), label);
const memory = (value: unknown, label: string): number => parseMemoryMilliMib(String(value), label);
const count = (value: unknown, label: string): number => {
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  throw new InputError('E_SYNTHETIC', `${label} must be a number, got "${String(value)}"`);
};

/** Generates jobs; every sample is rounded to whole units before it leaves. */
export function syntheticJobs(
  spec: SyntheticSpec,
  resources: ResourceSpace,
  streams: Streams,
  name = 'synthetic',
): JobSource {
  const stream = (purpose: string) => streams.stream(`${name}/${purpose}`);
  const gap = gapSampler(spec.arrivals, streams, name);
  const tasks = samplerOf(spec.tasks ?? 1, count, stream('tasks'), 'tasks');
  const sizes = ['cpus', 'mem', 'disk', 'gpus'].map((resource) => {
    const read = resource === 'mem' || resource === 'disk' ? memory : amount;
    const value = (spec as unknown as Record<string, unknown>)[resource] ?? (resource === 'cpus' ? 1 : 0);
    return { row: resources.indexOf(resource), draw: samplerOf(value, read, stream(resource), resource) };
  });
  const stages = (spec.stages ?? [spec.duration]).map((stage, index) =>
    samplerOf(stage, duration, stream(index === 0 ? 'durations' : `durations-${index}`), 'duration'),
  );
  const batch = samplerOf(spec.batch ?? 1, count, stream('batches'), 'batch');
  const priority = samplerOf(spec.priority ?? 0, count, stream('priorities'), 'priority');
  const report = emptyReport('synthetic', []);
  let nowUs = 0;
  let together = 0;
  const limit = spec.jobs ?? Number.POSITIVE_INFINITY;

  const next = (): JobRecord | null => {
    if (report.jobCount >= limit) return null;
    while (together === 0) {
      nowUs += gap();
      together = Math.max(0, Math.round(batch()));
    }
    together--;
    report.jobCount++;
    const taskCount = Math.max(1, Math.round(tasks()));
    report.taskCount += taskCount * stages.length;
    const amounts = resources.zero();
    for (const { row, draw } of sizes) amounts[row] = Math.max(0, Math.round(draw()));
    const durations = stages.map((stage) => Math.max(0, Math.round(stage())));
    const total = durations.reduce((sum, us) => sum + us, 0);
    return {
      id: `${name === 'synthetic' ? '' : `${name}-`}${report.jobCount}`,
      user: spec.user ?? '',
      queue: spec.queue ?? '',
      class: spec.class ?? '',
      submitUs: nowUs,
      priority: Math.round(priority()),
      deadlineUs: spec.deadlineFactor === undefined ? -1 : nowUs + Math.round(total * spec.deadlineFactor),
      after: [],
      groups: durations.map((durationUs, index) => ({
        name: stages.length > 1 ? `stage${index + 1}` : '',
        count: taskCount,
        gang: spec.gang ?? false,
        amounts,
        durationUs,
        estimateUs: spec.estimateFactor === undefined ? -1 : Math.round(durationUs * spec.estimateFactor),
        constraints: spec.stageConstraints?.[index] ?? '',
        after: index > 0 ? [`stage${index}`] : [],
        image: '',
        inputs: [],
        outputMilliMib: 0,
      })),
    };
  };
  return { report, next, close: () => undefined };
}

/** Time between arrivals in whole microseconds. */
function gapSampler(arrivals: unknown, streams: Streams, name: string): Sampler {
  const stream = streams.stream(`${name}/arrivals`);
  const entry = typeof arrivals === 'object' && arrivals !== null ? Object.entries(arrivals)[0] : undefined;
  const parameters = (entry?.[1] ?? {}) as Readonly<Record<string, unknown>>;
  if (entry?.[0] === 'poisson') {
    const meanUs = meanGapUs(parameters, 'arrivals.poisson');
    return rounded(samplerOf({ exponential: { mean: meanUs / 1e6 } }, duration, stream, 'arrivals'));
  }
  if (entry?.[0] === 'diurnal') return diurnal(parameters, stream);
  if (entry?.[0] === 'mmpp') return modulated(parameters, stream);
  return rounded(samplerOf(arrivals, duration, stream, 'arrivals'));
}

function rounded(sampler: Sampler): Sampler {
  return () => Math.max(0, Math.round(sampler()));
}

/** `rate: 0.8 /s` (or per min, h, d) or `mean: 1.25 s`. */
function meanGapUs(parameters: Readonly<Record<string, unknown>>, label: string): number {
  if (parameters['mean'] !== undefined) return duration(parameters['mean'], `${label}.mean`);
  const match = /^\s*([\d.eE+-]+)\s*(?:\/\s*(us|ms|s|min|h|d))?\s*$/.exec(String(parameters['rate']));
  const rate = Number(match?.[1] ?? Number.NaN);
  if (!(rate > 0)) {
    throw new InputError(
      'E_SYNTHETIC',
      `${label}.rate must be a rate above 0 such as "0.8 /s", got "${String(parameters['rate'])}"`,
    );
  }
  return parseDurationUs(`1 ${match?.[2] ?? 's'}`) / rate;
}

/** Poisson arrivals whose rate follows a sine over a period, by thinning (Lewis and Shedler 1979). */
function diurnal(parameters: Readonly<Record<string, unknown>>, stream: () => number): Sampler {
  const meanUs = meanGapUs(parameters, 'arrivals.diurnal');
  const amplitude = count(parameters['amplitude'] ?? 0.5, 'arrivals.diurnal.amplitude');
  const periodUs = duration(parameters['period'] ?? '1 d', 'arrivals.diurnal.period');
  let nowUs = 0;
  return () => {
    const startUs = nowUs;
    for (;;) {
      nowUs += (-Math.log(1 - stream()) * meanUs) / (1 + amplitude);
      const rate = (1 + amplitude * Math.sin((2 * Math.PI * nowUs) / periodUs)) / (1 + amplitude);
      if (stream() < rate) return Math.round(nowUs) - Math.round(startUs);
    }
  };
}

/** Markov-modulated Poisson process of two states, each with a rate and a mean sojourn (Fischer and Meier-Hellstern 1993). */
function modulated(parameters: Readonly<Record<string, unknown>>, stream: () => number): Sampler {
  const gaps = [1, 2].map((state) => meanGapUs({ rate: parameters[`rate${state}`] }, `arrivals.mmpp.rate${state}`));
  const stays = [1, 2].map((state) => duration(parameters[`stay${state}`], `arrivals.mmpp.stay${state}`));
  let state = 0;
  let leftUs = -1;
  const exponential = (meanUs: number): number => -Math.log(1 - stream()) * meanUs;
  return () => {
    let gapUs = 0;
    for (;;) {
      if (leftUs < 0) leftUs = exponential(stays[state] as number);
      const drawnUs = exponential(gaps[state] as number);
      if (drawnUs <= leftUs) {
        leftUs -= drawnUs;
        return Math.round(gapUs + drawnUs);
      }
      gapUs += leftUs;
      leftUs = -1;
      state = 1 - state;
    }
  };
}
