import { describe, expect, it } from 'vitest';
import { PathSorter } from '../../src/allocators/path-sorter.js';
import { dominantShare } from '../../src/allocators/rank-rule.js';
import { NaiveDrf } from '../support/naive-drf.js';
import { fc } from '../support/properties.js';

const FLAT = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const NESTED = ['a', 'a/b', 'a/b/c', 'a/c', 'b', 'b/x', 'b/x/y', 'c/d', 'c-d', 'd'];

type Step = readonly [kind: number, client: number, x: number, y: number, z: number];

const steps = fc.array(
  fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 9 }), fc.nat({ max: 4 }), fc.nat({ max: 4 }), fc.nat({ max: 2 })),
  { minLength: 5, maxLength: 60 },
);

/** The fast sorter and the naive one side by side. */
class Pair {
  readonly fast: PathSorter;
  readonly naive: NaiveDrf;
  private readonly rows = new Map<string, number>();

  constructor(
    private readonly paths: readonly string[],
    excluded: readonly number[],
    keepsInternalWeights: boolean,
  ) {
    const flags = Uint8Array.from([0, 1, 2], (index) => (excluded.includes(index) ? 1 : 0));
    this.fast = new PathSorter(dominantShare, { excluded: flags, keepsInternalWeights });
    this.naive = new NaiveDrf(excluded, keepsInternalWeights);
    this.setTotal([9000, 18_000, 7000]);
  }

  step([kind, client, x, y, z]: Step): void {
    const path = this.paths[client % this.paths.length] as string;
    const known = this.naive.clients.get(path);
    if (kind === 0 && known !== undefined && z === 0) this.remove(path);
    else if (kind <= 2) this.weigh(path, x, y);
    else if (kind === 3 && x === 0) this.setTotal([1000 * (y + 1), 3000 * z, 7000]);
    else if (known === undefined) this.add(path);
    else if (kind === 4) this.activate(path, !known.active);
    else if (kind <= 8) this.charge(path, [1000 * x, 1000 * y, 1000 * z], 1);
    else if (kind <= 10) this.charge(path, known.held, -1);
    else this.compare();
  }

  private add(path: string): void {
    const row = this.paths.indexOf(path) + 3;
    this.rows.set(path, row);
    this.fast.add(row, path);
    this.naive.add(path);
    this.activate(path, true);
  }

  private remove(path: string): void {
    this.fast.remove(this.row(path));
    this.naive.remove(path);
  }

  private activate(path: string, isActive: boolean): void {
    const leaf = this.naive.clients.get(path);
    if (leaf !== undefined) leaf.active = isActive;
    if (isActive) this.fast.activate(this.row(path));
    else this.fast.deactivate(this.row(path));
  }

  private weigh(path: string, x: number, y: number): void {
    const target = y === 0 ? (path.split('/')[0] as string) : path;
    this.fast.setWeight(target, x + 0.5);
    this.naive.setWeight(target, x + 0.5);
  }

  private setTotal(total: number[]): void {
    this.fast.setTotal(Float64Array.from(total));
    this.naive.total = total;
  }

  private charge(path: string, amounts: readonly number[], sign: 1 | -1): void {
    const vector = Float64Array.from([0, ...amounts]);
    if (sign > 0) this.fast.allocated(this.row(path), vector, 1, 1);
    else this.fast.unallocated(this.row(path), vector, 1);
    this.naive.charge(path, [...amounts], sign, sign > 0 ? 1 : 0);
  }

  private row(path: string): number {
    return this.rows.get(path) ?? -1;
  }

  compare(): void {
    this.fast.refresh();
    const names = [...this.fast.order.subarray(0, this.fast.activeCount)].map((row) => this.paths[row - 3]);
    expect(names).toEqual(this.naive.sort());
  }
}

function check(
  paths: readonly string[],
  excluded: readonly number[],
  keepsInternalWeights: boolean,
  numRuns: number,
): void {
  fc.assert(
    fc.property(steps, (list) => {
      const pair = new Pair(paths, excluded, keepsInternalWeights);
      for (const step of list) pair.step(step);
      pair.compare();
    }),
    { seed: 7, numRuns },
  );
}

describe('the DRF sorter and one that sorts everything each time', () => {
  it('agree on flat clients', () => check(FLAT, [], true, 1500));
  it('agree on nested roles', () => check(NESTED, [], true, 1500));
  it('agree where a resource is left out of shares', () => check(NESTED, [1], true, 500));
  it('agree where later weights reach internal roles', () => check(NESTED, [], false, 500));
});
