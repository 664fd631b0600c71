import type { AgentRecord, JobSource, MachineEvent, SourceReport } from './job.js';
import type { OptionSpecs, OptionValues } from './options.js';
import type { PriceStep } from './prices.js';
import type { ResourceSpace } from './resources.js';

/** What every reader is told. Options of the format itself are resolved by its specs. */
export interface TraceContext {
  readonly resources: ResourceSpace;
  /** Already checked against the format's `options` (durations in microseconds). */
  readonly options: OptionValues<OptionSpecs>;
  /** What a bad row does: `skip` counts it, `error` stops with its position. */
  readonly onBadRow: 'skip' | 'error';
  /** More bad rows than this are an error; -1 = no bound. */
  readonly maxSkipped: number;
  /** Called once per skipped or repaired row (`trace validate`); not called when undefined. */
  readonly onIssue?: (issue: TraceIssue) => void;
}

/** One violation: where, what, and what would be right. */
export interface TraceIssue {
  readonly severity: 'error' | 'skip' | 'repair';
  readonly code: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}

/** The beginning of a file, already decompressed, by which formats recognise their own. */
export interface FileSample {
  readonly path: string;
  /** Base name without `.gz` / `.zst`. */
  readonly name: string;
  /** Up to 64 KiB from the beginning. */
  readonly head: Uint8Array;
}

/** Something that was down for a while: an agent by name, or a share of all of them. */
export interface Failure {
  readonly timeUs: number;
  readonly durationUs: number;
  /** Empty = the trace does not name it. */
  readonly agent: string;
  /** Share of the agents, from 0 to 1; 0 = one of them. */
  readonly share: number;
  readonly cause: string;
}

/** Failures in order of time. */
export interface FailureSource {
  readonly report: SourceReport;
  next(): Failure | null;
  close(): void;
}

/** A reader of one public trace format: one file in `workloads/` and one line in its registry. */
export interface TraceFormat {
  readonly name: string;
  readonly summary: string;
  /** Where the format is defined. */
  readonly source: string;
  readonly options: OptionSpecs;
  /** How sure the format is that the file is its own: 0 (no) … 1 (certain). */
  detect(sample: FileSample): number;
  /**
   * Which files of a folder make up a trace of the format, by their paths within it (three levels deep); none = the folder is no trace
   * of it. `pathOf` gives the path to open one by.
   */
  filesOf?(names: readonly string[], pathOf: (name: string) => string): readonly string[];
  /** Counts and sums of the files as they stand, for `trace inspect`. */
  facts?(files: readonly string[]): Record<string, unknown>;
  /** What these files of the format hold, where it differs from file to file; `sizes` = rows without times, of which only facts are told. */
  holds?(files: readonly string[]): 'jobs' | 'agents' | 'events' | 'failures' | 'prices' | 'sizes';
  openJobs?(files: readonly string[], context: TraceContext): JobSource;
  readAgents?(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport };
  readPrices?(files: readonly string[], context: TraceContext): { steps: PriceStep[]; report: SourceReport };
  openFailures?(files: readonly string[], context: TraceContext): FailureSource;
  openMachineEvents?(
    files: readonly string[],
    context: TraceContext,
  ): { next(): MachineEvent | null; close(): void; report: SourceReport };
}
