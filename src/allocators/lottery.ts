import { defineAllocator } from '../model/allocator.js';
import { RandomSorter } from './random-sorter.js';

export const lottery = defineAllocator({
  name: 'lottery',
  summary: 'every agent is raffled: the chance of a role is its weight among those that want offers',
  source: 'Waldspurger and Weihl, OSDI 1994; Mesos src/master/allocator/mesos/sorter/random/sorter.cpp',
  options: {},
  reads: [],
  wakesOn: ['free', 'client'],
  create: (_options, context) => {
    const draw = { role: context.random('lottery-roles'), framework: context.random('lottery-frameworks') };
    return {
      kind: 'sorter',
      drawsChance: true,
      sorter: (level) => new RandomSorter({ keepsInternalWeights: false }, draw[level]),
    };
  },
});
