import type { TraceInspection } from '../workloads/inspect.js';
import { histogramOf, mostFrequent, type Quantity, type TraceProfile, tellQuantity } from '../workloads/profile.js';
import type { TraceComparison } from '../workloads/stats.js';
import { renderTable, shown } from './table.js';

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const QUANTILES = ['min', 'p05', 'p25', 'p50', 'p75', 'p95', 'p99', 'max', 'mean'] as const;

/** A table with its title: what is printed, and what stands on the page. */
export interface TraceTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers. */
  readonly right: readonly boolean[];
}

/** Heights as block characters; an empty bin is a blank, so that a lone job can be told from none. */
export function sparkline(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  return counts
    .map((count) => (count === 0 ? ' ' : (BLOCKS[Math.min(7, Math.floor((count / most) * 8))] as string)))
    .join('');
}

/** What `trace inspect` shows, table by table. */
export function inspectionTables(inspection: TraceInspection): TraceTable[] {
  const { profile } = inspection;
  const tables = [pairs('Trace', overview(inspection))];
  if (profile !== undefined && profile.jobs > 0) tables.push(distributions(profile), pairs('Who', people(profile)));
  const { report, facts } = inspection;
  if (report !== undefined && report.skipped.size + report.repaired.size > 0) {
    const rows = [
      ...[...report.skipped].map(([code, count]) => [code, 'skipped', shown(count)]),
      ...[...report.repaired].map(([code, count]) => [code, 'repaired', shown(count)]),
    ];
    tables.push({
      title: 'Rows that were not as they should be',
      head: ['code', 'what', 'rows'],
      rows,
      right: [false, false, true],
    });
  }
  if (report !== undefined && report.notes.size > 0) tables.push(pairs('Header', [...report.notes]));
  if (facts !== undefined) tables.push(pairs('Facts of the files', flat(facts)));
  return tables;
}

/** What `trace stats` shows: one column per trace, and per quantity a row of each with their distance. */
export function comparisonTables(
  { a, b, pairs: both, dayDistance }: TraceComparison,
  nameA: string,
  nameB: string,
): TraceTable[] {
  const row = (what: string, of: (profile: TraceProfile) => number): string[] => [what, shown(of(a)), shown(of(b))];
  const counts = [
    row('jobs', ({ jobs }) => jobs),
    row('tasks', ({ tasks }) => tasks),
    row('users', ({ users }) => users.size),
    row('span (h)', ({ spanS }) => spanS / 3600),
    row('jobs per hour', ({ jobs, spanS }) => (jobs / spanS) * 3600),
    row('variance / mean of arrivals', ({ dispersion }) => dispersion),
    row('CPU h', ({ cpuS }) => cpuS / 3600),
    ['arrivals by hour, 0 … 23', sparkline(a.byHour), sparkline(b.byHour)],
    ['distance of the days', shown(dayDistance), ''],
  ];
  const rows = both
    .filter((pair) => Math.max(pair.a.values.max, pair.b.values.max) > 0)
    .flatMap((pair) => [
      [pair.a.title, 'A', ...quantiles(pair.a), shown(pair.ks)],
      ['', 'B', ...quantiles(pair.b), ''],
    ]);
  return [
    { title: 'Traces', head: ['what', `A: ${nameA}`, `B: ${nameB}`], rows: counts, right: [false, true, true] },
    {
      title: 'Distributions (KS = largest distance of the distribution functions)',
      head: ['quantity', '', ...QUANTILES, 'KS'],
      rows,
      right: [false, false, ...QUANTILES.map(() => true), true],
    },
  ];
}

/** Tables for the terminal, each under its title. */
export function printedTables(tables: readonly TraceTable[]): string {
  return tables
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, head, rows, right }) => `${title}\n${renderTable(head, rows, right)}`)
    .join('\n\n');
}

function pairs(title: string, rows: readonly (readonly string[])[]): TraceTable {
  return { title, head: ['what', 'value'], rows, right: [false, false] };
}

function overview({ format, files, report, agents, profile, load }: TraceInspection): string[][] {
  const rows = [
    ['format', format],
    ['files', files.join(' ')],
  ];
  if (report !== undefined) {
    const skipped = [...report.skipped.values()].reduce((sum, count) => sum + count, 0);
    rows.push(['rows', `${shown(report.rowsRead)} read, ${shown(report.rowsKept)} kept, ${shown(skipped)} skipped`]);
  }
  if (agents !== undefined) rows.push(['agents', shown(agents)]);
  if (profile === undefined) return rows;
  rows.push(['jobs', shown(profile.jobs)], ['tasks', shown(profile.tasks)]);
  if (profile.jobs === 0) return rows;
  const { spanS, services, dispersion } = profile;
  if (services > 0) rows.push(['tasks without an end', shown(services)]);
  rows.push(['submissions', `${spanText(profile.firstUs / 1e6)} … ${spanText(profile.lastUs / 1e6)}`]);
  if (spanS > 0) rows.push(['arrival rate', `${shown((profile.jobs / spanS) * 3600)} jobs per hour`]);
  if (Number.isFinite(dispersion)) rows.push(['variance / mean of arrivals', `${shown(dispersion)} (1 = Poisson)`]);
  rows.push(['arrivals over the trace', sparkline(narrowed(profile.bins, 60))]);
  rows.push(['arrivals by hour, 0 … 23', sparkline(profile.byHour)]);
  rows.push(['work', workText(profile)]);
  for (const [resource, share] of Object.entries(load)) rows.push([`offered load, ${resource}`, shown(share)]);
  return rows;
}

function workText({ cpuS, memMibS, gpuS }: TraceProfile): string {
  const parts = [`${shown(cpuS / 3600)} CPU h`];
  if (memMibS > 0) parts.push(`${shown(memMibS / 1024 / 3600)} GiB h`);
  if (gpuS > 0) parts.push(`${shown(gpuS / 3600)} GPU h`);
  return parts.join(', ');
}

function spanText(seconds: number): string {
  if (seconds < 120) return `${shown(seconds)} s`;
  if (seconds < 7200) return `${shown(seconds / 60)} min`;
  return seconds < 172_800 ? `${shown(seconds / 3600)} h` : `${shown(seconds / 86_400)} d`;
}

/** Neighbouring bins joined until there are at most `most`. */
function narrowed(bins: readonly number[], most: number): number[] {
  const step = Math.ceil(bins.length / most);
  return Array.from({ length: Math.ceil(bins.length / step) }, (_, bin) =>
    bins.slice(bin * step, (bin + 1) * step).reduce((sum, count) => sum + count, 0),
  );
}

function distributions(profile: TraceProfile): TraceTable {
  const rows = profile.quantities
    .filter(({ values }) => values.count > 0 && values.max > 0)
    .map((quantity) => [quantity.title, ...quantiles(quantity), sparkline(histogramOf(quantity).counts)]);
  return {
    title: 'Distributions',
    head: ['quantity', ...QUANTILES, 'shape, min … max'],
    rows,
    right: [false, ...QUANTILES.map(() => true), false],
  };
}

function quantiles(quantity: Quantity): string[] {
  const told = tellQuantity(quantity);
  return QUANTILES.map((name) => shown(told[name] ?? Number.NaN));
}

function people(profile: TraceProfile): string[][] {
  const named = (counts: ReadonlyMap<string, number>): string =>
    mostFrequent(counts, 6)
      .map(([name, jobs]) => `${name === '' ? '(none)' : name} ${shown((jobs / profile.jobs) * 100)} %`)
      .join(', ') + (counts.size > 6 ? ', …' : '');
  return [
    [`users (${shown(profile.users.size)})`, named(profile.users)],
    [`queues (${shown(profile.queues.size)})`, named(profile.queues)],
    [`classes (${shown(profile.classes.size)})`, named(profile.classes)],
    [`priorities (${shown(profile.priorities.size)})`, named(profile.priorities)],
  ].filter(([, value]) => value !== '' && value !== '(none) 100 %');
}

/** Rows of nested values, by path. */
function flat(value: unknown, path = ''): string[][] {
  if (typeof value === 'number') return [[path, shown(value)]];
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  if (Array.isArray(value)) return [[path, value.map(String).join(' ')]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`));
}
