import { defineAllocator } from '../model/allocator.js';
import { DrfSorter } from './drf-sorter.js';

export const drf = defineAllocator({
  name: 'drf',
  summary: 'dominant resource fairness over roles, then over the frameworks of a role, as Mesos does it',
  source: 'Ghodsi et al., NSDI 2011; Mesos src/master/allocator/mesos/sorter/drf/sorter.cpp (compareDRF, calculateShare)',
  options: {
    keepInternalWeights: { type: 'boolean', default: true, help: 'quirk: a later weight does not reach a purely internal role' },
  },
  reads: [],
  wakesOn: ['free', 'client'],
  create: ({ keepInternalWeights }, context) => {
    const excluded = context.resources.names.map((name) => context.fairnessExclude.includes(name));
    const settings = { isExcluded: (resource: number) => excluded[resource] === true, keepsInternalWeights: keepInternalWeights };
    return { kind: 'sorter', sorter: () => new DrfSorter(settings) };
  },
});
