import type { Quantity, TraceProfile } from '../workloads/profile.js';
import type { Figure } from './figures/figure.js';
import { COLOURS, DASHES, PANEL, PLAIN_LABEL } from './theme.js';

/** A profile and what it is called in figures. */
export interface NamedProfile {
  readonly name: string;
  readonly profile: TraceProfile;
}

const CURVE_POINTS = 200;
/** Bars of queues, classes and users at most. */
const MOST_BARS = 12;

/** The figures of one trace, or of several on top of each other. */
export function traceFigures(profiles: readonly NamedProfile[]): Figure[] {
  const first = profiles[0]?.profile;
  if (first === undefined) return [];
  const curves = first.quantities.map((quantity, row) => distributionCurve(profiles, quantity, row));
  const bars =
    profiles.length > 1
      ? []
      : [
          frequency('queues', 'Jobs by queue', first.queues),
          ...(isSame(first.queues, first.classes) ? [] : [frequency('classes', 'Jobs by class', first.classes)]),
          frequency('users', 'Jobs by user', first.users),
        ];
  return [arrivals(profiles), dayShape(profiles), ...curves, ...bars].filter((figure) => figure !== undefined);
}

function colour(profiles: readonly NamedProfile[]): Record<string, unknown> {
  const names = profiles.map(({ name }) => name);
  const legend = profiles.length > 1 ? {} : { legend: null };
  return {
    color: { field: 'trace', type: 'nominal', scale: { domain: names, range: COLOURS }, ...legend },
    strokeDash: { field: 'trace', type: 'nominal', scale: { domain: names, range: DASHES }, ...legend },
  };
}

function arrivals(profiles: readonly NamedProfile[]): Figure {
  const values = profiles.flatMap(({ name, profile }) => {
    const hours = profile.binUs / 3600e6;
    // A last point closes the last step.
    return [...profile.bins, 0].map((jobs, bin) => ({ trace: name, days: (bin * hours) / 24, rate: jobs / hours }));
  });
  const binH = (profiles[0]?.profile.binUs ?? 3600e6) / 3600e6;
  return {
    name: 'arrivals',
    title: 'Arrivals over the trace',
    caption: `Jobs per hour since the first one, mean over ${binH === 1 ? 'each hour' : `each ${binH} hours`}.`,
    spec: {
      data: { values },
      ...PANEL,
      mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1 },
      encoding: {
        x: { field: 'days', type: 'quantitative', title: 'time (d)', axis: { tickCount: 8 } },
        y: { field: 'rate', type: 'quantitative', title: 'jobs per hour', axis: { labelExpr: PLAIN_LABEL } },
        ...colour(profiles),
      },
    },
  };
}

function dayShape(profiles: readonly NamedProfile[]): Figure {
  const values = profiles.flatMap(({ name, profile }) => {
    const mean = profile.jobs / 24;
    return [...profile.byHour, profile.byHour[23] ?? 0].map((jobs, hour) => ({
      trace: name,
      hour,
      ratio: jobs / mean,
    }));
  });
  return {
    name: 'day',
    title: 'Shape of the day',
    caption: "Jobs by hour of the trace's day over their mean; the day begins where the trace's clock does.",
    spec: {
      data: { values },
      ...PANEL,
      mark: { type: 'line', interpolate: 'step-after' },
      encoding: {
        x: {
          field: 'hour',
          type: 'quantitative',
          title: 'hour of the day',
          scale: { domain: [0, 24], nice: false },
          axis: { values: [0, 3, 6, 9, 12, 15, 18, 21, 24] },
        },
        y: {
          field: 'ratio',
          type: 'quantitative',
          title: 'jobs / mean',
          scale: { zero: true },
          axis: { tickCount: 4 },
        },
        ...colour(profiles),
      },
    },
  };
}

/** Share of values up to x. Nothing is drawn of a quantity that is one and the same everywhere. */
function distributionCurve(
  profiles: readonly NamedProfile[],
  { name, title }: Quantity,
  row: number,
): Figure | undefined {
  const values = profiles.flatMap(({ name: trace, profile }) => {
    const quantity = profile.quantities[row];
    return quantity === undefined ? [] : curvePoints(quantity).map((point) => ({ trace, ...point }));
  });
  const least = Math.min(...values.map(({ value }) => value));
  const most = Math.max(...values.map(({ value }) => value));
  if (values.length === 0 || !(most > least)) return undefined;
  const isWide = most / Math.max(least, most / 1e9) > 50;
  // Below this, zero included, a symmetric logarithmic axis is linear.
  const constant = values.reduce((small, { value }) => (value > 0 && value < small ? value : small), most);
  const scale = isWide ? { type: 'symlog', constant } : { zero: false };
  const ticks = isWide ? { values: decades(constant, most) } : { tickCount: 6 };
  const of = name === 'tasks_per_job' || name === 'gap_s' ? 'jobs' : 'tasks';
  return {
    name: name.replaceAll('_', '-'),
    title: `Distribution: ${title}`,
    caption: `Share of ${of} with at most this ${title.replace(/ \(.*/, '')}${isWide ? '; logarithmic, with 0' : ''}.`,
    spec: {
      data: { values },
      ...PANEL,
      mark: { type: 'line', interpolate: 'step-after' },
      encoding: {
        x: { field: 'value', type: 'quantitative', title, scale, axis: { ...ticks, labelExpr: PLAIN_LABEL } },
        y: {
          field: 'share',
          type: 'quantitative',
          title: `share of ${of}`,
          scale: { domain: [0, 1] },
          axis: { values: [0, 0.25, 0.5, 0.75, 1], format: '.2f' },
        },
        order: { field: 'share', type: 'quantitative' },
        ...colour(profiles),
      },
    },
  };
}

/** Powers of ten from the first to the last, 0 before them, at most nine. */
function decades(from: number, to: number): number[] {
  const first = Math.floor(Math.log10(from));
  const last = Math.ceil(Math.log10(to));
  const step = Math.max(1, Math.ceil((last - first) / 7));
  const ticks = [0];
  for (let power = first; power <= last; power += step) if (power > first || first < 0) ticks.push(10 ** power);
  if (first >= 0) ticks.splice(1, 0, 10 ** first);
  return [...new Set(ticks)];
}

function curvePoints({ values, scale }: Quantity): { value: number; share: number }[] {
  const entries = values.entries();
  const points: { value: number; share: number }[] = [];
  let seen = 0;
  let lastShare = 0;
  for (const [index, { value, count }] of entries.entries()) {
    seen += count;
    const share = seen / values.count;
    if (index > 0 && index < entries.length - 1 && share - lastShare < 1 / CURVE_POINTS) continue;
    if (points.length === 0) points.push({ value: value / scale, share: 0 });
    points.push({ value: value / scale, share });
    lastShare = share;
  }
  return points;
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([name, jobs]) => b.get(name) === jobs);
}

function frequency(name: string, title: string, counts: ReadonlyMap<string, number>): Figure | undefined {
  if (counts.size < 2) return undefined;
  const rows = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const values = rows.slice(0, MOST_BARS).map(([label, jobs]) => ({ label: label === '' ? '(none)' : label, jobs }));
  const rest = rows.slice(MOST_BARS).reduce((sum, [, jobs]) => sum + jobs, 0);
  const restLabel = `${rows.length - MOST_BARS} others`;
  if (rest > 0) values.push({ label: restLabel, jobs: rest });
  return {
    name,
    title,
    caption: rest > 0 ? `The ${MOST_BARS} most frequent of ${rows.length}.` : `All ${rows.length}.`,
    spec: {
      data: { values },
      width: PANEL.width - 60,
      height: { step: 18 },
      mark: { type: 'bar', height: { band: 0.7 }, color: COLOURS[0] },
      encoding: {
        y: {
          field: 'label',
          type: 'nominal',
          sort: values.map(({ label }) => label),
          title: null,
          axis: { ticks: false, domain: false },
        },
        x: { field: 'jobs', type: 'quantitative', title: 'jobs', axis: { tickCount: 5, labelExpr: PLAIN_LABEL } },
      },
    },
  };
}
