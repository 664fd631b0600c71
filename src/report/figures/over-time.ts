import { join } from 'node:path';
import { numberOf } from '../../results/read-csv.js';
import type { ResultSet } from '../result-set.js';
import { type Datum, firstRuns, lines } from '../series.js';
import { PANEL, SMALL_PANEL } from '../theme.js';
import { type Figure, policyChannels } from './figure.js';

export async function utilization(set: ResultSet): Promise<Figure | undefined> {
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

export async function fairness(set: ResultSet): Promise<Figure | undefined> {
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

export async function prices(set: ResultSet): Promise<Figure | undefined> {
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
