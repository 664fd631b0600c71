import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SummaryRow } from '../../../src/model/metric.js';
import { loadScenario, parseScenario } from '../../../src/scenario/load.js';
import { runScenario } from '../../../src/scenario/run.js';

const FOLDER = 'scenarios/pathologies';
const names = readdirSync(FOLDER)
  .map((file) => file.replace('.yaml', ''))
  .sort((a, b) => (a < b ? -1 : 1));
const diseases = names.filter((name) => !name.endsWith('cured'));

async function failedChecks(name: string): Promise<readonly string[]> {
  return (await runScenario(loadScenario(join(FOLDER, `${name}.yaml`)))).failedChecks;
}

/** The scenario of one file under the checks of another. */
async function failedUnder(name: string, checksOf: string): Promise<readonly string[]> {
  const { checks } = loadScenario(join(FOLDER, `${checksOf}.yaml`)).document;
  const scenario = loadScenario(join(FOLDER, `${name}.yaml`), [`checks=${JSON.stringify(checks)}`]);
  return (await runScenario(scenario)).failedChecks;
}

async function summaryOf(name: string, overrides: readonly string[] = []): Promise<readonly SummaryRow[]> {
  return (await runScenario(loadScenario(join(FOLDER, `${name}.yaml`), overrides))).summary;
}

function value(summary: readonly SummaryRow[], metric: string, framework = ''): number {
  const scope = framework === '' ? 'cluster' : 'framework';
  const row = summary.find((entry) => entry.scope === scope && entry.name === framework && entry.metric === metric);
  return row?.value ?? Number.NaN;
}

describe('the problems that users of Mesos reported', () => {
  it('are all there, each with its cure beside it', () => {
    expect(diseases).toHaveLength(8);
    for (const name of diseases) expect(names).toContain(`${name}-cured`);
  });

  it.each(diseases)('%s shows what it says, and its cure does not', async (name) => {
    expect(await failedChecks(name)).toEqual([]);
    expect(await failedUnder(`${name}-cured`, name)).not.toEqual([]);
  });

  it.each(diseases)('the cure of %s does what it says, and the disease does not', async (name) => {
    expect(await failedChecks(`${name}-cured`)).toEqual([]);
    expect(await failedUnder(name, `${name}-cured`)).not.toEqual([]);
  });

  it.each(diseases)('%s and its cure have the same workload and agents', (name) => {
    const disease = loadScenario(join(FOLDER, `${name}.yaml`)).document;
    const cure = loadScenario(join(FOLDER, `${name}-cured.yaml`)).document;
    expect(cure.workload).toEqual(disease.workload);
    expect(cure.cluster).toEqual(disease.cluster);
  });

  it('long declines alone cure Spark and make a new app of Marathon wait', async () => {
    expect(await failedChecks('idle-marathons-half-cured')).toEqual([]);
  });
});

describe('what bounds them', () => {
  // 2,400 tasks on 40 slots are 60 rounds. A slot that comes free is offered at the next tick: 0.3 s fill one interval of 1 s, two of 250 ms.
  it('a slot does one task per ceil(T / d) intervals', async () => {
    expect(value(await summaryOf('latency-floor'), 'makespan_s')).toBe(59 * 1 + 0.3);
    expect(value(await summaryOf('latency-floor-cured'), 'makespan_s')).toBeCloseTo(59 * 0.5 + 0.3, 6);
  });

  // Filters of 5 s at one run a second: with fewer than five decliners some run finds them all filtered, and `big` is offered everything.
  it('four idle frameworks with filters of 5 s starve nobody, twelve do', async () => {
    const text = readFileSync(join(FOLDER, 'short-filters.yaml'), 'utf8');
    const few = text.replace(/^.*user: small-(?:[5-9]|1[0-2]) \}\n/gm, '');
    const { summary } = await runScenario(parseScenario(few, join(FOLDER, 'few.yaml')));
    const many = await summaryOf('short-filters');
    expect(value(summary, 'wait_s_mean', 'big')).toBeLessThan(5);
    expect(value(many, 'wait_s_mean', 'big')).toBeGreaterThan(100);
  });

  it('a framework that never declines is offered less the shorter the timeout of offers is', async () => {
    const waits: number[] = [];
    for (const timeout of ['60 s', '20 s', '5 s']) {
      const summary = await summaryOf('never-declines', [`master={ offerTimeout: ${timeout} }`]);
      waits.push(value(summary, 'wait_s_mean_lower', 'worker'));
    }
    expect(waits[0]).toBeGreaterThan(waits[1] as number);
    expect(waits[1]).toBeGreaterThan(waits[2] as number);
  });

  it('a hoarder costs the other framework more the longer it keeps what it does not use', async () => {
    const waits: number[] = [];
    for (const keep of ['1 s', '30 s', '120 s']) {
      const summary = await summaryOf('hoarding', [`frameworks.0.type="keeper[keep=${keep}]"`]);
      waits.push(value(summary, 'wait_s_mean', 'plain'));
    }
    expect(waits[0]).toBeLessThan(waits[1] as number);
    expect(waits[1]).toBeLessThan(waits[2] as number);
  });
});
