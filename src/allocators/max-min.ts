import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { defineAllocator } from '../model/allocator.js';
import { PathSorter } from './path-sorter.js';
import { dominantShare } from './rank-rule.js';

export const maxMin = defineAllocator({
  name: 'max-min',
  summary: 'max-min fairness on one resource: who holds least of it, by weight, is served next',
  source: 'Bertsekas and Gallager, Data Networks, 1992, §6.5.2 (progressive filling)',
  options: {
    resource: { type: 'text', default: 'cpus', help: 'the resource that counts; all others are ignored' },
  },
  reads: [],
  wakesOn: ['free', 'client'],
  create: ({ resource }, { resources }) => {
    if (resources.indexOf(resource) < 0) {
      const hint = nameHint(resource, resources.names);
      throw new InputError(
        'E_OPTION_VALUE',
        `max-min[resource] must be a resource of the scenario, got "${resource}"`,
        {},
        hint,
      );
    }
    const excluded = Uint8Array.from(resources.names, (name) => (name === resource ? 0 : 1));
    const settings = { excluded, keepsInternalWeights: false };
    return { kind: 'sorter', sorter: () => new PathSorter(dominantShare, settings) };
  },
});
