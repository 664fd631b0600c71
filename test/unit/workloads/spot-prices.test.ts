import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../../src/scenario/load.js';
import { runScenario } from '../../../src/scenario/run.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { traceFolder } from '../../support/traces.js';

const { file, folder } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SAMPLE = '../shared/traces/spot-prices/spot_prices.csv';

describe('spot prices', () => {
  it('make the cost of a run: CPUs over those of an instance, times the integral of the price', async () => {
    // 0.25 per hour for two hours, then 0.50. Two tasks of 2 CPUs on instances of 4 run from 0 to 3 h: each 0.5 × (2 × 0.25 + 0.5) = 0.5.
    file(
      'Timestamp,Region,SpotPrice\n2026-01-01 02:00:00+00:00,us,0.5\n2026-01-01 00:00:00+00:00,us,0.25\n2026-01-01 01:00:00+00:00,eu,9\nx,us,1\n',
      'prices.csv',
    );
    const text = `name: s
workload: { jobs: [{ id: j, tasks: 2, cpus: 2, duration: 3 h }] }
cluster: { agents: [{ count: 1, cpus: 4, mem: 1 GiB }], prices: { trace: prices.csv, format: "spot-prices[region=us]", cpus: 4 } }
frameworks: [{ name: b }]`;
    const { summary } = await runScenario(parseScenario(text, join(folder, 's.yaml')));
    const value = (metric: string, scope: string): number =>
      summary.find((row) => row.metric === metric && row.scope === scope)?.value ?? -1;
    expect(value('spot_cost', 'cluster')).toBeCloseTo(1, 12);
    expect(value('spot_cost', 'framework')).toBeCloseTo(1, 12);
    expect(value('spot_price_mean', 'cluster')).toBeCloseTo(1 / 3, 12);
  });

  it.skipIf(!existsSync(SAMPLE))('agree with csv-parse on a real file', () => {
    const rows = parse(readFileSync(SAMPLE), { columns: true }) as Record<string, string>[];
    const prices = rows.map((row) => Number(row['SpotPrice']));
    expect(inspectTrace([SAMPLE], request)['facts']).toEqual({
      rows: rows.length,
      byRegion: { 'us-east-1': 1212, 'us-west-2': 922, 'eu-west-1': 624 },
      lowest: Math.min(...prices),
      highest: Math.max(...prices),
    });
  });
});
