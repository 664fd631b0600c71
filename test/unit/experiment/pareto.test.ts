import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dominators, type Objective, paretoOf, writePareto } from '../../../src/experiment/pareto.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-pareto-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('dominance', () => {
  it('marks the staircase of a hand-made set, less is better in both', () => {
    // (1,9) (3,5) (7,2) are the stairs. (3,6) and (4,5) lie behind (3,5); (8,8) behind both, of which (3,5) is on the front; (7,2) twice: equal points stay.
    const points = [
      [1, 9],
      [3, 6],
      [3, 5],
      [4, 5],
      [7, 2],
      [8, 8],
      [7, 2],
    ];
    expect(dominators(points, ['less', 'less'])).toEqual([-1, 2, -1, 2, -1, 2, -1]);
  });

  it('turns a metric of which more is better, and takes three at once', () => {
    // Wait less, share more: (10, 0.9) and (5, 0.7) are stairs; (10, 0.8) and (6, 0.7) are behind them.
    const two = [
      [10, 0.9],
      [10, 0.8],
      [5, 0.7],
      [6, 0.7],
    ];
    expect(dominators(two, ['less', 'more'])).toEqual([-1, 0, -1, 2]);
    // The third metric brings the second point back: it is the cheapest.
    const cost = [4, 1, 4, 4];
    expect(
      dominators(
        two.map((point, at) => [...point, cost[at] as number]),
        ['less', 'more', 'less'],
      ),
    ).toEqual([-1, -1, -1, 2]);
  });

  it('leaves points without a value out of it, on both sides', () => {
    const points = [
      [Number.NaN, 0],
      [2, 2],
      [3, 3],
    ];
    expect(dominators(points, ['less', 'less'])).toEqual([-1, -1, 1]);
  });
});

describe('the front of a sweep', () => {
  const objectives: Objective[] = [
    { metric: 'wait', better: 'less' },
    { metric: 'framework:web jain', better: 'more' },
  ];
  const run = (name: string, value: string, wait: string, jain: string) => {
    mkdirSync(join(folder, name));
    const rows = `cluster,,wait,s,${wait},1,0\nframework,web,wait,s,99,1,0\nframework,web,jain,ratio,${jain},,\n`;
    writeFileSync(join(folder, name, 'summary.csv'), `scope,name,metric,unit,value,n,n_censored\n${rows}`);
    return { values: [value], folder: join(folder, name) };
  };

  it('is over means of the seeds, and is written with what dominates each point', async () => {
    // drf: (2 + 4)/2 = 3 and 0.5; fifo: 3 and 0.25, so drf dominates it; sjf: 1 and 0.25; lottery has no wait.
    const runs = [
      run('drf-1', 'drf', '2', '0.5'),
      run('drf-2', 'drf', '4', '0.5'),
      run('fifo-1', 'fifo', '3', '0.25'),
      run('sjf-1', 'sjf', '1', '0.25'),
      run('lottery-1', 'lottery', '', '0.75'),
    ];
    writePareto(folder, await paretoOf(['policy.allocator'], objectives, runs, folder));
    expect(readFileSync(join(folder, 'pareto.csv'), 'utf8')).toBe(
      'point,policy.allocator,runs,wait,framework:web jain,on_front,dominated_by\n' +
        '0,drf,2,3,0.5,1,\n1,fifo,1,3,0.25,0,0\n2,sjf,1,1,0.25,1,\n3,lottery,1,,0.75,,\n',
    );
  });
});
