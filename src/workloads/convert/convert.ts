import { InputError } from '../../core/errors.js';
import type { JobRecord, JobSource, SourceReport } from '../../model/job.js';
import { ResourceSpace } from '../../model/resources.js';
import { withoutFolders } from '../folders.js';
import { prepareTrace, type TraceRequest } from '../index.js';
import { heldBy } from '../inspect.js';
import { customResources } from '../native-jobs.js';
import { BatsimFile } from './batsim-file.js';
import { MachineTables, machineFiles } from './machine-tables.js';
import { NativeTables } from './native-tables.js';
import { SwfFile } from './swf-file.js';

/** What jobs can be written as. */
export const conversionTargets = ['native', 'swf', 'parquet', 'batsim'] as const;
export type ConversionTarget = (typeof conversionTargets)[number];

const BESIDE = 'name the table of the jobs beside them';

/** Takes jobs one by one; nothing stands in its place before `finish`. */
export interface JobSink {
  /** Why the target cannot tell of the job; undefined when it was taken. */
  add(job: JobRecord): string | undefined;
  /** Puts the files in their places and names them. */
  finish(report: SourceReport): readonly string[];
  /** Leaves nothing behind; harmless after `finish`. */
  abandon(): void;
}

/** What a conversion did. */
export interface Conversion {
  readonly jobs: number;
  /** Machines, and what happens to them: of native tables only. */
  readonly agents: number;
  readonly events: number;
  readonly written: readonly string[];
  /** Jobs that the target cannot tell of, by reason. */
  readonly left: Readonly<Record<string, number>>;
}

/**
 * Converts a trace: `native` and `parquet` make a folder of two tables or three, `swf` and `batsim` one file. Files that hold machines become
 * `agents.csv` and `machine-events.csv` of the native tables.
 */
export async function convertTrace(
  files: readonly string[],
  request: TraceRequest,
  to: ConversionTarget,
  out: string,
  interrupts?: () => AbortSignal,
): Promise<Conversion> {
  const plain = prepareTrace(files, request, new ResourceSpace());
  const paths = withoutFolders(files, plain.format);
  // Custom resources are columns of native tables, which nothing else names.
  const custom = plain.format.name === 'native' ? customResources(paths) : [];
  const resources = new ResourceSpace(custom);
  const { format, context } = custom.length > 0 ? prepareTrace(files, request, resources) : plain;
  const held = heldBy(format, files);
  const machines = new MachineTables(out, format, context);
  try {
    if (held !== 'agents' && held !== 'events') {
      const jobFiles = machineFiles(format, paths);
      if (to === 'native' && jobFiles.length > 0) machines.read(jobFiles);
      return await convertJobs(openJobs(files, { format, context }), resources, { to, out, interrupts }, machines);
    }
    if (to !== 'native')
      throw new InputError('E_FORMAT', `${to} cannot tell of machines`, { file: files[0] ?? '' }, 'native can');
    machines.read(paths);
    const { agents, events } = machines;
    return { jobs: 0, agents, events, written: machines.finish(), left: {} };
  } finally {
    machines.abandon();
  }
}

function openJobs(
  files: readonly string[],
  { format, context }: Pick<ReturnType<typeof prepareTrace>, 'format' | 'context'>,
): JobSource {
  const file = files[0] ?? '';
  const held = heldBy(format, files);
  if (format.openJobs === undefined || held === 'failures' || held === 'prices')
    throw new InputError('E_FORMAT', `format ${format.name} has no jobs`, { file });
  if (held === 'sizes') throw new InputError('E_FORMAT', 'the files hold no jobs by themselves', { file }, BESIDE);
  return format.openJobs(files, context);
}

/** So many jobs are written between looks at whether to go on. */
const JOBS_PER_LOOK = 2000;

/** What the user breaks off leaves nothing behind. */
class InterruptedConversion extends Error {
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}

/** Where a conversion goes, and who may break it off: asked for once it writes, as reading can be ended at any time. */
export interface ConversionPlace {
  readonly to: ConversionTarget;
  readonly out: string;
  readonly interrupts?: (() => AbortSignal) | undefined;
}

/** Writes a stream of jobs, and the machines that were read beside it; closes it. */
export async function convertJobs(
  source: JobSource,
  resources: ResourceSpace,
  { to, out, interrupts }: ConversionPlace,
  machines?: MachineTables,
): Promise<Conversion> {
  const left = new Map<string, number>();
  let jobs = 0;
  let sink: JobSink | undefined;
  try {
    // A file that cannot be read must not leave a folder behind: the first job comes before the sink.
    let job = source.next();
    sink = await sinkFor(to, out, resources);
    const signal = interrupts?.();
    for (let seen = 1; job !== null; job = source.next()) {
      if (signal !== undefined && seen++ % JOBS_PER_LOOK === 0) {
        await new Promise((done) => setImmediate(done));
        if (signal.aborted) throw new InterruptedConversion();
      }
      const reason = sink.add(job);
      if (reason === undefined) jobs++;
      else left.set(reason, (left.get(reason) ?? 0) + 1);
    }
    const written = [...sink.finish(source.report), ...(machines?.finish() ?? [])];
    const { agents = 0, events = 0 } = machines ?? {};
    return { jobs, agents, events, written, left: Object.fromEntries(left) };
  } finally {
    sink?.abandon();
    source.close();
  }
}

async function sinkFor(to: ConversionTarget, out: string, resources: ResourceSpace): Promise<JobSink> {
  if (to === 'native') return new NativeTables(out, resources);
  if (to === 'swf') return new SwfFile(out);
  if (to === 'batsim') return new BatsimFile(out);
  // Loaded only here: the library is of no use to the other targets.
  const { ParquetTables } = await import('./parquet-tables.js');
  return new ParquetTables(out, resources);
}
