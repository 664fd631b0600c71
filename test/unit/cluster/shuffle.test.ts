import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentShuffle } from '../../../src/cluster/shuffle.js';
import { shuffleKey } from '../../../src/core/digest.js';

/** The plainest thing that does the same: a sort by (key, row). */
function plainly(rows: Int32Array, seed: number, stage: number, cycle: number): number[] {
  const key = (row: number): number => shuffleKey(seed, stage, cycle, row);
  return [...rows].sort((a, b) => key(a) - key(b) || a - b);
}

/** Distinct rows, ascending or in any order; below and above the size from which digits are sorted (48). */
const rowSets = fc.uniqueArray(fc.nat(50_000), { minLength: 0, maxLength: 300 });
const number = fc.nat(0x7fffffff);

describe('the order of agents in a cycle', () => {
  it('is that of a plain sort by the hash and then the row, whatever was shuffled before', () => {
    const shuffle = new AgentShuffle();
    fc.assert(
      fc.property(rowSets, fc.nat(20), number, fc.nat(3), number, (ids, room, seed, stage, cycle) => {
        const rows = new Int32Array(ids.length + room).fill(-1);
        rows.set(ids);
        const expected = plainly(rows.subarray(0, ids.length), seed, stage, cycle);
        shuffle.shuffle(rows, ids.length, seed, stage, cycle);
        expect([...rows.subarray(0, ids.length)]).toEqual(expected);
        // What lies behind the count is not touched.
        expect([...rows.subarray(ids.length)]).toEqual(new Array(room).fill(-1));
      }),
      { numRuns: 300 },
    );
  });

  it('is that of a plain sort for the agents of a large cluster', () => {
    const rows = Int32Array.from({ length: 20_000 }, (_, row) => row);
    const expected = plainly(rows, 7, 1, 3);
    new AgentShuffle().shuffle(rows.reverse(), rows.length, 7, 1, 3);
    expect(rows).toEqual(Int32Array.from(expected));
  });

  it('has no ties: the hash of a row is a bijection of 32 bits for each seed, stage and cycle', () => {
    fc.assert(
      fc.property(rowSets, number, fc.nat(3), number, (ids, seed, stage, cycle) => {
        expect(new Set(ids.map((row) => shuffleKey(seed, stage, cycle, row))).size).toBe(ids.length);
      }),
      { numRuns: 100 },
    );
  });

  it('does not depend on the order in which the rows come', () => {
    const shuffle = new AgentShuffle();
    fc.assert(
      fc.property(rowSets, number, number, (ids, seed, cycle) => {
        const forth = Int32Array.from(ids);
        const back = Int32Array.from(ids).reverse();
        shuffle.shuffle(forth, forth.length, seed, 0, cycle);
        shuffle.shuffle(back, back.length, seed, 0, cycle);
        expect(back).toEqual(forth);
      }),
      { numRuns: 100 },
    );
  });
});
