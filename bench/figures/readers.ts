import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ResourceSpace } from '../../src/model/resources.js';
import { prepareTrace } from '../../src/workloads/index.js';
import { BULK_TRACES, bulkFiles } from '../bulk-traces.js';
import type { Figure } from '../figure.js';

const SHARED = '../shared/traces';
const SCRATCH = '.tmp/bench-data';

/** Work of at least this many CPU microseconds is timed: short samples are read again and again. */
const ENOUGH_US = 1.5e6;

interface Sample {
  readonly format: string;
  readonly path: string;
  readonly floor?: number;
}

const CSV_FLOOR_MB_S = 60;
const SAMPLES: readonly Sample[] = [
  { format: 'swf', path: 'swf/LCG-2005-1.swf.gz' },
  { format: 'google-2011', path: 'google2011/task_events-part-00000-of-00500.csv.gz', floor: CSV_FLOOR_MB_S },
  { format: 'alibaba-2017', path: 'alibaba2017/batch_task.csv', floor: CSV_FLOOR_MB_S },
  { format: 'alibaba-2018', path: 'alibaba2018/batch_task_selected_DAGs.csv', floor: CSV_FLOOR_MB_S },
  { format: 'openb', path: 'openb/openb_pod_list_default.csv', floor: CSV_FLOOR_MB_S },
  { format: 'omega-cell', path: 'omega-cell/example-10k.csv.gz', floor: CSV_FLOOR_MB_S },
  { format: 'swim', path: 'swim/FB-2010_samples_24_times_1hr_0.tsv' },
];

/** Reads the files again and again; jobs and megabytes (unpacked) per CPU second. */
function read(files: readonly string[], format: string): { jobsPerS: number; mbPerS: number } {
  const request = { format, options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
  const bytes = files.reduce((sum, file) => sum + unpackedSize(file), 0);
  const pass = (): number => {
    const { format: reader, context } = prepareTrace(files, request, new ResourceSpace());
    const source = reader.openJobs?.(files, context);
    let jobs = 0;
    while (source !== undefined && source.next() !== null) jobs++;
    source?.close();
    return jobs;
  };
  pass();
  let jobs = 0;
  let passes = 0;
  const before = process.cpuUsage();
  let spentUs = 0;
  while (spentUs < ENOUGH_US) {
    jobs += pass();
    passes++;
    const { user, system } = process.cpuUsage(before);
    spentUs = user + system;
  }
  return { jobsPerS: (jobs / spentUs) * 1e6, mbPerS: (passes * bytes) / spentUs };
}

function unpackedSize(file: string): number {
  return file.endsWith('.gz') ? gunzipSync(readFileSync(file)).length : statSync(file).size;
}

/** The same file without compression, in the scratch folder. */
function unpacked(path: string): string {
  const file = join(SHARED, path);
  if (!file.endsWith('.gz')) return file;
  mkdirSync(SCRATCH, { recursive: true });
  const plain = join(SCRATCH, basename(file, '.gz'));
  if (!existsSync(plain)) writeFileSync(plain, gunzipSync(readFileSync(file)));
  return plain;
}

function plainFigure({ format, path, floor }: Sample): Figure {
  const base: Figure = {
    name: `${format} reader, plain`,
    unit: 'MB/s',
    better: 'more',
    needs: [join(SHARED, path)],
    measure: () => read([unpacked(path)], format).mbPerS,
  };
  return floor === undefined ? base : { ...base, floor };
}

/** Bytes of generated traces: longer than what a reader holds to put jobs in order. */
const BULK_BYTES = 64e6;

/** A generated trace: real samples of most formats are too short to show what a long file costs. */
function bulkFigure({ format }: (typeof BULK_TRACES)[number]): Figure {
  return {
    name: `${format} reader, 64 MB generated`,
    unit: 'MB/s',
    better: 'more',
    floor: CSV_FLOOR_MB_S,
    measure: () => read(bulkFiles(SCRATCH, format, BULK_BYTES), format).mbPerS,
  };
}

/** Each trace reader, end to end into jobs. */
export const readerFigures: Figure[] = [
  {
    name: 'SWF reader, LCG log',
    unit: 'jobs/s',
    better: 'more',
    floor: 1_000_000,
    needs: [`${SHARED}/swf/LCG-2005-1.swf.gz`],
    measure: () => read([unpacked('swf/LCG-2005-1.swf.gz')], 'swf').jobsPerS,
  },
  {
    name: 'SWF reader, LCG log, gzip',
    unit: 'jobs/s',
    better: 'more',
    needs: [`${SHARED}/swf/LCG-2005-1.swf.gz`],
    measure: () => read([`${SHARED}/swf/LCG-2005-1.swf.gz`], 'swf').jobsPerS,
  },
  ...SAMPLES.map(plainFigure),
  {
    name: 'google-2011 reader, gzip',
    unit: 'MB/s',
    better: 'more',
    needs: [`${SHARED}/google2011/task_events-part-00000-of-00500.csv.gz`],
    measure: () => read([`${SHARED}/google2011/task_events-part-00000-of-00500.csv.gz`], 'google-2011').mbPerS,
  },
  ...BULK_TRACES.map(bulkFigure),
];
