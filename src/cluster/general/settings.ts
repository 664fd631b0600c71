import { InputError } from '../../core/errors.js';
import type { Allocator } from '../../model/allocator.js';
import type { AllocationQuirks } from '../allocation/allocation-state.js';
import type { MinAllocatable } from '../allocation/client-table.js';
import type { OfferConstraints } from '../allocation/offer-constraints.js';

/** What the general engine is set up with, besides the settings of every cluster. */
export interface GeneralSettings {
  readonly minAllocatable: MinAllocatable;
  /** Agents with GPUs are offered to GPU_RESOURCES frameworks only. */
  readonly filterGpuResources: boolean;
  /** Region of the master. */
  readonly region?: string | undefined;
  readonly quirks: AllocationQuirks;
  /** Resources of which an estimator offers the slack as revocable; absent = there is none. */
  readonly oversubscription?: OversubscriptionSettings | undefined;
}

/** How the slack of running tasks becomes revocable resources (semantics §11, docs/oversubscription.md). */
export interface OversubscriptionSettings {
  readonly intervalUs: number;
  /** Rows of the resources that are oversubscribed. */
  readonly resources: readonly number[];
  /** Share of the slack that is offered. */
  readonly share: number;
}

/** Whether tasks may run on revocable resources: never, where nothing else is left, or on nothing else. */
export type RevocableUse = 'never' | 'allow' | 'only';

/** What a framework tells at its subscription beyond its name and roles. */
export interface FrameworkTraits {
  /** Bits such as REVOCABLE_RESOURCES. */
  readonly capabilities: number;
  readonly revocable: RevocableUse;
  /** By role path, instead of the global ones. */
  readonly minAllocatable: ReadonlyMap<string, MinAllocatable>;
  /** By role path; no entry = every agent is allowed. */
  readonly constraints: ReadonlyMap<string, OfferConstraints>;
}

export const NO_TRAITS: FrameworkTraits = {
  capabilities: 0,
  revocable: 'never',
  minAllocatable: new Map(),
  constraints: new Map(),
};

/** InputError E_ENGINE for an allocator that the general engine cannot run. */
export function refuseClearing({ kind }: Allocator): void {
  if (kind !== 'clearing') return;
  const rule = 'an allocator that clears a market knows no quota, reservations or capabilities';
  throw new InputError('E_ENGINE', rule, {}, 'use one that ranks, such as drf, or leave these keys out');
}
