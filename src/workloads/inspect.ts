import { InputError } from '../core/errors.js';
import type { JobSource, SourceReport } from '../model/job.js';
import { ResourceSpace } from '../model/resources.js';
import type { FailureSource, TraceContext, TraceFormat } from '../model/trace-format.js';
import { type FittedWorkload, fitWorkload } from './fit.js';
import { withoutFolders } from './folders.js';
import { prepareTrace, type TraceRequest } from './index.js';
import { looseTables } from './loose-tables.js';
import { type ClusterTotals, histogramOf, mostFrequent, TraceProfile, tellQuantity } from './profile.js';

/** What a look into a trace brings: the format, what its files hold, and the profile of its jobs where it has any. */
export interface TraceInspection {
  readonly format: string;
  readonly files: readonly string[];
  readonly facts: Record<string, unknown> | undefined;
  readonly report: SourceReport | undefined;
  readonly agents: number | undefined;
  readonly profile: TraceProfile | undefined;
  readonly load: Record<string, number>;
}

/** What the files of a format hold. */
export function heldBy(format: TraceFormat, files: readonly string[]): ReturnType<Required<TraceFormat>['holds']> {
  return format.holds?.(files) ?? (format.openJobs === undefined ? 'agents' : 'jobs');
}

/** The format's own facts. InputError E_FORMAT when the files hold nothing that it knows, as when another format was named. */
export function factsOf(
  format: TraceFormat,
  files: readonly string[],
  held = heldBy(format, files),
): Record<string, unknown> | undefined {
  const facts = format.facts?.(files);
  if (held !== 'sizes' || Object.keys(facts ?? {}).length > 0) return facts;
  throw new InputError('E_FORMAT', `the file is no table of format ${format.name}`, { file: files[0] ?? '', line: 1 });
}

/** Reads a trace to its end and profiles it. */
export function lookInto(files: readonly string[], request: TraceRequest, totals: ClusterTotals = {}): TraceInspection {
  const { format, context } = prepareTrace(files, request, new ResourceSpace());
  const held = heldBy(format, files);
  const facts = factsOf(format, files, held);
  const base = { format: format.name, files: [...files], facts, load: {}, agents: undefined, profile: undefined };
  if (held === 'jobs' && format.openJobs !== undefined) {
    const { profile, report } = profileJobs(format, files, context);
    return { ...base, report, profile, load: profile.offeredLoad(totals) };
  }
  if (held === 'agents' && format.readAgents !== undefined) {
    const { agents, report } = format.readAgents(files, context);
    return { ...base, report, agents: agents.length };
  }
  return { ...base, report: reportOf(format, files, context) };
}

/** Reads what is neither jobs nor agents to its end for what there is to say about its rows; undefined when nothing reads rows. */
export function reportOf(
  format: TraceFormat,
  files: readonly string[],
  context: TraceContext,
): SourceReport | undefined {
  const held = heldBy(format, files);
  if (held === 'failures' && format.openFailures !== undefined) return drained(format.openFailures(files, context));
  if (held === 'events' && format.openMachineEvents !== undefined)
    return drained(format.openMachineEvents(files, context));
  if (held === 'prices') return format.readPrices?.(files, context).report;
  return held === 'sizes' ? looseTables(format.name, withoutFolders(files, format), context) : undefined;
}

function drained(source: Pick<FailureSource, 'close' | 'report'> & { next(): unknown }): SourceReport {
  try {
    while (source.next() !== null);
  } finally {
    source.close();
  }
  return source.report;
}

/** The profile of a trace's jobs. InputError E_FORMAT when the files hold none. */
export function profileTrace(files: readonly string[], request: TraceRequest): TraceProfile {
  const { profile, format } = lookInto(files, request);
  if (profile !== undefined && profile.jobs > 0) return profile;
  throw new InputError('E_FORMAT', `the files of format ${format} hold no jobs`, { file: files[0] ?? '' });
}

/** A synthetic workload fitted to a trace. InputError E_FORMAT when the files hold no jobs with an end. */
export function fitTrace(files: readonly string[], request: TraceRequest): FittedWorkload {
  const { format, context } = prepareTrace(files, request, new ResourceSpace());
  const none = (): InputError =>
    new InputError('E_FORMAT', `the files of format ${format.name} hold no jobs that end`, { file: files[0] ?? '' });
  if (heldBy(format, files) !== 'jobs' || format.openJobs === undefined) throw none();
  const source = format.openJobs(files, context);
  try {
    const fit = fitWorkload(source);
    if (fit.streams.length === 0) throw none();
    return fit;
  } finally {
    source.close();
  }
}

function profileJobs(
  format: TraceFormat,
  files: readonly string[],
  context: TraceContext,
): { profile: TraceProfile; report: SourceReport } {
  const source = format.openJobs?.(files, context);
  if (source === undefined) throw new InputError('E_FORMAT', `format ${format.name} has no jobs`);
  return { profile: profileOf(source), report: source.report };
}

/** The profile of a stream of jobs, read to its end and closed. */
export function profileOf(source: JobSource): TraceProfile {
  const profile = new TraceProfile();
  try {
    for (let job = source.next(); job !== null; job = source.next()) profile.add(job);
  } finally {
    source.close();
  }
  return profile;
}

/** Amounts of the machines of a trace, for the offered load. */
export function totalsOf(files: readonly string[], request: TraceRequest): ClusterTotals {
  const resources = new ResourceSpace();
  const { format, context } = prepareTrace(files, request, resources);
  const read = format.readAgents?.(files, context);
  if (read === undefined)
    throw new InputError('E_FORMAT', `format ${format.name} has no agents`, { file: files[0] ?? '' });
  const [cpus, memMib, , gpus] = resources.names.map((_, row) =>
    read.agents.reduce((sum, agent) => sum + (agent.amounts[row] as number) / 1000, 0),
  );
  return { cpus, memMib, gpus };
}

/** What is in a trace as plain values: rows, span, users, sizes, arrivals, and the format's own facts. */
export function inspectTrace(
  files: readonly string[],
  request: TraceRequest,
  totals: ClusterTotals = {},
): Record<string, unknown> {
  return tellInspection(lookInto(files, request, totals));
}

/** The inspection as `trace inspect --format json` writes it. */
export function tellInspection(inspection: TraceInspection): Record<string, unknown> {
  const { format, files, facts, agents, report, profile, load } = inspection;
  return {
    format,
    files,
    ...(facts === undefined ? {} : { facts }),
    ...(profile === undefined ? {} : tellProfile(profile)),
    ...(Object.keys(load).length > 0 ? { offered_load: load } : {}),
    ...(agents === undefined ? {} : { agents }),
    ...(report === undefined
      ? {}
      : {
          rows: {
            read: report.rowsRead,
            kept: report.rowsKept,
            skipped: Object.fromEntries(report.skipped),
            repaired: Object.fromEntries(report.repaired),
          },
          header: Object.fromEntries(report.notes),
        }),
  };
}

function topOf(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(mostFrequent(counts));
}

function tellProfile(profile: TraceProfile): Record<string, unknown> {
  const { jobs, tasks, services, firstUs, lastUs, spanS } = profile;
  if (jobs === 0) return { jobs, tasks };
  return {
    jobs,
    tasks,
    services,
    span_s: { first: firstUs / 1e6, last: lastUs / 1e6 },
    users: profile.users.size,
    top_users: topOf(profile.users),
    queues: topOf(profile.queues),
    classes: topOf(profile.classes),
    priorities: topOf(profile.priorities),
    arrivals_by_hour: profile.byHour,
    arrivals: {
      per_hour: spanS > 0 ? (jobs / spanS) * 3600 : null,
      bin_s: profile.binUs / 1e6,
      counts: profile.bins,
      dispersion: profile.dispersion,
    },
    ...Object.fromEntries(
      profile.quantities.map((quantity) => [
        quantity.name,
        { ...tellQuantity(quantity), histogram: histogramOf(quantity) },
      ]),
    ),
    work: { cpu_s: profile.cpuS, mem_mib_s: profile.memMibS, gpu_s: profile.gpuS },
  };
}
