import { defineAllocator } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';

export const fifo = defineAllocator({
  name: 'fifo',
  summary: 'the framework whose oldest waiting job was submitted first is served first',
  source: 'first come, first served over the published demand',
  options: {},
  reads: ['demand'],
  wakesOn: ['free', 'client', 'demand'],
  create: () => {
    const clients = new ClientKeys();
    return {
      kind: 'sorter',
      sorter: (level) => clients.sorter(level),
      prepare: (view) => clients.update(view, (client) => view.demandOf(client)[0]?.submitUs ?? Number.MAX_VALUE),
    };
  },
});
