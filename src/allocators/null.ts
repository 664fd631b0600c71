import { defineAllocator } from '../model/allocator.js';

export const nothing = defineAllocator({
  name: 'null',
  summary: 'offers nothing, ever: what a run costs without allocation',
  source: 'benchmarks',
  options: {},
  reads: [],
  wakesOn: [],
  create: () => ({ kind: 'null' }),
});
