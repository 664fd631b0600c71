import { resolve } from 'node:path';
import { InputError } from '../core/errors.js';
import type { JobSource } from '../model/job.js';
import { ResourceSpace } from '../model/resources.js';
import { prepareTrace } from '../workloads/index.js';
import type { Scenario } from './load.js';

/** The jobs of a scenario's trace as the file has them, before any transform. InputError E_FORMAT when the trace has no jobs. */
export function openWorkload(
  scenario: Scenario,
  resources = new ResourceSpace(scenario.document.resources ?? []),
): JobSource {
  const { workload } = scenario.document;
  const files = [workload.trace ?? []].flat().map((file) => resolve(scenario.folder, file));
  const onBadRow = workload.strict === true ? ('error' as const) : ('skip' as const);
  const request = { format: workload.format ?? '', options: {}, onBadRow, maxSkipped: workload.maxSkipped ?? -1 };
  const { format, context } = prepareTrace(files, request, resources);
  if (format.openJobs === undefined) {
    throw new InputError('E_FORMAT', `format ${format.name} has no jobs`, { file: files[0] ?? '' });
  }
  return format.openJobs(files, context);
}
