import { type AllocatorView, defineAllocator } from '../model/allocator.js';
import { excludedOf } from './drf.js';
import { RechargedSorters } from './recharged-sorter.js';

/**
 * The useful part of what a client holds: as many tasks of its first waiting shape as would fit, times the shape. A client that
 * publishes no shape is charged all it holds.
 */
function usefulPart(view: AllocatorView, client: number, out: Float64Array): Float64Array {
  const held = view.allocationOf(client);
  const shape = view.demandOf(client)[0]?.amounts;
  out.set(held);
  if (shape === undefined) return out;
  let taskCount = Number.POSITIVE_INFINITY;
  for (let index = 0; index < shape.length; index++) {
    if ((shape[index] as number) > 0)
      taskCount = Math.min(taskCount, (held[index] as number) / (shape[index] as number));
  }
  if (taskCount === Number.POSITIVE_INFINITY) return out;
  for (let index = 0; index < shape.length; index++) out[index] = taskCount * (shape[index] as number);
  return out;
}

export const drfh = defineAllocator({
  name: 'drfh',
  summary: 'DRF for unlike servers: equalizes the share of the pool that each framework can put to use',
  source:
    'Wang, Li and Liang, DRFH, INFOCOM 2014, arXiv 1308.0083, §4 (global dominant share of a non-wasteful allocation)',
  options: {},
  reads: ['demand'],
  wakesOn: ['free', 'client', 'demand'],
  create: (_options, context) => {
    const sorters = new RechargedSorters({ excluded: excludedOf(context), keepsInternalWeights: false });
    const useful = context.resources.zero();
    return {
      kind: 'sorter',
      sorter: (level) => sorters.sorter(level),
      prepare: (view) => sorters.recharge(view, (client) => usefulPart(view, client, useful)),
    };
  },
});
