import { describe, expect, it } from 'vitest';
import { MESOS_QUIRKS } from '../../src/cluster/allocation/allocation-state.js';
import type { GeneralSettings } from '../../src/cluster/general/settings.js';
import { fc } from '../support/properties.js';
import { buildWorld, factsOf, firstDifference, randomWorld } from '../support/random-worlds.js';

/** The general engine as it is when a scenario uses none of its features. */
const general: GeneralSettings = {
  minAllocatable: [
    [10, 0, 0, 0],
    [0, 32_000, 0, 0],
  ],
  filterGpuResources: false,
  quirks: MESOS_QUIRKS,
};

const RUNS = Number(process.env['RUNS'] ?? 120);

// Not hdrf: it looks at whether a role is active, and only in the general engine, as in Mesos, is one whose frameworks all suppress.
describe('the plain and the general engine', () => {
  it.each(['drf', 'fifo', 'round-robin', 'asset-fair', 'sjf', 'priority[preemption=true]'])(
    'give the same facts on random plain clusters, with conservation after every event: %s',
    (allocator) => {
      fc.assert(
        fc.property(randomWorld, fc.boolean(), (spec, isNaive) => {
          const plain = factsOf(buildWorld(spec, { isNaive }, allocator));
          const full = factsOf(buildWorld(spec, { isNaive, general, checksInvariants: true }, allocator));
          expect(firstDifference(plain, full)).toBeUndefined();
        }),
        { numRuns: allocator === 'drf' ? RUNS : Math.ceil(RUNS / 4), seed: 20110330 },
      );
    },
  );
});
