import { Streams } from '../core/random.js';
import type { JobRecord, JobSource } from '../model/job.js';
import { ResourceSpace } from '../model/resources.js';
import { parseDurationUs } from '../model/units.js';
import { parseScenario } from './load.js';
import { readText } from './text-document.js';
import { openJobs } from './workload.js';

/** Whether a path names a scenario or a part of one, rather than a trace. */
export const isScenarioFile = (path: string): boolean => /\.ya?ml$/i.test(path);

/**
 * The jobs of a scenario's workload, after its transforms and until its end, as a trace: what `trace fit` writes can be set beside its
 * original. A fragment needs nothing but its `workload`.
 */
export function scenarioJobs(path: string): { source: JobSource; resources: ResourceSpace } {
  const text = readText(path, 'scenario');
  // What a fragment lacks has no part in its jobs; at the end of the text no line of it moves.
  const missing = [
    /^["']?name["']?\s*:/m.test(text) ? '' : 'name: fragment\n',
    /^["']?cluster["']?\s*:/m.test(text) ? '' : 'cluster: { agents: [{ cpus: 1 }] }\n',
  ].join('');
  const { document, folder, places } = parseScenario(missing === '' ? text : `${text.trimEnd()}\n${missing}`, path);
  const resources = new ResourceSpace(document.resources ?? []);
  const context = { folder, places, resources, streams: new Streams(document.seed), reports: [] };
  const source = openJobs(document.workload, context);
  const untilUs = document.until === undefined ? Infinity : parseDurationUs(String(document.until), 'until');
  const next = (): JobRecord | null => {
    const job = source.next();
    return job === null || job.submitUs > untilUs ? null : job;
  };
  return { source: { report: source.report, next, close: () => source.close() }, resources };
}
