import { allocators } from '../allocators/index.js';
import {
  AGENT_ALL,
  AGENT_HIERARCHICAL_ROLE,
  AGENT_MULTI_ROLE,
  AGENT_RESERVATION_REFINEMENT,
  type AgentTraits,
} from '../cluster/allocation/agent-columns.js';
import {
  GPU_RESOURCES,
  type MinAllocatable,
  MULTI_ROLE,
  REGION_AWARE,
  RESERVATION_REFINEMENT,
  REVOCABLE_RESOURCES,
  SHARED_RESOURCES,
} from '../cluster/allocation/client-table.js';
import { parseResources, type ResourceEntry } from '../cluster/allocation/resource-text.js';
import { InputError } from '../core/errors.js';
import { Streams } from '../core/random.js';
import { compareBytes } from '../core/text-order.js';
import type { AllocatorContext, SorterAllocator } from '../model/allocator.js';
import { ResourceSpace, STANDARD_RESOURCES } from '../model/resources.js';
import type { CaseNode } from './case-node.js';

const FRAMEWORK_CAPABILITIES: Readonly<Record<string, number>> = {
  MULTI_ROLE,
  GPU_RESOURCES,
  REVOCABLE_RESOURCES,
  RESERVATION_REFINEMENT,
  SHARED_RESOURCES,
  REGION_AWARE,
  PARTITION_AWARE: 0,
  TASK_KILLING_STATE: 0,
};
const AGENT_CAPABILITIES: Readonly<Record<string, number>> = {
  MULTI_ROLE: AGENT_MULTI_ROLE,
  HIERARCHICAL_ROLE: AGENT_HIERARCHICAL_ROLE,
  RESERVATION_REFINEMENT: AGENT_RESERVATION_REFINEMENT,
  RESOURCE_PROVIDER: 0,
  RESIZE_VOLUME: 0,
  AGENT_OPERATION_FEEDBACK: 0,
  AGENT_DRAINING: 0,
  TASK_RESOURCE_LIMITS: 0,
};

/** Bits of a framework's capabilities; MULTI_ROLE is always set. */
export function frameworkCapabilities(node: CaseNode | undefined): number {
  return MULTI_ROLE | bits(node, FRAMEWORK_CAPABILITIES);
}

/** Host name = the agent's name; capabilities as given, all of them by default. */
export function agentTraits(name: string, capabilities: CaseNode | undefined): AgentTraits {
  const has = capabilities === undefined ? AGENT_ALL : bits(capabilities, AGENT_CAPABILITIES);
  return { hostname: name, attributes: {}, capabilities: has };
}

function bits(node: CaseNode | undefined, known: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const item of node?.list() ?? []) {
    const name = item.text();
    if (!Object.hasOwn(known, name)) throw item.unknown('capability', name, Object.keys(known));
    sum |= known[name] as number;
  }
  return sum;
}

/** Entries of a resource text at this place. */
export function entriesOf(node: CaseNode): ResourceEntry[] {
  if (node.value === '') return [];
  return parseResources(node.text(), node.path, node.position);
}

/** The resources that a case names: the standard ones and, in order of their bytes, its own scalars. */
export function resourceSpaceOf(node: CaseNode): ResourceSpace {
  const names = new Set<string>();
  collectNames(node.value, names);
  for (const standard of STANDARD_RESOURCES) names.delete(standard);
  return new ResourceSpace([...names].sort(compareBytes));
}

/** Everything that looks like `name:number` in a text; a name too many is an unused column. */
function collectNames(value: unknown, names: Set<string>): void {
  if (typeof value === 'string') {
    for (const part of value.split(';')) {
      const match = /^\s*([A-Za-z_][\w.-]*)[^:]*:\s*[^[\s]/.exec(part);
      if (match !== null) names.add(match[1] as string);
    }
  } else if (Array.isArray(value)) {
    for (const item of value) collectNames(item, names);
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) collectNames(item, names);
  }
}

/** Names of agents in order of their bytes: agent order `id` follows the rows. */
export function agentNamesOf(steps: readonly CaseNode[]): string[] {
  const names = new Set<string>();
  for (const step of steps) {
    const agent = step.find('agent');
    if (agent !== undefined) names.add(agent.text());
  }
  return [...names].sort(compareBytes);
}

/** Alternatives of a minimum: a list of resource texts. */
export function minAllocatableOf(node: CaseNode, resources: ResourceSpace): MinAllocatable {
  return node.list().map((item) => {
    const amounts = resources.names.map(() => 0);
    for (const entry of entriesOf(item)) {
      const row = resources.indexOf(entry.traits.name);
      if (row < 0) throw item.error('amounts of scalar resources');
      amounts[row] = (amounts[row] as number) + entry.milli;
    }
    return amounts;
  });
}

/** A sorter allocator of the given spelling, for one case. */
export function sorterAllocator(
  policy: string,
  resources: ResourceSpace,
  fairnessExclude: readonly string[],
): SorterAllocator {
  const { definition, options } = allocators.resolve(policy);
  const streams = new Streams(1);
  const context: AllocatorContext = {
    resources,
    fairnessExclude,
    random: (name) => streams.stream(name),
    bidderOf: () => ({ bidder: '', endowment: 0, incomePerS: 0, cap: Number.POSITIVE_INFINITY }),
  };
  const allocator = definition.create(options, context);
  if (allocator.kind === 'sorter' && definition.reads.length === 0) return allocator;
  throw new InputError(
    'E_CASE_ALLOCATOR',
    `allocator cases need an allocator that ranks clients without reading demand, got "${policy}"`,
    {},
    'drf is the one that the cases were made for',
  );
}
