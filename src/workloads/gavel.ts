import { readFileSync } from 'node:fs';
import { InputError } from '../core/errors.js';
import type { JobRecord, JobSource } from '../model/job.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { AmountsMemo } from './amounts-memo.js';
import type { IssueLog } from './bytes/issues.js';
import { LineReader } from './bytes/line-reader.js';
import { columnsOf, GAVEL_FIELDS, gavelFacts, TAB } from './facts/gavel-facts.js';
import { jobRecord, madeJobs, taskGroup } from './records.js';
import { MAX_SECONDS, MAX_TASKS } from './rows.js';

/** Steps per second of a job type with a number of GPUs. */
type Rates = (jobType: string, scaleFactor: number) => number | undefined;

/**
 * Gavel traces: tab-separated, no header, 6, 9 or 10 fields by generation (the last two: scheduler/utils.py, parse_trace). A job is a gang
 * of `scale_factor` one-GPU tasks of `total_steps` steps; how long a step takes stands in Gavel's throughput files, never in the trace.
 */
function openGavel(files: readonly string[], context: TraceContext): JobSource {
  const memo = new AmountsMemo(context.resources);
  const rates = ratesOf(String(context.options['throughputs']), String(context.options['worker']));
  let number = 0;
  return madeJobs('gavel', files, context, function* (report, issues) {
    for (const file of files) {
      const reader = new LineReader(file);
      try {
        while (reader.nextLine()) {
          if (reader.isBlank) continue;
          report.rowsRead++;
          const job = parseRow(reader, String(number), context, memo, rates, issues);
          number++;
          if (job === undefined) continue;
          report.rowsKept++;
          yield job;
        }
      } finally {
        reader.close();
      }
    }
  });
}

function parseRow(
  reader: LineReader,
  id: string,
  { options }: TraceContext,
  memo: AmountsMemo,
  rates: Rates,
  issues: IssueLog,
): JobRecord | undefined {
  const count = reader.split(TAB);
  const at = columnsOf(count);
  if (!reader.isText) return void issues.skip(reader, 1, 'E_TEXT', 'the row has NUL bytes or is not UTF-8');
  if (at === undefined) {
    const rule = `a row must have ${GAVEL_FIELDS} fields between tabs, got ${Math.max(1, count)}`;
    return void issues.skip(reader, Math.max(1, count), 'E_GAVEL_FIELDS', rule);
  }
  const skip = (field: number, rule: string): undefined =>
    void issues.skip(reader, field + 1, 'E_GAVEL_VALUE', `${rule}, got "${reader.text(field)}"`);
  const [steps, gpus, arrivalS] = [at.steps, at.scale, at.arrival].map((field) => reader.number(field)) as [
    number,
    number,
    number,
  ];
  if (!(steps >= 0)) return skip(at.steps, 'total_steps must be a number of at least 0');
  if (!(gpus >= 1 && gpus <= MAX_TASKS && Number.isInteger(gpus)))
    return skip(at.scale, 'scale_factor must be a whole number of at least 1');
  if (!(arrivalS >= 0 && arrivalS <= MAX_SECONDS))
    return skip(at.arrival, 'arrival_time must be seconds of at least 0');
  const jobType = reader.repeated(0);
  const rate = rates(jobType, gpus);
  const guess = Number(options['stepsPerS']);
  if (rate === undefined)
    issues.repair(reader, 1, 'E_GAVEL_RATE', `the throughput of ${jobType} is not known: ${guess} steps per second`);
  const durationS = steps / (rate ?? guess);
  if (!(durationS <= MAX_SECONDS)) return skip(at.steps, 'total_steps take too long');
  const slo = at.slo < 0 ? -1 : reader.number(at.slo);
  const weight = at.weight < 0 ? 0 : reader.number(at.weight);
  const amounts = memo.of(
    Math.round(Number(options['cpusPerGpu']) * 1000),
    Math.round(Number(options['memGibPerGpu']) * 1024000),
    1000,
  );
  return jobRecord({
    id,
    class: jobType,
    priority: Number.isNaN(weight) ? 0 : weight,
    submitUs: Math.round(arrivalS * 1e6),
    // SLO is a multiple of the run time.
    deadlineUs: slo >= 0 ? Math.round((arrivalS + slo * durationS) * 1e6) : -1,
    groups: [taskGroup({ count: gpus, gang: gpus > 1, amounts, durationUs: Math.round(durationS * 1e6) })],
  });
}

/** Isolated throughputs (`null`: alone on the GPU) of a kind of worker: keys are `('MODEL (batch size N)', GPUS)`, or the job type alone. */
function ratesOf(path: string, worker: string): Rates {
  if (path === '') return () => undefined;
  const table = readTable(path)[worker];
  if (table === undefined)
    throw new InputError('E_GAVEL_THROUGHPUTS', `there are no throughputs of the worker "${worker}"`, { file: path });
  return (jobType, scaleFactor) => {
    const entry = table[`('${jobType}', ${scaleFactor})`] ?? (scaleFactor === 1 ? table[jobType] : undefined);
    const rate = entry?.['null'];
    return typeof rate === 'number' && rate > 0 ? rate : undefined;
  };
}

type RateTable = Record<string, Record<string, Record<string, unknown>>>;

function readTable(path: string): RateTable {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError('E_FILE', `the file cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      file: path,
    });
  }
  try {
    const table: unknown = JSON.parse(text);
    if (typeof table === 'object' && table !== null && !Array.isArray(table)) return table as RateTable;
  } catch (error) {
    throw new InputError('E_GAVEL_THROUGHPUTS', `the file is no JSON (${(error as Error).message})`, { file: path });
  }
  throw new InputError('E_GAVEL_THROUGHPUTS', 'the file must be an object of workers', { file: path });
}

export const gavel: TraceFormat = {
  name: 'gavel',
  summary: 'traces of the Gavel scheduler: DNN training jobs in steps, with GPUs, weights and deadlines',
  source: 'Narayanan et al., OSDI 2020; stanford-futuredata/gavel scheduler/utils.py, parse_trace',
  options: {
    throughputs: { type: 'file', default: '', help: "Gavel's JSON file of steps per second by worker and job type" },
    worker: { type: 'text', default: 'v100', help: 'kind of GPU whose throughputs are taken' },
    stepsPerS: {
      type: 'number',
      default: 10,
      range: [1e-6, 1e9],
      unit: 'steps/s',
      help: 'of jobs whose throughput is not known',
    },
    cpusPerGpu: { type: 'number', default: 4, range: [0, 1e4], unit: 'CPUs', help: 'the trace tells GPUs only' },
    memGibPerGpu: { type: 'number', default: 16, range: [0, 1e5], unit: 'GiB', help: 'the trace tells GPUs only' },
  },
  detect: ({ head, name }) => {
    const line = new TextDecoder().decode(head.subarray(0, 16384)).split(/\r?\n/)[0] ?? '';
    const cells = line.split('\t');
    const at = columnsOf(cells.length);
    if (at === undefined) return 0;
    const isJob = [at.steps, at.scale, at.arrival].every((field) => /^\d+(\.\d+)?$/.test((cells[field] ?? '').trim()));
    if (!isJob || /^\s*[\d.]*\s*$/.test(cells[1] ?? '')) return 0;
    return name.endsWith('.trace') ? 0.95 : 0.8;
  },
  facts: gavelFacts,
  openJobs: openGavel,
};
