import type { Succession } from '../cluster/succession.js';
import type { AllocatorDefinition } from '../model/allocator.js';
import type { QueuePolicy } from '../model/order.js';
import type { Placement, PlacementContext } from '../model/placement.js';
import { orders } from '../orders/index.js';
import { placements } from '../placements/index.js';
import { SucceededOrder, SucceededPlacement } from './fork.js';
import type { ScenarioDocument } from './schema.js';

/** The policies of a run as text. */
export interface PolicyText {
  readonly allocator: string;
  readonly order: string;
  readonly placement: string;
}

const DEFAULTS: PolicyText = { allocator: 'drf', order: 'fifo', placement: 'first-fit' };

/** What the run is told, else what the scenario says, else the defaults. */
export function policyOf(
  { policy }: ScenarioDocument,
  told: { readonly [S in keyof PolicyText]?: string | undefined },
): PolicyText {
  return {
    allocator: told.allocator ?? policy?.allocator ?? DEFAULTS.allocator,
    order: told.order ?? policy?.order ?? DEFAULTS.order,
    placement: told.placement ?? policy?.placement ?? DEFAULTS.placement,
  };
}

/** The policy from a fork on: what the command line names for the whole run stays unless the fork's own overrides change it. */
export function policyAfter(policy: PolicyText, before: ScenarioDocument, after: ScenarioDocument): PolicyText {
  const slot = (name: keyof PolicyText): string =>
    after.policy?.[name] === before.policy?.[name] ? policy[name] : (after.policy?.[name] ?? DEFAULTS[name]);
  return { allocator: slot('allocator'), order: slot('order'), placement: slot('placement') };
}

export function readsDemand({ reads }: AllocatorDefinition): boolean {
  return reads.includes('demand') || reads.includes('bids');
}

/** A policy slot over a run: the text before a fork and after it. */
export interface SlotTexts {
  readonly first: string;
  readonly second: string;
  readonly succession: Succession;
}

export function makeOrder({ first, second, succession }: SlotTexts): QueuePolicy {
  const make = (text: string): QueuePolicy => {
    const { definition, options } = orders.resolve(text);
    return definition.create(options);
  };
  return first === second ? make(first) : new SucceededOrder(make(first), make(second), succession);
}

export function makePlacement({ first, second, succession }: SlotTexts, context: PlacementContext): Placement {
  const make = (text: string): Placement => {
    const { definition, options } = placements.resolve(text);
    return definition.create(options, context);
  };
  return first === second ? make(first) : new SucceededPlacement(make(first), make(second), succession);
}
