import type { ResultSet } from '../result-set.js';
import { type Datum, rounded } from '../series.js';
import { COLOURS, PANEL, PLAIN_LABEL } from '../theme.js';
import { type Figure, policyScale } from './figure.js';

const OVERVIEW: readonly { readonly metric: string; readonly label: string }[] = [
  { metric: 'wait_s_mean', label: 'mean wait (s)' },
  { metric: 'wait_s_p95', label: '95th percentile of wait (s)' },
  { metric: 'bounded_slowdown_mean', label: 'mean bounded slowdown' },
  { metric: 'jain_dominant_share', label: 'Jain fairness' },
  { metric: 'utilization_cpus', label: 'CPU utilization' },
  { metric: 'lost_work_cpu_s', label: 'lost work (CPU s)' },
];

export function overview(set: ResultSet): Figure | undefined {
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

/** Paired differences to the baseline with their intervals, in percent of the baseline's mean. */
export function differences(set: ResultSet): Figure | undefined {
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
