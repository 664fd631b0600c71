import { InputError } from '../core/errors.js';
import { Streams } from '../core/random.js';
import type { JobSource, SourceReport } from '../model/job.js';
import { ResourceSpace } from '../model/resources.js';
import { parseDurationUs } from '../model/units.js';
import { prepareTrace } from '../workloads/index.js';
import { listedJobs } from '../workloads/listed.js';
import { repeated } from '../workloads/repeat.js';
import { resampled } from '../workloads/resample.js';
import { syntheticJobs } from '../workloads/synthetic.js';
import { merged, prefixed, transformed } from '../workloads/transforms.js';
import { filesAt } from './files.js';
import type { Scenario } from './load.js';
import type { WorkloadDocument, WorkloadPart } from './schema.js';
import type { Places } from './text-document.js';

/** What opening a workload needs: streams to draw from, and where the reports of its readers go. */
export interface WorkloadContext {
  readonly folder: string;
  readonly places?: Places | undefined;
  readonly resources: ResourceSpace;
  readonly streams: Streams;
  readonly reports: SourceReport[];
}

/** The jobs of a scenario in order of submit time, after all transforms. */
export function openJobs(workload: WorkloadDocument, context: WorkloadContext): JobSource {
  const stream = openPart(workload, context, '', () => openSources(workload, context));
  // Jobs that are spelled out stay as they are written.
  return workload.jobs === undefined ? stream : merged([stream, listedJobs(workload.jobs, context.resources)]);
}

/** The jobs of a scenario before its window and what comes after: repeated, with merged parts as they are transformed. */
export function openWorkload({ document, folder, places }: Scenario): JobSource {
  const resources = new ResourceSpace(document.resources ?? []);
  const context = { folder, places, resources, streams: new Streams(document.seed), reports: [] };
  return openRepeated(document.workload, () => openSources(document.workload, context), '');
}

function openSources(workload: WorkloadDocument, context: WorkloadContext): JobSource {
  const parts = (workload.merge ?? []).map((part, index) => openMerged(part, index, context));
  const own = ownSources(workload, context, '');
  const sources = [...own, ...parts];
  return sources.length === 1 ? (sources[0] as JobSource) : merged(sources);
}

/** A part of a merge has its transforms and its streams to itself, and a prefix that keeps its ids apart. */
function openMerged(part: WorkloadPart, index: number, context: WorkloadContext): JobSource {
  const purpose = `merge-${index}/`;
  const prefix = part.prefix ?? (index === 0 ? '' : `m${index + 1}-`);
  const open = (): JobSource => {
    const sources = ownSources(part, context, purpose);
    return prefixed(sources.length === 1 ? (sources[0] as JobSource) : merged(sources), prefix);
  };
  return openPart(part, context, purpose, open);
}

function ownSources(part: WorkloadPart, context: WorkloadContext, purpose: string): JobSource[] {
  const { resources, streams, reports } = context;
  const sources: JobSource[] = [];
  if (part.trace !== undefined) sources.push(openTrace(part, context, purpose));
  for (const [index, spec] of [part.synthetic ?? []].flat().entries()) {
    const name = index === 0 ? 'synthetic' : `synthetic-${index}`;
    sources.push(syntheticJobs(spec as Parameters<typeof syntheticJobs>[0], resources, streams, `${purpose}${name}`));
  }
  reports.push(...sources.map(({ report }) => report));
  return sources;
}

/** Repeats, then transforms. */
function openPart(part: WorkloadPart, context: WorkloadContext, purpose: string, open: () => JobSource): JobSource {
  const { window, sample } = part;
  const time = (value: string | number | undefined, label: string): number | undefined =>
    value === undefined ? undefined : parseDurationUs(String(value), label);
  const source = openRepeated(part, open, purpose);
  const picked = typeof sample === 'number' ? { share: sample, keepLoad: false } : sample;
  return transformed(source, {
    windowFromUs: time(window?.from, 'workload.window'),
    windowToUs: time(window?.to, 'workload.window'),
    sample:
      picked === undefined
        ? undefined
        : { share: picked.share, keepsLoad: picked.keepLoad, draw: context.streams.stream(`${purpose}sample`) },
    maxJobs: part.maxJobs,
    timeScale: part.timeScale,
    load: part.load,
    resourceScale: part.resourceScale,
  });
}

/** Copies of a merged part and of the whole are told apart by their marks. */
function openRepeated({ repeat }: WorkloadPart, open: () => JobSource, purpose: string): JobSource {
  if (repeat === undefined) return open();
  const { times, every } = repeat;
  const everyUs = every === undefined ? undefined : parseDurationUs(String(every), 'workload.repeat.every');
  return repeated(open, times, everyUs, purpose === '' ? '~' : '+');
}

/** InputError E_FORMAT when the trace has no jobs. */
function openTrace(part: WorkloadPart, context: WorkloadContext, purpose: string): JobSource {
  const { resources, streams } = context;
  const merge = /^merge-(\d+)\//.exec(purpose);
  const path = ['workload', ...(merge === null ? [] : ['merge', Number(merge[1])]), 'trace'];
  const files = filesAt(context, part.trace ?? [], path);
  const onBadRow = part.strict === true ? ('error' as const) : ('skip' as const);
  const request = { format: part.format ?? '', options: {}, onBadRow, maxSkipped: part.maxSkipped ?? -1 };
  const open = (): JobSource => {
    const { format, context } = prepareTrace(files, request, resources);
    if (format.openJobs !== undefined) return format.openJobs(files, context);
    throw new InputError('E_FORMAT', `format ${format.name} has no jobs`, { file: files[0] ?? '' });
  };
  const { resample } = part;
  return resample === undefined ? open() : resampled(open(), open, streams.stream(`${purpose}resample-${resample}`));
}
