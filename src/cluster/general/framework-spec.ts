import { type FrameworkSpec, MULTI_ROLE } from '../allocation/client-table.js';
import type { HierarchicalAllocator } from '../allocation/hierarchical-allocator.js';
import type { FrameworkTraits } from './settings.js';

/** What the allocator is told of a framework that registers: suppressed in all of its roles until it revives. */
export function specOf(
  allocator: HierarchicalAllocator,
  id: string,
  { capabilities, minAllocatable, constraints }: FrameworkTraits,
  roles: readonly number[],
): FrameworkSpec {
  const byRole = <V>(map: ReadonlyMap<string, V>): Map<number, V> =>
    new Map([...map].map(([path, value]) => [allocator.role(path), value]));
  return {
    id,
    roles,
    capabilities: capabilities | MULTI_ROLE,
    suppressed: roles,
    minAllocatable: byRole(minAllocatable),
    constraints: byRole(constraints),
  };
}
