import type { ResultSet } from '../result-set.js';
import { type Datum, rounded } from '../series.js';
import { COLOURS, PANEL, PLAIN_LABEL } from '../theme.js';
import { DECADES, type Figure, policyScale } from './figure.js';

/** Frameworks shown one by one at most. */
const MAX_FRAMEWORKS = 12;

/** Why tasks waited: shares of all waiting by cause. */
export function causes(set: ResultSet): Figure | undefined {
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
export function perFramework(set: ResultSet): Figure | undefined {
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
