import { defineAllocator } from '../model/allocator.js';
import { UrgencyBook } from './urgency-book.js';

export const fifo = defineAllocator({
  name: 'fifo',
  summary: 'the framework whose oldest waiting job was submitted first is served first',
  source: 'first come, first served over the published demand',
  options: {},
  reads: ['demand'],
  wakesOn: ['free', 'client', 'demand'],
  create: () => {
    const book = new UrgencyBook((entry) => -entry.submitUs, true);
    return {
      kind: 'sorter',
      sorter: (level) => book.sorter(level),
      prepare: (view) => book.update(view),
    };
  },
});
