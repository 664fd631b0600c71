import type { RandomStream } from '../core/random.js';
import type { JobSource } from './job.js';
import type { OptionSpecs, OptionValues } from './options.js';
import type { PluginDefinition } from './plugin.js';
import type { FailureSource } from './trace-format.js';

/** What a fault may do to the cluster. Agents are rows of `FaultContext.agents`. */
export interface FaultSink {
  /** The agent goes down and its tasks are lost. One that several faults hold down is back when all of them have let go. */
  fail(agent: number): void;
  repair(agent: number): void;
  /** The scheduler of a framework is gone, by its row in `FaultContext.frameworks`; one that several faults keep away likewise. */
  disconnect(framework: number): void;
  reconnect(framework: number): void;
  /** The leading master dies; a master that has died is back. */
  failMaster(): void;
  repairMaster(): void;
}

/** An agent of the scenario as faults see it. */
export interface FaultAgent {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a fault is made from. */
export interface FaultContext {
  readonly agents: readonly FaultAgent[];
  /** Names of the frameworks. */
  readonly frameworks: readonly string[];
  /** A stream of this fault alone: faults are the same under every policy. */
  random(purpose: string): RandomStream;
  /** A trace of failures in any format that has them; empty format = recognised. */
  openFailures(files: readonly string[], format: string): FailureSource;
}

/** Something that breaks while the run goes on. Failures to come keep no run alive; repairs to come do while tasks wait. */
export interface Fault {
  /** When it acts next, ∞ = never again. */
  nextUs(): number;
  /** When it next gives something back, ∞ = nothing is taken or none will be. */
  nextRepairUs(): number;
  /** Carries out everything that is due. */
  act(nowUs: number, sink: FaultSink): void;
  /** Changes the jobs of the workload as they arrive. */
  jobs?(source: JobSource): JobSource;
  close?(): void;
}

/** A kind of fault: one file in `faults/` and one line in its registry. */
export interface FaultDefinition<O extends OptionSpecs = OptionSpecs> extends PluginDefinition {
  readonly options: O;
  create(options: OptionValues<O>, context: FaultContext): Fault;
}

export function defineFault<const O extends OptionSpecs>(definition: FaultDefinition<O>): FaultDefinition {
  return definition as unknown as FaultDefinition;
}
