import type { OptionSpecs, OptionValues } from './options.js';
import type { PluginDefinition } from './plugin.js';
import type { Amounts, ResourceSpace } from './resources.js';

/** What a framework holds in offers, merged per agent, less what it has already planned in this decision. */
export interface Candidates {
  readonly resources: ResourceSpace;
  /** Lowest agent row ≥ `from` where the demand fits; -1 = none. */
  firstFit(demand: Amounts, from: number): number;
  /** What is held on the agent: a scratch view, valid until the next call. */
  heldOn(agent: number): Amounts;
  /** The agent's total, for relative measures. */
  totalOf(agent: number): Amounts;
  attributeOf(agent: number, name: string): string | undefined;
  /** Tasks that run on the agent now (of any framework). */
  taskCountOn(agent: number): number;
  /** Agents that hold a copy of a block of input data: a view, valid until the next call. */
  replicasOf(block: string): readonly number[];
}

/** Which agent takes a task. */
export interface Placement {
  /** An agent row where `demand` fits at or after `from` (see `keepsCursor`), or -1; `inputs` are the blocks that the task reads. */
  choose(demand: Amounts, candidates: Candidates, from: number, inputs?: readonly string[]): number;
  /** True when, for one demand within one decision, the search may go on from the row chosen last (first-fit). */
  readonly keepsCursor: boolean;
}

export interface PlacementContext {
  random(name: string): () => number;
}

export interface PlacementDefinition<O extends OptionSpecs = OptionSpecs> extends PluginDefinition {
  readonly options: O;
  create(options: OptionValues<O>, context: PlacementContext): Placement;
}

export function definePlacement<const O extends OptionSpecs>(definition: PlacementDefinition<O>): PlacementDefinition {
  return definition as unknown as PlacementDefinition;
}
