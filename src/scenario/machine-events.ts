import { InputError } from '../core/errors.js';
import type { MachineEvent, SourceReport } from '../model/job.js';
import type { ResourceSpace } from '../model/resources.js';
import { prepareTrace } from '../workloads/index.js';
import { filesAt } from './files.js';
import type { Scenario } from './load.js';

/** Agents that come, go and change as a trace has it; undefined when the scenario names none. */
export function openMachineEvents(
  scenario: Scenario,
  resources: ResourceSpace,
): { next(): MachineEvent | null; close(): void; report: SourceReport } | undefined {
  const { machineEvents, machineEventsFormat } = scenario.document.cluster;
  if (machineEvents === undefined) return undefined;
  const files = filesAt(scenario, machineEvents, ['cluster', 'machineEvents']);
  const request = { format: machineEventsFormat ?? '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const { format, context } = prepareTrace(files, request, resources);
  const opened = format.openMachineEvents?.(files, context);
  if (opened !== undefined) return opened;
  const hint = format.openFailures === undefined ? '' : 'it has failures: use faults with type failure-trace';
  throw new InputError('E_FORMAT', `format ${format.name} has no machine events`, { file: files[0] ?? '' }, hint);
}
