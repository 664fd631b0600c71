import { InputError } from '../../core/errors.js';
import type { JobRecord, SourceReport } from '../../model/job.js';
import { ResourceSpace } from '../../model/resources.js';
import { withoutFolders } from '../folders.js';
import { prepareTrace, type TraceRequest } from '../index.js';
import { customResources } from '../native-jobs.js';
import { BatsimFile } from './batsim-file.js';
import { NativeTables } from './native-tables.js';
import { SwfFile } from './swf-file.js';

/** What jobs can be written as. */
export const conversionTargets = ['native', 'swf', 'parquet', 'batsim'] as const;
export type ConversionTarget = (typeof conversionTargets)[number];

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
  readonly written: readonly string[];
  /** Jobs that the target cannot tell of, by reason. */
  readonly left: Readonly<Record<string, number>>;
}

/** Converts the jobs of a trace: `native` and `parquet` make a folder of two tables, `swf` and `batsim` one file. */
export async function convertTrace(
  files: readonly string[],
  request: TraceRequest,
  to: ConversionTarget,
  out: string,
): Promise<Conversion> {
  const plain = prepareTrace(files, request, new ResourceSpace());
  // Custom resources are columns of native tables, which nothing else names.
  const custom = plain.format.name === 'native' ? customResources(withoutFolders(files, plain.format)) : [];
  const resources = new ResourceSpace(custom);
  const { format, context } = custom.length > 0 ? prepareTrace(files, request, resources) : plain;
  if (format.openJobs === undefined)
    throw new InputError('E_FORMAT', `format ${format.name} has no jobs`, { file: files[0] ?? '' });
  const source = format.openJobs(files, context);
  const left = new Map<string, number>();
  let jobs = 0;
  let sink: JobSink | undefined;
  try {
    // A file that cannot be read must not leave a folder behind: the first job comes before the sink.
    let job = source.next();
    sink = await sinkFor(to, out, resources);
    for (; job !== null; job = source.next()) {
      const reason = sink.add(job);
      if (reason === undefined) jobs++;
      else left.set(reason, (left.get(reason) ?? 0) + 1);
    }
    return { jobs, written: sink.finish(source.report), left: Object.fromEntries(left) };
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
