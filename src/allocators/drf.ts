import { type AllocatorContext, defineAllocator, type Sorter } from '../model/allocator.js';
import { PathSorter } from './path-sorter.js';
import { RandomSorter } from './random-sorter.js';
import { dominantShare } from './rank-rule.js';

/** 1 for resources that Mesos's `fair_sharing_excluded_resource_names` leaves out of shares. */
export function excludedOf(context: AllocatorContext): Uint8Array {
  return Uint8Array.from(context.resources.names, (name) => (context.fairnessExclude.includes(name) ? 1 : 0));
}

export const drf = defineAllocator({
  name: 'drf',
  summary: 'dominant resource fairness over roles, then over the frameworks of a role, as Mesos does it',
  source:
    'Ghodsi et al., NSDI 2011; Mesos src/master/allocator/mesos/sorter/drf/sorter.cpp (compareDRF, calculateShare)',
  options: {
    roleSorter: { type: 'choice', default: 'drf', choices: ['drf', 'random'], help: 'what ranks roles' },
    frameworkSorter: { type: 'choice', default: 'drf', choices: ['drf', 'random'], help: 'what ranks frameworks' },
    keepInternalWeights: {
      type: 'boolean',
      default: true,
      help: 'quirk of Mesos: a weight changed later does not reach a role that has only roles below it',
    },
  },
  reads: [],
  wakesOn: ['free', 'client'],
  create: ({ roleSorter, frameworkSorter, keepInternalWeights }, context) => {
    const settings = { excluded: excludedOf(context), keepsInternalWeights: keepInternalWeights };
    const sorter = (level: 'role' | 'framework'): Sorter => {
      const kind = level === 'role' ? roleSorter : frameworkSorter;
      if (kind === 'drf') return new PathSorter(dominantShare, settings);
      return new RandomSorter(settings, context.random(`${level}-sorter`));
    };
    return { kind: 'sorter', drawsChance: roleSorter === 'random' || frameworkSorter === 'random', sorter };
  },
});
