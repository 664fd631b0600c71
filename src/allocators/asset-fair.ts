import { defineAllocator } from '../model/allocator.js';
import { excludedOf } from './drf.js';
import { PathSorter } from './path-sorter.js';
import type { RankRule } from './rank-rule.js';

/** Sum of the shares of all resources: equal shares of different resources are worth the same. */
const assetShare: RankRule = {
  isWeighted: true,
  key: (held, offset, scalars) => {
    let sum = 0;
    for (let resource = 0; resource < scalars.length; resource++) {
      const total = scalars[resource] as number;
      if (total > 0) sum += (held[offset + resource] as number) / 1000 / total;
    }
    return sum;
  },
};

export const assetFair = defineAllocator({
  name: 'asset-fair',
  summary: 'equalizes the sum of the shares of all resources, by weight',
  source: 'Ghodsi et al., NSDI 2011, §4.1 (asset fairness)',
  options: {},
  reads: [],
  wakesOn: ['free', 'client'],
  create: (_options, context) => {
    const settings = { excluded: excludedOf(context), keepsInternalWeights: false };
    return { kind: 'sorter', sorter: () => new PathSorter(assetShare, settings) };
  },
});
