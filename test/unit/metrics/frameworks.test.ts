import { describe, expect, it } from 'vitest';
import { frameworks } from '../../../src/metrics/frameworks.js';
import { MetricBench } from '../../support/metric-bench.js';

describe('frameworks.csv', () => {
  it('has a row per value that a framework tells, and the last ones in the summary', () => {
    const bench = new MetricBench();
    const observer = bench.start(frameworks);
    bench.nowUs = 2e6;
    observer.gauged?.(0, 'instances', 3);
    bench.nowUs = 5e6;
    observer.gauged?.(0, 'instances', 4);
    observer.gauged?.(0, 'deployments', 1);
    observer.finished?.();
    expect(bench.tables.get('frameworks.csv')).toEqual([
      ['time_s', 'framework', 'metric', 'value'],
      ['2', 'web', 'instances', '3'],
      ['5', 'web', 'instances', '4'],
      ['5', 'web', 'deployments', '1'],
    ]);
    expect(bench.rows.map(({ scope, name, metric, value }) => [scope, name, metric, value])).toEqual([
      ['framework', 'web', 'instances', 4],
      ['framework', 'web', 'deployments', 1],
    ]);
  });

  it('is not there when nobody tells anything', () => {
    const bench = new MetricBench();
    bench.start(frameworks).finished?.();
    expect(bench.tables.size).toBe(0);
  });
});
