import { join } from 'node:path';
import { numberOf } from '../results/read-csv.js';
import type { ResultSet } from './result-set.js';
import { type Datum, distribution, firstRuns, lines, rounded } from './series.js';
import { COLOURS, DASHES, PANEL, PLAIN_LABEL, SMALL_PANEL } from './theme.js';

/** A figure: its data and marks as a Vega-Lite specification, and what a reader must know about it. */
export interface Figure {
  /** File name without ending. */
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Frameworks shown one by one at most. */
const MAX_FRAMEWORKS = 12;
/** Ticks of an axis of seconds or ratios that starts at 0 and goes by powers of ten. */
const DECADES = [0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7];

/** Every figure that the results have content for. */
export async function figuresOf(set: ResultSet): Promise<Figure[]> {
  const figures = [
    overview(set),
    await utilization(set),
    await waits(set),
    await slowdowns(set),
    await fairness(set),
    causes(set),
    perFramework(set),
    await prices(set),
    differences(set),
  ];
  return figures.filter((figure) => figure !== undefined);
}

const OVERVIEW: readonly { readonly metric: string; readonly label: string }[] = [
  { metric: 'wait_s_mean', label: 'mean wait (s)' },
  { metric: 'wait_s_p95', label: '95th percentile of wait (s)' },
  { metric: 'bounded_slowdown_mean', label: 'mean bounded slowdown' },
  { metric: 'jain_dominant_share', label: 'Jain fairness' },
  { metric: 'utilization_cpus', label: 'CPU utilization' },
  { metric: 'lost_work_cpu_s', label: 'lost work (CPU s)' },
];

function overview(set: ResultSet): Figure | undefined {
  if (set.policies.length < 2) return undefined;
  const data = overviewData(set);
  const labels = OVERVIEW.map(({ label }) => label).filter((label) =>
    data.some((datum) => datum.label === label && datum.mean !== 0),
  );
  const isRepeated = data.some((datum) => datum.low !== datum.high);
  const layer: object[] = [
    {
      mark: { type: 'bar', height: { band: 0.62 } },
      encoding: {
        x: { field: 'mean', type: 'quantitative', title: null, axis: { tickCount: 4, labelExpr: PLAIN_LABEL } },
      },
    },
  ];
  if (isRepeated) {
    layer.push({
      mark: { type: 'rule', strokeWidth: 1.5, color: '#222222' },
      encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' }, color: { value: '#222222' } },
    });
  }
  const yOffset = set.scenarios.length > 1 ? { yOffset: { field: 'scenario' } } : {};
  return {
    name: 'overview',
    title: 'Policies side by side',
    caption: isRepeated ? 'Mean over replications; lines are 95 % confidence intervals.' : 'One run per policy.',
    spec: {
      data: { values: data.filter((datum) => labels.includes(String(datum.label))) },
      facet: { field: 'label', type: 'nominal', sort: labels, header: { labelOrient: 'top' } },
      columns: 2,
      spacing: 22,
      resolve: { scale: { x: 'independent' } },
      spec: {
        width: 230,
        height: { step: 22 },
        encoding: {
          y: {
            field: 'policy',
            type: 'nominal',
            sort: set.policies,
            title: null,
            axis: { ticks: false, domain: false },
          },
          ...yOffset,
          color: { field: 'policy', type: 'nominal', scale: policyScale(set, COLOURS), legend: null },
        },
        layer,
      },
    },
  };
}

function overviewData(set: ResultSet): Datum[] {
  const data: Datum[] = [];
  for (const { metric, label } of OVERVIEW) {
    for (const stat of set.stats) {
      if (stat.scope !== 'cluster' || stat.metric !== metric || !Number.isFinite(stat.mean)) continue;
      const low = Number.isFinite(stat.low) ? stat.low : stat.mean;
      const high = Number.isFinite(stat.high) ? stat.high : stat.mean;
      data.push({
        label,
        scenario: stat.scenario,
        policy: stat.policy,
        mean: rounded(stat.mean),
        low: rounded(low),
        high: rounded(high),
      });
    }
  }
  return data;
}

async function utilization(set: ResultSet): Promise<Figure | undefined> {
  const data: Datum[] = [];
  for (const run of firstRuns(set)) {
    const points = await lines(
      join(run.folder, 'utilization.csv'),
      ['time_s', 'resource', 'total', 'allocated'],
      ([time, resource = '', total, allocated]) =>
        numberOf(total) > 0
          ? { key: resource, timeS: numberOf(time), value: (numberOf(allocated) / numberOf(total)) * 100 }
          : undefined,
    );
    for (const { key, hours, value } of points)
      data.push({ scenario: run.scenario, policy: run.policy, resource: key, hours, value });
  }
  const resources = [
    ...new Set(data.filter((datum) => Number(datum.value) > 0).map((datum) => String(datum.resource))),
  ];
  return overTime(set, {
    name: 'utilization',
    title: 'Utilization over time',
    caption: `Allocated share of the cluster, mean between samples${firstNote(set)}.`,
    data: data.filter((datum) => resources.includes(String(datum.resource))),
    row: 'resource',
    rows: resources,
    y: { title: 'allocated (%)', scale: { domain: [0, 100] }, axis: { values: [0, 25, 50, 75, 100] } },
  });
}

async function fairness(set: ResultSet): Promise<Figure | undefined> {
  const data: Datum[] = [];
  for (const run of firstRuns(set)) {
    let last = '';
    const points = await lines(join(run.folder, 'fairness.csv'), ['time_s', 'jain'], ([time = '', jain]) => {
      if (time === last) return undefined; // One row per framework; the index is the same in all of a sample.
      last = time;
      return { key: '', timeS: numberOf(time), value: numberOf(jain) };
    });
    for (const { hours, value } of points) data.push({ scenario: run.scenario, policy: run.policy, hours, value });
  }
  return overTime(set, {
    name: 'fairness',
    title: 'Fairness over time',
    caption: `Jain index of min(dominant share, demand share) / weight over frameworks with demand; 1 = all alike${firstNote(set)}.`,
    data,
    row: 'scenario',
    rows: set.scenarios,
    y: { title: 'Jain index', scale: { domain: [0, 1] }, axis: { values: [0, 0.25, 0.5, 0.75, 1], format: '.2f' } },
  });
}

async function prices(set: ResultSet): Promise<Figure | undefined> {
  const data: Datum[] = [];
  for (const run of firstRuns(set)) {
    const points = await lines(
      join(run.folder, 'market.csv'),
      ['time_s', 'resource', 'price', 'sold'],
      ([time, resource = '', price, sold]) =>
        numberOf(sold) > 0 ? { key: resource, timeS: numberOf(time), value: numberOf(price) } : undefined,
    );
    for (const { key, hours, value } of points)
      data.push({ scenario: run.scenario, policy: run.policy, resource: key, hours, value });
  }
  const resources = [...new Set(data.map((datum) => String(datum.resource)))];
  return overTime(set, {
    name: 'prices',
    title: 'Prices over time',
    caption: `Price per unit and second at clearings that sold something${firstNote(set)}.`,
    data,
    row: 'resource',
    rows: resources,
    y: { title: 'price', scale: { zero: true }, axis: { tickCount: 4, format: '~g' } },
  });
}

/** Lines over time are of one run, which must be said where there are several. */
function firstNote(set: ResultSet): string {
  return set.runs.length > set.policies.length * set.scenarios.length ? '; first replication of each policy' : '';
}

interface TimeFigure {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly data: readonly Datum[];
  readonly row: string;
  readonly rows: readonly string[];
  readonly y: Readonly<Record<string, unknown>>;
}

/** Lines over time, one colour and dash per policy, one panel per value of `row`. */
function overTime(set: ResultSet, { name, title, caption, data, row, rows, y }: TimeFigure): Figure | undefined {
  if (data.length === 0) return undefined;
  const manyScenarios = set.scenarios.length > 1 && row !== 'scenario';
  const facet =
    rows.length > 1 || manyScenarios
      ? {
          ...(rows.length > 1
            ? { row: { field: row, type: 'nominal', sort: rows, header: { labelOrient: 'top', labelAnchor: 'start' } } }
            : {}),
          ...(manyScenarios ? { column: { field: 'scenario', type: 'nominal', sort: set.scenarios } } : {}),
        }
      : {};
  return {
    name,
    title,
    caption,
    spec: {
      data: { values: data },
      ...(rows.length > 1 ? SMALL_PANEL : PANEL),
      mark: { type: 'line', interpolate: name === 'prices' ? 'step-after' : 'linear' },
      encoding: {
        x: { field: 'hours', type: 'quantitative', title: 'time (h)', axis: { tickCount: 8 } },
        y: { field: 'value', type: 'quantitative', ...y },
        ...policyChannels(set, new Set(data.map((datum) => datum.policy))),
        ...facet,
      },
      ...(name === 'prices' ? { resolve: { scale: { y: 'independent' } } } : {}),
    },
  };
}

async function waits(set: ResultSet): Promise<Figure | undefined> {
  const caption =
    'Share of submitted jobs that had started within the time; a curve that ends below 1 has jobs that never started.';
  return curve(set, {
    name: 'wait-cdf',
    title: 'Waiting time of jobs',
    caption,
    x: 'wait (s)',
    data: await distribution(set, 'wait_s', 1e6),
    least: 0,
  });
}

async function slowdowns(set: ResultSet): Promise<Figure | undefined> {
  const data = await distribution(set, 'bounded_slowdown', 1e6);
  const caption = 'Share of submitted jobs with at most this bounded slowdown (threshold 10 s).';
  return curve(set, {
    name: 'slowdown-cdf',
    title: 'Bounded slowdown of jobs',
    caption,
    x: 'bounded slowdown',
    data,
    least: 1,
  });
}

interface CurveFigure {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly x: string;
  readonly data: readonly Datum[];
  /** Smallest value that can occur; 0 asks for an axis that can show it. */
  readonly least: 0 | 1;
}

function curve(set: ResultSet, { name, title, caption, x, data, least }: CurveFigure): Figure | undefined {
  if (data.length === 0) return undefined;
  const most = Math.max(...data.map((datum) => Number(datum.value)));
  const bound = DECADES.find((decade) => decade >= most && decade > least) ?? most;
  const ticks = DECADES.filter((decade) => decade >= least && decade <= bound);
  const scale = least === 0 ? { type: 'symlog', constant: 1, domain: [0, bound] } : { type: 'log', domain: [1, bound] };
  const facet = set.scenarios.length > 1 ? { row: { field: 'scenario', type: 'nominal', sort: set.scenarios } } : {};
  return {
    name,
    title,
    caption,
    spec: {
      data: { values: data },
      ...PANEL,
      mark: { type: 'line', interpolate: 'step-after' },
      encoding: {
        x: { field: 'value', type: 'quantitative', title: x, scale, axis: { values: ticks, labelExpr: PLAIN_LABEL } },
        y: {
          field: 'share',
          type: 'quantitative',
          title: 'share of jobs',
          scale: { domain: [0, 1] },
          axis: { values: [0, 0.25, 0.5, 0.75, 1], format: '.2f' },
        },
        order: { field: 'share', type: 'quantitative' },
        ...policyChannels(set),
        ...facet,
      },
    },
  };
}

/** Why tasks waited: shares of all waiting by cause. */
function causes(set: ResultSet): Figure | undefined {
  const data: Datum[] = set.stats.flatMap((stat) => {
    const cause = /^waited_(.+)_s$/.exec(stat.metric)?.[1];
    if (cause === undefined || stat.scope !== 'cluster' || !(stat.mean > 0)) return [];
    return [
      { scenario: stat.scenario, policy: stat.policy, cause: cause.replaceAll('_', ' '), value: rounded(stat.mean) },
    ];
  });
  if (data.length === 0) return undefined;
  const facet = set.scenarios.length > 1 ? { row: { field: 'scenario', type: 'nominal', sort: set.scenarios } } : {};
  const color = { field: 'cause', type: 'nominal', scale: { range: COLOURS }, legend: { columns: 4 } };
  return {
    name: 'wait-causes',
    title: 'Why tasks waited',
    caption: 'Share of all task waiting that is charged to each cause.',
    spec: {
      data: { values: data },
      width: PANEL.width - 40,
      height: { step: 26 },
      mark: { type: 'bar', height: { band: 0.7 } },
      encoding: {
        x: {
          aggregate: 'sum',
          field: 'value',
          type: 'quantitative',
          stack: 'normalize',
          title: 'share of waiting',
          axis: { format: '.0%' },
        },
        y: { field: 'policy', type: 'nominal', sort: set.policies, title: null, axis: { ticks: false, domain: false } },
        color,
        ...facet,
      },
    },
  };
}

/** Mean wait of the frameworks with the most CPU time: who gains and who loses. */
function perFramework(set: ResultSet): Figure | undefined {
  const scenario = set.scenarios[0] ?? '';
  const own = set.stats.filter(
    (stat) => stat.scope === 'framework' && stat.scenario === scenario && Number.isFinite(stat.mean),
  );
  const size = new Map<string, number>();
  for (const stat of own) {
    if (stat.metric === 'utilization_cpus') size.set(stat.name, (size.get(stat.name) ?? 0) + stat.mean);
  }
  const names = [...size]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MAX_FRAMEWORKS)
    .map(([name]) => name);
  const data = own
    .filter((stat) => stat.metric === 'wait_s_mean' && names.includes(stat.name))
    .map((stat) => ({ framework: stat.name, policy: stat.policy, value: rounded(stat.mean) }));
  if (names.length < 2 || data.length === 0) return undefined;
  const most = Math.max(...data.map((datum) => datum.value));
  const bound = DECADES.find((decade) => decade >= most && decade > 0) ?? most;
  const ticks = DECADES.filter((decade) => decade <= bound);
  return {
    name: 'framework-wait',
    title: 'Mean wait by framework',
    caption: `${scenario}: the ${names.length} frameworks with the most CPU time, largest first.`,
    spec: {
      data: { values: data },
      width: PANEL.width,
      height: { step: 20 },
      mark: { type: 'point', filled: true, size: 70, opacity: 0.9 },
      encoding: {
        x: {
          field: 'value',
          type: 'quantitative',
          title: 'mean wait (s)',
          scale: { type: 'symlog', constant: 1, domain: [0, bound] },
          axis: { values: ticks, labelExpr: PLAIN_LABEL },
        },
        y: { field: 'framework', type: 'nominal', sort: names, title: null, axis: { grid: true } },
        color: { field: 'policy', type: 'nominal', scale: policyScale(set, COLOURS) },
        shape: { field: 'policy', type: 'nominal', scale: { domain: set.policies } },
      },
    },
  };
}

/** Paired differences to the baseline with their intervals, in percent of the baseline's mean. */
function differences(set: ResultSet): Figure | undefined {
  const data: Datum[] = [];
  for (const { metric, label } of OVERVIEW) {
    for (const stat of set.stats) {
      if (stat.scope !== 'cluster' || stat.metric !== metric || !Number.isFinite(stat.diffLow)) continue;
      const base = stat.mean - stat.diff;
      if (base === 0) continue;
      const percent = (value: number): number => rounded((value / Math.abs(base)) * 100);
      data.push({
        label,
        scenario: stat.scenario,
        policy: stat.policy,
        diff: percent(stat.diff),
        low: percent(stat.diffLow),
        high: percent(stat.diffHigh),
      });
    }
  }
  if (data.length === 0) return undefined;
  const labels = OVERVIEW.map(({ label }) => label).filter((label) => data.some((datum) => datum.label === label));
  const others = set.policies.filter((policy) => policy !== set.baseline);
  const facet = set.scenarios.length > 1 ? { row: { field: 'scenario', type: 'nominal', sort: set.scenarios } } : {};
  const y = { field: 'label', type: 'nominal', sort: labels, title: null, axis: { labelLimit: 240 } };
  const yOffset = { field: 'policy', sort: others };
  return {
    name: 'differences',
    title: `Difference to ${set.baseline}`,
    caption: 'Mean paired difference over replications in percent of the baseline, with its 95 % confidence interval.',
    spec: {
      data: { values: data },
      ...(set.scenarios.length > 1
        ? { facet, spec: differencePanel(set, y, yOffset) }
        : differencePanel(set, y, yOffset)),
    },
  };
}

function differencePanel(set: ResultSet, y: object, yOffset: object): Record<string, unknown> {
  // The baseline keeps its colour elsewhere, but has no difference to itself.
  const { domain, range } = policyScale(set, COLOURS);
  const others = domain.filter((policy) => policy !== set.baseline);
  const scale = { domain: others, range: others.map((policy) => range[domain.indexOf(policy)]) };
  const color = { field: 'policy', type: 'nominal', scale };
  const x = { field: 'diff', type: 'quantitative', title: 'difference (%)' };
  return {
    width: PANEL.width,
    height: { step: 16 },
    layer: [
      { mark: { type: 'rule', color: '#888888' }, encoding: { x: { datum: 0, type: 'quantitative' } } },
      {
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: { y, yOffset, color, x: { ...x, field: 'low' }, x2: { field: 'high' } },
      },
      { mark: { type: 'point', filled: true, size: 45 }, encoding: { y, yOffset, color, x } },
    ],
  };
}

/** Colour and dash by policy, in the order of the comparison; no legend when there is but one. */
function policyChannels(set: ResultSet, drawn?: ReadonlySet<unknown>): Record<string, unknown> {
  const values = drawn === undefined ? set.policies : set.policies.filter((policy) => drawn.has(policy));
  const legend =
    set.policies.length > 1 ? { legend: { symbolType: 'stroke', symbolSize: 700, values } } : { legend: null };
  return {
    color: { field: 'policy', type: 'nominal', scale: policyScale(set, COLOURS), ...legend },
    strokeDash: { field: 'policy', type: 'nominal', scale: policyScale(set, DASHES), ...legend },
  };
}

function policyScale<V>(set: ResultSet, range: readonly V[]): { domain: readonly string[]; range: V[] } {
  return { domain: set.policies, range: set.policies.map((_, index) => range[index % range.length] as V) };
}
