import { beforeAll, describe, expect, it } from 'vitest';
import { fc } from '../support/properties.js';
import { buildWorld, factsOf, firstDifference, type RandomWorld, randomWorld } from '../support/random-worlds.js';
import { loadAllocators } from '../support/solver.js';

beforeAll(loadAllocators);

/** Runs both and reports the first fact in which they differ. */
function differenceOf(spec: RandomWorld, allocator?: string): string | undefined {
  const run = (isNaive: boolean) => factsOf(buildWorld(spec, { isNaive, checksInvariants: true }, allocator));
  return firstDifference(run(true), run(false));
}

describe('lazy path', () => {
  it('takes the same decisions as the naive one on random small clusters, with conservation after every event', () => {
    fc.assert(
      fc.property(randomWorld, (spec) => {
        expect(differenceOf(spec)).toBeUndefined();
      }),
      { numRuns: Number(process.env['RUNS'] ?? 600), seed: 20130415 },
    );
  });

  it.each([
    'sjf',
    'karma',
    'priority[preemption=true]',
    'market-uniform[interval=3 s,evict=true]',
    'market-first-price[interval=2 s,curve=exponential]',
    'market-vcg[interval=2 s]',
    'market-proportional[interval=2 s,split=best-response]',
    'market-fisher[interval=2 s]',
    'ceei[interval=2 s]',
  ])('takes the same decisions as the naive one where the allocator reads the demand book: %s', (allocator) => {
    fc.assert(
      fc.property(randomWorld, (spec) => {
        expect(differenceOf(spec, allocator)).toBeUndefined();
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60), seed: 20250917 },
    );
  });
});
