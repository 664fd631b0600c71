import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/scenario/load.js';
import { type RunResult, runScenario } from '../../../src/scenario/run.js';

async function run(name: string, allocator?: string): Promise<RunResult> {
  return runScenario(loadScenario(`scenarios/${name}.yaml`), allocator === undefined ? {} : { allocator });
}

function of(result: RunResult, framework: string, metric: string): number {
  const row = result.summary.find((each) => each.metric === metric && each.name === framework);
  if (row === undefined) throw new Error(`there is no ${metric} of ${framework}`);
  return row.value;
}

describe('what the market scenarios show', () => {
  it('budget war: the rich one outbids the poor one until it has run dry, then it stands behind', async () => {
    const result = await run('budget-war');
    // 3000 + 0.5 per second over two hours are 6600: it has spent most of it, the poor one a fraction of its 300 + 10800.
    expect(of(result, 'rich', 'spent')).toBeGreaterThan(5000);
    expect(of(result, 'poor', 'spent')).toBeLessThan(3000);
    expect(of(result, 'rich', 'wait_s_mean')).toBeGreaterThan(1.5 * of(result, 'poor', 'wait_s_mean'));
  });

  it('price spike: GPUs become several times as dear while the crowd is there, CPUs do not', async () => {
    expect((await run('gpu-price-spike')).failedChecks).toEqual([]);
  });

  it('poor but patient: the same work for a fraction of the money, and none of it left undone', async () => {
    const result = await run('poor-but-patient');
    expect(of(result, 'patient', 'spent')).toBeLessThan(0.3 * of(result, 'hasty', 'spent'));
    expect(of(result, 'patient', 'wait_s_mean')).toBeLessThan(of(result, 'hasty', 'wait_s_mean'));
    expect(of(result, '', 'jobs_finished')).toBe(12);
  });

  it('gaming: who tells the truth keeps nothing where winners pay their bids, and something under VCG', async () => {
    const paid = await run('gaming');
    const vcg = await run('gaming', 'market-vcg[interval=30 s]');
    expect(Math.abs(of(paid, 'truthful', 'market_utility'))).toBeLessThan(1e-6);
    for (const name of ['shading', 'iterative', 'window', 'sandwich', 'best']) {
      expect(of(paid, name, 'market_utility'), name).toBeGreaterThan(50);
    }
    expect(of(vcg, 'truthful', 'market_utility')).toBeGreaterThan(100);
    // What the truthful one gains by the change of rule, the gamers do not.
    const gain = (name: string): number => of(vcg, name, 'market_utility') - of(paid, name, 'market_utility');
    expect(gain('truthful')).toBeGreaterThan(gain('sandwich'));
    // Iterative bidders end up near their worth: they bid more than nine tenths of it.
    expect(of(paid, 'iterative', 'bid_to_value')).toBeGreaterThan(0.85);
    expect(of(paid, 'shading', 'bid_to_value')).toBeCloseTo(0.5, 9);
  });
});
