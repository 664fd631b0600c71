import { InputError } from '../core/errors.js';
import { Streams } from '../core/random.js';
import { parsePolicy } from '../model/plugin.js';
import { ResourceSpace } from '../model/resources.js';
import { formatNamed } from '../workloads/index.js';
import { listedJobs } from '../workloads/listed.js';
import { syntheticJobs } from '../workloads/synthetic.js';
import type { ScenarioDocument, WorkloadPart } from './schema.js';
import type { Path, Places } from './text-document.js';

/** Trace formats must exist, and the distributions of synthetic parts be right, before anything runs. */
export function checkWorkload(document: ScenarioDocument, places: Places): InputError[] {
  const { workload } = document;
  const parts: [WorkloadPart, Path][] = [[workload, ['workload']]];
  for (const [index, part] of (workload.merge ?? []).entries()) parts.push([part, ['workload', 'merge', index]]);
  const errors: InputError[] = [];
  for (const [part, path] of parts) {
    const { format, synthetic } = part;
    if (format !== undefined) {
      attempt(
        errors,
        () => places.ofValue([...path, 'format']),
        () => formatNamed(parsePolicy(format).name),
      );
    }
    for (const [index, spec] of [synthetic ?? []].flat().entries()) {
      const place = [...path, 'synthetic', ...(Array.isArray(synthetic) ? [index] : [])];
      const resources = new ResourceSpace(document.resources ?? []);
      const open = () => syntheticJobs(spec as Parameters<typeof syntheticJobs>[0], resources, new Streams(0));
      // The rule starts with the name of the value it is about: `arrivals.poisson.rate must be …`.
      attempt(errors, (rule) => places.ofValue([...place, ...(rule.split(' ', 1)[0] as string).split('.')]), open);
    }
  }
  const { jobs } = workload;
  if (jobs !== undefined) {
    const path = ['workload', 'jobs'];
    const resources = new ResourceSpace(document.resources ?? []);
    attempt(
      errors,
      (rule) => places.ofValue([...path, jobs.findLastIndex(({ id }) => rule.endsWith(` "${id}"`))]),
      () => listedJobs(jobs, resources),
    );
  }
  return errors;
}

/** Does it for its mistakes alone, which get a place in the scenario. */
function attempt(errors: InputError[], placeOf: (rule: string) => InputError['position'], act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    errors.push(new InputError(error.code, error.rule, placeOf(error.rule), error.hint));
  }
}
