import type { AllocatorDefinition } from '../model/allocator.js';
import { Registry } from '../model/plugin.js';
import { drf } from './drf.js';

/** Who is offered what, at what price. */
export const allocators = new Registry<AllocatorDefinition>('allocator', [drf]);
