import { InputError } from '../core/errors.js';
import type { SourceReport } from '../model/job.js';
import type { Prices } from '../model/prices.js';
import { ResourceSpace } from '../model/resources.js';
import { prepareTrace } from '../workloads/index.js';
import { filesAt } from './files.js';
import type { Scenario } from './load.js';

/** The prices of a scenario's machines over time; undefined when it names none. InputError E_FORMAT when the trace has no prices. */
export function readPrices(scenario: Scenario): { prices: Prices; report: SourceReport } | undefined {
  const { prices } = scenario.document.cluster;
  if (prices === undefined) return undefined;
  const files = filesAt(scenario, prices.trace, ['cluster', 'prices', 'trace']);
  const request = { format: prices.format ?? '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const { format, context } = prepareTrace(files, request, new ResourceSpace());
  const read = format.readPrices?.(files, context);
  if (read === undefined || read.steps.length === 0)
    throw new InputError('E_FORMAT', `format ${format.name} has no prices in this trace`, { file: files[0] ?? '' });
  return { prices: { steps: read.steps, cpus: prices.cpus }, report: read.report };
}
