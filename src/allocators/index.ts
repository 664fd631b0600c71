import type { AllocatorDefinition } from '../model/allocator.js';
import { Registry } from '../model/plugin.js';
import { drf } from './drf.js';
import { fifo } from './fifo.js';
import { marketFirstPrice } from './market/first-price.js';
import { marketUniform } from './market/uniform.js';
import { nothing } from './null.js';
import { priority } from './priority.js';
import { roundRobin } from './round-robin.js';

/** Who is offered what, at what price. */
export const allocators = new Registry<AllocatorDefinition>('allocator', [
  drf,
  marketFirstPrice,
  marketUniform,
  priority,
  fifo,
  roundRobin,
  nothing,
]);
