import { type FittedDistribution, fitDistribution } from '../core/distribution-fit.js';
import { ValueCounts } from '../core/value-counts.js';
import { WaveClock } from '../model/arrivals.js';
import { FOREVER_US, type JobRecord, type JobSource } from '../model/job.js';
import { CPUS, DISK, GPUS, MEM } from '../model/resources.js';

const DAY_US = 86_400e6;
/** Classes that get a stream of their own; the jobs of all others are one more. */
const MOST_CLASSES = 11;
const OTHER = 'other';
/** More arrivals in the same microsecond than this share: they come in batches. */
const MOST_TIES = 0.05;
/** A daily wave below this amplitude, or seen on fewer days or jobs, is no wave. */
const LEAST_AMPLITUDE = 0.2;
const LEAST_DAYS = 2;
const LEAST_JOBS = 200;
/** Gaps that are looked at on the clock of a wave. */
const MOST_PAIRS = 2 ** 17;

/** One stream of the fitted workload: an entry of `workload.synthetic`, and how far each of its laws is from the data. */
export interface FittedStream {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly jobs: number;
  /** Kolmogorov–Smirnov distance by key; the arrivals' is that of the gaps, on the clock of a daily wave where there is one. */
  readonly distance: Readonly<Record<string, number>>;
}

export interface FittedWorkload {
  readonly streams: readonly FittedStream[];
  /** Services, links between jobs and groups, constraints: what a stream of independent jobs does not carry. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/**
 * Fits a synthetic workload to a stream of jobs: per class (else queue) its arrival process and the distributions of tasks per job, run
 * times, amounts and priorities, each by itself. What is dependent in the trace (long jobs that are wide too) is independent in the twin.
 */
export function fitWorkload(source: JobSource): FittedWorkload {
  const collectors = new Map<string, Collector>();
  const left = { services: 0, links: 0, constraints: 0 };
  for (let job = source.next(); job !== null; job = source.next()) {
    if (job.groups.some(({ durationUs }) => durationUs === FOREVER_US)) {
      left.services++;
      continue;
    }
    if (job.after.length > 0 || job.groups.some(({ after }) => after.length > 0)) left.links++;
    if (job.groups.some(({ constraints }) => constraints !== '')) left.constraints++;
    const key = job.class !== '' ? `class\u0000${job.class}` : job.queue !== '' ? `queue\u0000${job.queue}` : '';
    const isKnown = collectors.has(key) || collectors.size < MOST_CLASSES;
    const name = isKnown ? key : OTHER;
    const collector = collectors.get(name) ?? new Collector();
    collectors.set(name, collector);
    collector.add(job);
  }
  const streams = [...collectors].map(([key, collector]) => collector.fitted(key));
  return { streams, leftOut: Object.fromEntries(Object.entries(left).filter(([, count]) => count > 0)) };
}

/** What is kept of the jobs of one class. */
class Collector {
  private jobs = 0;
  private gangs = 0;
  private estimated = 0;
  private estimateRatio = 0;
  private firstUs = 0;
  private lastUs = -1;
  private together = 0;
  private readonly wave = new DailyWave();
  private readonly neighbours = new Neighbours();
  private readonly gaps = new ValueCounts();
  /** Gaps between arrivals at different times, and how many came at each of those. */
  private readonly spacings = new ValueCounts();
  private readonly batches = new ValueCounts();
  private readonly tasks = new ValueCounts();
  private readonly durations = new ValueCounts();
  private readonly priorities = new Map<number, number>();
  private readonly amounts = [CPUS, MEM, DISK, GPUS].map(() => new ValueCounts());

  add(job: JobRecord): void {
    this.arrive(job.submitUs);
    this.priorities.set(job.priority, (this.priorities.get(job.priority) ?? 0) + 1);
    let width = 0;
    let gangTasks = 0;
    for (const { count, gang, amounts, durationUs, estimateUs } of job.groups) {
      width += count;
      if (gang) gangTasks += count;
      this.durations.add(durationUs, count);
      for (const [row, resource] of [CPUS, MEM, DISK, GPUS].entries()) {
        this.amounts[row]?.add(amounts[resource] as number, count);
      }
      if (estimateUs >= 0 && durationUs > 0) {
        this.estimated++;
        this.estimateRatio += Math.log(Math.max(1, estimateUs) / durationUs);
      }
    }
    this.tasks.add(width);
    if (gangTasks * 2 > width) this.gangs++;
  }

  private arrive(submitUs: number): void {
    this.wave.add(submitUs);
    if (this.jobs++ === 0) this.firstUs = submitUs;
    else {
      const gapUs = Math.max(0, submitUs - this.lastUs);
      this.gaps.add(gapUs);
      this.neighbours.add(submitUs - gapUs, submitUs);
      if (gapUs > 0) {
        this.spacings.add(gapUs);
        this.batches.add(this.together);
        this.together = 0;
      }
    }
    this.together++;
    this.lastUs = Math.max(this.lastUs, submitUs);
  }

  fitted(key: string): FittedStream {
    const distance: Record<string, number> = {};
    const spec: Record<string, unknown> = { jobs: this.jobs };
    const [kind = '', name = ''] = key === OTHER ? ['class', OTHER] : key.split('\u0000');
    if (kind !== '') spec[kind] = name;
    if (name !== '') spec['user'] = name;
    this.batches.add(Math.max(1, this.together));
    this.fitArrivals(spec, distance);
    this.fitTimes(spec, distance);
    const [cpus, mem, disk, gpus] = this.amounts as [ValueCounts, ValueCounts, ValueCounts, ValueCounts];
    fitInto(spec, distance, 'cpus', cpus, (value) => value / 1000);
    const inMib = (value: number): string => `${exact(value / 1000)} MiB`;
    if (mem.max > 0) fitInto(spec, distance, 'mem', mem, inMib);
    if (disk.max > 0) fitInto(spec, distance, 'disk', disk, inMib);
    if (gpus.max > 0) fitInto(spec, distance, 'gpus', gpus, (value) => value / 1000);
    this.fitPriority(spec);
    return { spec, jobs: this.jobs, distance };
  }

  /** The daily wave where there is one; else the closest law of the gaps, of single jobs or of batches. */
  private fitArrivals(spec: Record<string, unknown>, distance: Record<string, number>): void {
    const meanS = (this.lastUs - this.firstUs) / 1e6 / Math.max(1, this.jobs - 1);
    const { amplitude, phaseS, days, jobs } = this.wave;
    if (days >= LEAST_DAYS && jobs >= LEAST_JOBS && amplitude >= LEAST_AMPLITUDE) {
      const wave = { mean: seconds(meanS), amplitude: significant(Math.min(1, amplitude)), period: '1 d' };
      spec['arrivals'] = {
        diurnal: { ...wave, phase: `${phaseS} s`, ...this.burstiness(meanS, amplitude, phaseS, distance) },
      };
      return;
    }
    const ties = this.gaps.count === 0 ? 0 : 1 - this.spacings.count / this.gaps.count;
    const isBatched = ties > MOST_TIES && this.spacings.count > 0;
    const gaps = isBatched ? this.spacings : this.gaps;
    const law = fitDistribution(gaps.entries()) ?? { name: 'deterministic', parameters: { value: 0 }, ks: 0 };
    const isPoisson = law.name === 'exponential';
    spec['arrivals'] = isPoisson ? { poisson: { mean: seconds(gaps.mean / 1e6) } } : told(law, inSeconds);
    distance['arrivals'] = law.ks;
    if (isBatched) fitInto(spec, distance, 'batch', this.batches, (value) => value);
  }

  /** The law of the gaps on the clock of the wave; none where arrivals are as independent as they can be. */
  private burstiness(
    meanS: number,
    amplitude: number,
    phaseS: number,
    distance: Record<string, number>,
  ): { readonly gaps?: unknown } {
    const clock = new WaveClock(meanS * 1e6, Math.min(1, amplitude), DAY_US, phaseS * 1e6);
    const gaps = new ValueCounts();
    for (const [fromUs, toUs] of this.neighbours.pairs())
      gaps.add(Math.round((clock.at(toUs) - clock.at(fromUs)) * 1e6));
    const law = fitDistribution(gaps.entries());
    if (law === undefined) return {};
    distance['arrivals'] = law.ks;
    return law.name === 'exponential' ? {} : { gaps: told(law, (value) => significant(value / gaps.mean)) };
  }

  private fitTimes(spec: Record<string, unknown>, distance: Record<string, number>): void {
    fitInto(spec, distance, 'tasks', this.tasks, (value) => value);
    fitInto(spec, distance, 'duration', this.durations, inSeconds);
    if (this.gangs * 2 > this.jobs && this.tasks.max > 1) spec['gang'] = true;
    if (this.estimated * 2 > this.jobs) {
      spec['estimateFactor'] = significant(Math.exp(this.estimateRatio / this.estimated));
    }
  }

  private fitPriority(spec: Record<string, unknown>): void {
    const values = [...this.priorities].sort(([a], [b]) => a - b);
    if (values.length === 1 && values[0]?.[0] === 0) return;
    spec['priority'] = {
      empirical: { values: values.map(([value]) => value), weights: values.map(([, count]) => count) },
    };
  }
}

/** Arrivals that follow each other: so many pairs at most, spread evenly over all. */
class Neighbours {
  private times: number[] = [];
  private seen = 0;
  private stride = 1;

  add(fromUs: number, toUs: number): void {
    if (this.seen++ % this.stride !== 0) return;
    this.times.push(fromUs, toUs);
    if (this.times.length < 2 * MOST_PAIRS) return;
    this.times = this.times.filter((_, at) => at % 4 < 2);
    this.stride *= 2;
  }

  *pairs(): Generator<readonly [fromUs: number, toUs: number]> {
    for (let at = 0; at < this.times.length; at += 2) yield [this.times[at] as number, this.times[at + 1] as number];
  }
}

/** First harmonic of the arrivals over whole days since the first one: the days that are not complete would lean to their hours. */
class DailyWave {
  days = 0;
  /** Arrivals in whole days. */
  jobs = 0;
  private firstUs = -1;
  private cosine = 0;
  private sine = 0;
  private today = { cosine: 0, sine: 0, jobs: 0 };

  add(submitUs: number): void {
    if (this.firstUs < 0) this.firstUs = submitUs;
    const day = Math.floor((submitUs - this.firstUs) / DAY_US);
    if (day > this.days) {
      this.cosine += this.today.cosine;
      this.sine += this.today.sine;
      this.jobs += this.today.jobs;
      this.today = { cosine: 0, sine: 0, jobs: 0 };
      this.days = day;
    }
    const angle = (2 * Math.PI * submitUs) / DAY_US;
    this.today.cosine += Math.cos(angle);
    this.today.sine += Math.sin(angle);
    this.today.jobs++;
  }

  /** A rate 1 + A·sin(2π(t + φ)/day) has means A/2·sin and A/2·cos of the phase φ. */
  get amplitude(): number {
    return this.jobs === 0 ? 0 : (2 * Math.hypot(this.cosine, this.sine)) / this.jobs;
  }

  get phaseS(): number {
    const turn = Math.atan2(this.cosine, this.sine) / (2 * Math.PI);
    return Math.round(((turn + 1) % 1) * 86_400);
  }
}

function fitInto(
  spec: Record<string, unknown>,
  distance: Record<string, number>,
  key: string,
  values: ValueCounts,
  tell: (value: number) => number | string,
): void {
  const law = fitDistribution(values.entries());
  if (law === undefined) return;
  spec[key] = told(law, tell);
  distance[key] = law.ks;
}

/** Parameters that are plain numbers; all others are told in the unit of the data. */
const PLAIN = new Set(['sigma', 'shape', 'p', 'weights']);

function told({ name, parameters }: FittedDistribution, tell: (value: number) => number | string): unknown {
  if (name === 'deterministic') return tell(parameters['value'] as number);
  const entries = Object.entries(parameters).map(([key, value]) => {
    const write = PLAIN.has(key) ? significant : tell;
    // Logarithms and powers differ in their last digits from machine to machine.
    return [key, typeof value === 'number' ? write(significant(value)) : value.map(write)];
  });
  return { [name]: Object.fromEntries(entries) };
}

const inSeconds = (us: number): string => seconds(us / 1e6);

function seconds(value: number): string {
  return `${exact(value)} s`;
}

/** Values that come often in the data are kept to the last digit: the twin's must meet them. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}

/** Six digits are enough: the rest differs from machine to machine. */
function significant(value: number): number {
  return Number(value.toPrecision(6));
}
