import { defineAllocator } from '../model/allocator.js';
import { excludedOf } from './drf.js';
import { halvings } from './halvings.js';
import { RechargedSorters } from './recharged-sorter.js';

export const drfDecayed = defineAllocator({
  name: 'drf-decayed',
  summary: 'DRF over a blend of what a framework holds and what it has held, forgotten by halves',
  source:
    'Sadok, Campista and Costa, Stateful DRF, IEEE Trans. Computers 2021; decay as in fair-share schedulers (Kay and Lauder, CACM 1988)',
  options: {
    halfLife: {
      type: 'duration',
      default: '1 h',
      range: [1, 365 * 86_400e6],
      help: 'after this long past use counts half',
    },
    present: {
      type: 'number',
      default: 0.5,
      range: [0, 1],
      unit: 'share',
      help: 'weight of what is held now; 1 = plain DRF',
    },
  },
  reads: [],
  wakesOn: ['free', 'client', 'time'],
  create: ({ halfLife, present }, context) => {
    const sorters = new RechargedSorters({ excluded: excludedOf(context), keepsInternalWeights: false });
    const averages = new Map<number, Float64Array>();
    const blend = context.resources.zero();
    let lastUs = 0;
    return {
      kind: 'sorter',
      sorter: (level) => sorters.sorter(level),
      prepare: (view) => {
        const kept = halvings((view.nowUs - lastUs) / halfLife);
        lastUs = view.nowUs;
        sorters.recharge(view, (client) => {
          const held = view.allocationOf(client);
          const average = averages.get(client) ?? view.resources.zero();
          averages.set(client, average);
          for (let index = 0; index < blend.length; index++) {
            const now = held[index] as number;
            // The average moves towards what is held; what was held since the last cycle is taken to be what is held now.
            const past = (average[index] as number) * kept + now * (1 - kept);
            average[index] = past;
            blend[index] = present * now + (1 - present) * past;
          }
          return blend;
        });
      },
    };
  },
});
