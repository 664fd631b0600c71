import { allocators } from '../../src/allocators/index.js';

/** Loads what allocators need before a simulation can be made. */
export async function loadAllocators(): Promise<void> {
  for (const definition of allocators.list()) await definition.load?.();
}
