import type { Amounts } from '../../model/resources.js';
import type { WaitCause } from '../../model/waits.js';
import type { HierarchicalAllocator } from '../allocation/hierarchical-allocator.js';

interface Question {
  readonly agent: number;
  readonly client: number;
  readonly demand: Amounts;
  readonly nowUs: number;
}

/** Why a client got nothing of an agent on which the demand would fit, in the order of waits.csv: filter, limit, headroom, constraint. */
export function causeOn(allocator: HierarchicalAllocator, { agent, client, demand, nowUs }: Question): WaitCause {
  const { state } = allocator;
  if (state.filters.mayFilter(client, agent, demand, nowUs)) return 'filter';
  const quota = allocator.quotaVerdict(client, demand);
  if (quota !== undefined) return quota;
  return allocator.mayReceive(client, agent, demand) ? 'in-flight' : 'constraint';
}
