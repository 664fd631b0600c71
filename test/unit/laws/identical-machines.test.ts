import { describe, expect, it } from 'vitest';
import { readCases } from '../../laws/support/case.js';
import {
  listMakespan,
  mcnaughtonMakespan,
  optimalMakespan,
  sptTotalCompletion,
} from '../../laws/support/identical-machines.js';

describe('reference algorithms on identical machines', () => {
  it('reach the tight bounds of list scheduling (V-LST-1) and of LPT (V-LST-2)', () => {
    for (const m of [2, 3, 4]) {
      const list = [...new Array<number>(m * (m - 1)).fill(1), m];
      expect(listMakespan(m, list)).toBe(2 * m - 1);
      expect(optimalMakespan(m, list)).toBe(m);
    }
    expect([listMakespan(2, [3, 3, 2, 2, 2]), optimalMakespan(2, [3, 3, 2, 2, 2])]).toEqual([7, 6]);
    expect([listMakespan(3, [5, 5, 4, 4, 3, 3, 3]), optimalMakespan(3, [5, 5, 4, 4, 3, 3, 3])]).toEqual([11, 9]);
  });

  it('give the optima of the validation file', () => {
    for (const law of readCases().cases.filter((entry) => entry.family === 'identical-machines')) {
      const { machines, proc } = law.inputs as { machines: number; proc: number[] };
      expect(optimalMakespan(machines, proc), law.id).toBe(law.expected['optimalMakespan']);
      expect(sptTotalCompletion(machines, proc), law.id).toBe(law.expected['sptTotalCompletion']);
      const [top, bottom] = String(law.expected['mcnaughtonMakespan']).split('/').map(Number);
      expect(mcnaughtonMakespan(machines, proc), law.id).toBeCloseTo((top as number) / (bottom ?? 1), 12);
    }
  });
});
