import type { ClusterObserver, ClusterView } from './observer.js';
import type { OptionSpecs, OptionValues } from './options.js';
import type { PluginDefinition } from './plugin.js';
import type { Prices } from './prices.js';

/** Writes one table row by row, cell by cell, in the order of its columns. Numbers are written without locale. */
export interface RowWriter {
  text(value: string): RowWriter;
  integer(value: number): RowWriter;
  /** Microseconds as seconds with up to six decimals. */
  seconds(valueUs: number): RowWriter;
  /** Thousandths as a number with up to three decimals. */
  milli(valueMilli: number): RowWriter;
  /** A ratio or price: shortest decimal form that reads back as the same double. */
  real(value: number): RowWriter;
  /** Not applicable. */
  empty(): RowWriter;
  end(): void;
}

export type SummaryScope = 'cluster' | 'role' | 'framework' | 'user' | 'agent-class' | 'market' | 'scheduler';

/** One row of summary.csv. */
export interface SummaryRow {
  readonly scope: SummaryScope;
  /** Name of the role, framework … ; empty for the cluster. */
  readonly name: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  readonly n?: number;
  readonly nCensored?: number;
}

export interface MetricContext {
  readonly cluster: ClusterView;
  /** Facts before this time are left out of means and quantiles. */
  readonly warmupUs: number;
  /** What the machines cost over time, where the scenario says. */
  readonly prices?: Prices | undefined;
  /** Opens a table of the result folder; the metric owns its columns. */
  table(file: string, columns: readonly string[]): RowWriter;
  summary(row: SummaryRow): void;
  /** 1 + the kinds of fact that the allocator reads; absent = 1. */
  readonly policyComplexity?: number;
}

/** A streaming observer with its own tables: one file in `metrics/` and one line in its registry. Memory must follow live tasks. */
export interface MetricDefinition<O extends OptionSpecs = OptionSpecs> extends PluginDefinition {
  readonly options: O;
  /** On unless the scenario says otherwise. */
  readonly isDefault: boolean;
  create(options: OptionValues<O>, context: MetricContext): ClusterObserver;
}

export function defineMetric<const O extends OptionSpecs>(definition: MetricDefinition<O>): MetricDefinition {
  return definition as unknown as MetricDefinition;
}
