import type { JobRecord, JobSource } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { sampleOf } from '../bytes/sample.js';
import { heliosFacts } from '../facts/helios-facts.js';
import { fromZero } from '../from-zero.js';
import { jobRecord, tableJobs, taskGroup } from '../records.js';
import { looksLike, MAX_SECONDS, MAX_TASKS, type Rows } from '../rows.js';
import { CLUSTER_LOG, isGpuNumber } from './layouts.js';

const USER = 1;
const VC = 2;
const GPU = 3;
const CPU = 4;
const NODES = 5;
const STATE = 6;
const SUBMIT = 7;
const START = 8;
const END = 9;
const DURATION = 10;

/**
 * cluster_log.csv: Slurm jobs of SenseTime's Helios. gpu_num and cpu_num are totals over node_num nodes: a gang of one task per node
 * where they divide evenly, else of as many tasks as GPUs (or CPUs).
 */
function openJobs(files: readonly string[], context: TraceContext): JobSource {
  const memo = new AmountsMemo(context.resources);
  const open = () => (rows: Rows) => parseRow(rows, context, memo);
  const table = { format: 'helios', files, layout: CLUSTER_LOG, submit: SUBMIT, isClock: true, open };
  return fromZero(tableJobs(table, context));
}

function parseRow(rows: Rows, { options }: TraceContext, memo: AmountsMemo): JobRecord | undefined {
  const submitS = rows.clock(SUBMIT);
  if (!(submitS >= 0)) return rows.skip(SUBMIT, 'E_HELIOS_VALUE', 'must be YYYY-MM-DD HH:MM:SS');
  const durationS = runTime(rows);
  if (durationS === undefined) return undefined;
  const [gpus, cpus, nodes] = [rows.number(GPU), rows.number(CPU), rows.number(NODES)];
  const bad = !isCount(gpus, 0) ? GPU : !isCount(cpus, 0) ? CPU : !isCount(nodes, 1) ? NODES : undefined;
  if (bad !== undefined)
    return rows.skip(bad, 'E_HELIOS_VALUE', `must be a whole number of at least ${bad === NODES ? 1 : 0}`);
  if (gpus + cpus === 0) return rows.skip(GPU, 'E_HELIOS_VALUE', 'and cpu_num must not both be 0');
  const isEven = gpus % nodes === 0;
  if (!isEven) rows.repair(GPU, 'E_HELIOS_NODES', `does not divide over ${nodes} nodes: a gang of one-GPU tasks`);
  const count = isEven ? nodes : gpus;
  const memMilliMib = Math.round((Number(options['memGibPerGpu']) * gpus * 1024000) / count);
  return jobRecord({
    id: rows.text(0),
    user: rows.repeated(USER),
    queue: rows.repeated(VC),
    class: gpus > 0 ? 'gpu' : 'cpu',
    submitUs: submitS * 1e6,
    groups: [
      taskGroup({
        count,
        gang: count > 1,
        amounts: memo.of(Math.round((cpus * 1000) / count), memMilliMib, (gpus / count) * 1000),
        durationUs: Math.round(durationS * 1e6),
      }),
    ],
  });
}

function isCount(value: number, least: number): boolean {
  return value >= least && value <= MAX_TASKS && Number.isInteger(value);
}

/** end − start; the column `duration` where one of them is missing. undefined = the row was skipped. */
function runTime(rows: Rows): number | undefined {
  const told = rows.number(DURATION);
  const runS = rows.clock(END) - rows.clock(START);
  if (runS < 0) return rows.skip(END, 'E_HELIOS_RUN', 'must not be before start_time');
  if (Number.isNaN(runS)) {
    if (told >= 0 && told <= MAX_SECONDS) return told;
    return rows.skip(END, 'E_HELIOS_PENDING', `is not known (state ${rows.repeated(STATE)})`);
  }
  if (told !== runS && !Number.isNaN(told))
    rows.repair(DURATION, 'E_HELIOS_DURATION', `is not end_time - start_time, ${runS} s, which is taken`);
  return runS;
}

export const helios: TraceFormat = {
  name: 'helios',
  summary: "SenseTime's Helios: Slurm jobs of GPU clusters; GPUs of each virtual cluster by day",
  source: 'Hu et al., SC 2021; S-Lab-System-Group/HeliosData README.md',
  options: {
    memGibPerGpu: { type: 'number', default: 0, range: [0, 1e5], unit: 'GiB', help: 'the trace tells no memory' },
  },
  detect: ({ head }) => (looksLike(head, CLUSTER_LOG) === 'header' || isGpuNumber(head) ? 1 : 0),
  facts: heliosFacts,
  holds: (files) => (isGpuNumber(sampleOf(files[0] as string).head) ? 'sizes' : 'jobs'),
  openJobs,
};
