import type { ResultSet } from '../result-set.js';
import { type Datum, distribution } from '../series.js';
import { PANEL, PLAIN_LABEL } from '../theme.js';
import { DECADES, type Figure, policyChannels } from './figure.js';

export async function waits(set: ResultSet): Promise<Figure | undefined> {
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

export async function slowdowns(set: ResultSet): Promise<Figure | undefined> {
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
