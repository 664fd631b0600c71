import { ValueCounts } from '../core/value-counts.js';
import { FOREVER_US, type JobRecord } from '../model/job.js';
import { CPUS, DISK, GPUS, MEM } from '../model/resources.js';

const HOUR_US = 3600e6;
/** Bins of arrivals over the whole trace: when more are needed, two become one. */
const MAX_BINS = 1024;
/** Distinct users, queues and classes that are told apart; the rest counts as one. */
const MAX_NAMES = 100_000;

/** One measured quantity: whole numbers, told in a unit. */
export interface Quantity {
  readonly name: string;
  readonly title: string;
  /** Whole numbers per unit. */
  readonly scale: number;
  readonly values: ValueCounts;
}

/** Amounts of a cluster, against which the offered load is told. */
export interface ClusterTotals {
  readonly cpus?: number | undefined;
  readonly memMib?: number | undefined;
  readonly gpus?: number | undefined;
}

/** What a stream of jobs is like: counts, sums and distributions. Memory does not follow the length of the stream. */
export class TraceProfile {
  jobs = 0;
  tasks = 0;
  /** Tasks without an end. */
  services = 0;
  firstUs = -1;
  lastUs = 0;
  cpuS = 0;
  memMibS = 0;
  gpuS = 0;
  readonly users = new Map<string, number>();
  readonly queues = new Map<string, number>();
  readonly classes = new Map<string, number>();
  readonly priorities = new Map<string, number>();
  /** Jobs by hour of the trace's day. */
  readonly byHour = new Array<number>(24).fill(0);
  /** Jobs per bin since the first one. */
  bins: number[] = [];
  binUs = HOUR_US;
  readonly quantities: readonly Quantity[];

  constructor() {
    this.quantities = [
      quantity('gap_s', 'time between arrivals (s)', 1e6),
      quantity('tasks_per_job', 'tasks per job', 1),
      quantity('duration_s', 'duration of tasks (s)', 1e6),
      quantity('cpus', 'CPUs per task', 1000),
      quantity('mem_mib', 'memory per task (MiB)', 1000),
      quantity('disk_mib', 'disk per task (MiB)', 1000),
      quantity('gpus', 'GPUs per task', 1000),
    ];
  }

  /** Takes in the next job, in order of submission. */
  add(job: JobRecord): void {
    this.jobs++;
    if (this.firstUs < 0) this.firstUs = job.submitUs;
    else this.valuesOf(0).add(Math.max(0, job.submitUs - this.lastUs));
    this.lastUs = job.submitUs;
    this.arrive(job.submitUs);
    if (job.user !== '') count(this.users, job.user);
    count(this.queues, job.queue);
    count(this.classes, job.class);
    count(this.priorities, String(job.priority));
    let width = 0;
    for (const { count: copies, amounts, durationUs } of job.groups) {
      width += copies;
      if (durationUs === FOREVER_US) this.services += copies;
      else {
        this.valuesOf(2).add(durationUs, copies);
        this.cpuS += ((amounts[CPUS] as number) / 1000) * copies * (durationUs / 1e6);
        this.memMibS += ((amounts[MEM] as number) / 1000) * copies * (durationUs / 1e6);
        this.gpuS += ((amounts[GPUS] as number) / 1000) * copies * (durationUs / 1e6);
      }
      this.valuesOf(3).add(amounts[CPUS] as number, copies);
      this.valuesOf(4).add(amounts[MEM] as number, copies);
      this.valuesOf(5).add(amounts[DISK] as number, copies);
      this.valuesOf(6).add(amounts[GPUS] as number, copies);
    }
    this.tasks += width;
    this.valuesOf(1).add(width);
  }

  private valuesOf(row: number): ValueCounts {
    return (this.quantities[row] as Quantity).values;
  }

  private arrive(submitUs: number): void {
    const hour = Math.floor(submitUs / HOUR_US) % 24;
    this.byHour[hour] = (this.byHour[hour] ?? 0) + 1;
    while (submitUs - this.firstUs >= this.binUs * MAX_BINS) {
      this.bins = Array.from(
        { length: Math.ceil(this.bins.length / 2) },
        (_, bin) => (this.bins[2 * bin] ?? 0) + (this.bins[2 * bin + 1] ?? 0),
      );
      this.binUs *= 2;
    }
    const bin = Math.floor((submitUs - this.firstUs) / this.binUs);
    while (this.bins.length <= bin) this.bins.push(0);
    this.bins[bin] = (this.bins[bin] ?? 0) + 1;
  }

  /** Between the first and the last submission. */
  get spanS(): number {
    return this.jobs === 0 ? 0 : (this.lastUs - this.firstUs) / 1e6;
  }

  /** Variance over mean of the jobs per bin, whole bins only: 1 for a Poisson process, above it for bursts. NaN for fewer than two. */
  get dispersion(): number {
    const whole = this.bins.slice(0, -1);
    if (whole.length < 2) return Number.NaN;
    const mean = whole.reduce((sum, jobs) => sum + jobs, 0) / whole.length;
    return whole.reduce((sum, jobs) => sum + (jobs - mean) ** 2, 0) / (whole.length - 1) / mean;
  }

  /** Work of the trace over what a cluster could do in its span. */
  offeredLoad({ cpus, memMib, gpus }: ClusterTotals): Record<string, number> {
    const load: Record<string, number> = {};
    const { spanS } = this;
    if (spanS <= 0) return load;
    if (cpus !== undefined && cpus > 0) load['cpus'] = this.cpuS / (cpus * spanS);
    if (memMib !== undefined && memMib > 0) load['mem'] = this.memMibS / (memMib * spanS);
    if (gpus !== undefined && gpus > 0) load['gpus'] = this.gpuS / (gpus * spanS);
    return load;
  }
}

function quantity(name: string, title: string, scale: number): Quantity {
  return { name, title, scale, values: new ValueCounts() };
}

function count(counts: Map<string, number>, name: string): void {
  const known = counts.get(name);
  if (known !== undefined) counts.set(name, known + 1);
  else if (counts.size < MAX_NAMES) counts.set(name, 1);
  else counts.set('(others)', (counts.get('(others)') ?? 0) + 1);
}

/** Quantiles of a quantity in its unit. */
export function tellQuantity({ values, scale }: Quantity): Record<string, number> {
  const at = (probability: number): number => values.quantile(probability) / scale;
  return {
    n: values.count,
    min: at(0),
    p05: at(0.05),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    mean: values.mean / scale,
  };
}

/** Upper bounds in the quantity's unit, and how many values fall in each bin. */
export interface Histogram {
  readonly upTo: readonly number[];
  readonly counts: readonly number[];
}

/** At most `bins` bins: one per value where there are few, else as wide as each other on a logarithmic scale, 0 apart. */
export function histogramOf({ values, scale }: Quantity, bins = 16): Histogram {
  const entries = values.entries();
  if (entries.length === 0) return { upTo: [], counts: [] };
  if (entries.length <= bins) {
    return { upTo: entries.map(({ value }) => value / scale), counts: entries.map(({ count: jobs }) => jobs) };
  }
  const least = entries.find(({ value }) => value > 0)?.value ?? 1;
  const hasZero = (entries[0]?.value ?? 0) <= 0;
  const logBins = hasZero ? bins - 1 : bins;
  const step = (values.max / least) ** (1 / logBins);
  const bounds = Array.from({ length: logBins }, (_, bin) =>
    bin === logBins - 1 ? values.max : Math.floor(least * step ** (bin + 1)),
  );
  if (hasZero) bounds.unshift(0);
  const counts = bounds.map(() => 0);
  let bin = 0;
  for (const { value, count: jobs } of entries) {
    while (bin < bounds.length - 1 && value > (bounds[bin] ?? 0)) bin++;
    counts[bin] = (counts[bin] ?? 0) + jobs;
  }
  return { upTo: bounds.map((bound) => bound / scale), counts };
}

/** The most frequent values with their counts. */
export function mostFrequent(counts: ReadonlyMap<string, number>, most = 20): (readonly [string, number])[] {
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, most);
}
