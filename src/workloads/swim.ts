import type { JobRecord, TaskGroup } from '../model/job.js';
import type { TraceContext, TraceFormat } from '../model/trace-format.js';
import { AmountsMemo } from './amounts-memo.js';
import { factRows } from './facts/fact-rows.js';
import { swimFacts } from './facts/swim-facts.js';
import { jobRecord, milliMibOfBytes, tableJobs, taskGroup } from './records.js';
import { looksLike, MAX_SECONDS, MAX_TASKS, type Rows, type TableLayout } from './rows.js';

const ID = 0;
const SUBMIT = 1;
const INPUT = 3;
const SHUFFLE = 4;
const OUTPUT = 5;
const MIB = 2 ** 20;
/** Largest size that a double holds to the byte. */
const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/** Workload files of SWIM: tab separated, no header. */
const SWIM: TableLayout = {
  columns: ['job_id', 'submit_s', 'gap_s', 'input_bytes', 'shuffle_bytes', 'output_bytes'],
  numeric: ['submit_s', 'gap_s', 'input_bytes', 'shuffle_bytes', 'output_bytes'],
  separator: 9,
};

/**
 * SWIM tells of a MapReduce job when it was submitted and how many bytes it read, shuffled and wrote; tasks and times are a model
 * (docs/traces/swim.md). Maps: one per block of the input. Reduces: (shuffle + output) over `reduceMib`, rounded, at least 1, as
 * GenerateReplayScript.java has it; a job without shuffle has none. Run time: `startup` and the bytes over their rates.
 */
function openSwim(files: readonly string[], context: TraceContext) {
  const model = new MapReduce(context);
  const open = () => (rows: Rows) => parseRow(rows, model);
  return tableJobs({ format: 'swim', files, layout: SWIM, submit: SUBMIT, open }, context);
}

function parseRow(rows: Rows, model: MapReduce): JobRecord | undefined {
  if (rows.isEmpty(ID)) return rows.skip(ID, 'E_SWIM_VALUE', 'must not be empty');
  const submitS = rows.number(SUBMIT);
  if (!(submitS >= 0 && submitS <= MAX_SECONDS))
    return rows.skip(SUBMIT, 'E_SWIM_VALUE', 'must be seconds of at least 0');
  const [input, shuffle, output] = [rows.number(INPUT), rows.number(SHUFFLE), rows.number(OUTPUT)];
  const bad = !isSize(input) ? INPUT : !isSize(shuffle) ? SHUFFLE : !isSize(output) ? OUTPUT : undefined;
  if (bad !== undefined) return rows.skip(bad, 'E_SWIM_VALUE', 'must be a whole number of bytes below 2^53');
  const groups = model.groups(input, shuffle, output);
  if (groups === undefined) return rows.skip(INPUT, 'E_SWIM_SIZE', `makes more than ${MAX_TASKS} tasks`);
  return jobRecord({ id: rows.text(ID), class: 'mapreduce', submitUs: Math.round(submitS * 1e6), groups });
}

function isSize(bytes: number): boolean {
  return bytes >= 0 && bytes <= MAX_BYTES && Number.isInteger(bytes);
}

const NONE: readonly never[] = Object.freeze([]);
const AFTER_MAPS: readonly string[] = ['map'];

/** The model bytes → tasks and run times. Rates are bytes per second of one task. */
class MapReduce {
  private readonly amounts;
  private readonly blockBytes: number;
  private readonly reduceBytes: number;
  private readonly readRate: number;
  private readonly shuffleRate: number;
  private readonly writeRate: number;
  private readonly startupUs: number;

  constructor({ options, resources }: TraceContext) {
    const memo = new AmountsMemo(resources);
    this.amounts = memo.of(Math.round(Number(options['cpus']) * 1000), Math.round(Number(options['memMib']) * 1000));
    this.blockBytes = Number(options['blockMib']) * MIB;
    this.reduceBytes = Number(options['reduceMib']) * MIB;
    this.readRate = Number(options['readMibS']) * MIB;
    this.shuffleRate = Number(options['shuffleMibS']) * MIB;
    this.writeRate = Number(options['writeMibS']) * MIB;
    this.startupUs = Number(options['startup']);
  }

  groups(input: number, shuffle: number, output: number): TaskGroup[] | undefined {
    const maps = Math.max(1, Math.ceil(input / this.blockBytes));
    const reduces = shuffle === 0 ? 0 : Math.max(1, Math.round((shuffle + output) / this.reduceBytes));
    if (maps > MAX_TASKS || reduces > MAX_TASKS) return undefined;
    const spilled = reduces === 0 ? output : shuffle;
    const map = this.stage('map', maps, input / maps, this.readRate, spilled / maps, NONE);
    if (reduces === 0) return [map];
    return [map, this.stage('reduce', reduces, shuffle / reduces, this.shuffleRate, output / reduces, AFTER_MAPS)];
  }

  private stage(
    name: string,
    count: number,
    readBytes: number,
    readRate: number,
    writtenBytes: number,
    after: readonly string[],
  ): TaskGroup {
    const seconds = readBytes / readRate + writtenBytes / this.writeRate;
    return taskGroup({
      name,
      count,
      amounts: this.amounts,
      durationUs: Math.round(this.startupUs + seconds * 1e6),
      after,
      inputMilliMib: milliMibOfBytes(readBytes),
      outputMilliMib: milliMibOfBytes(writtenBytes),
    });
  }
}

const rate = (value: number, help: string) =>
  ({ type: 'number', default: value, range: [0.001, 1e6], unit: 'MiB/s', help }) as const;

export const swim: TraceFormat = {
  name: 'swim',
  summary: 'Hadoop jobs of SWIM (Facebook 2009 and 2010, Cloudera): bytes read, shuffled and written',
  source: 'SWIMProjectUCB/SWIM workloadSuite; Chen, Ganapathi, Griffith, Katz, MASCOTS 2011; GenerateReplayScript.java',
  options: {
    blockMib: { type: 'number', default: 64, range: [0.001, 1e6], unit: 'MiB', help: 'input of one map' },
    reduceMib: {
      type: 'number',
      default: 1024,
      range: [0.001, 1e6],
      unit: 'MiB',
      help: 'shuffled and written bytes of one reduce',
    },
    readMibS: rate(50, 'rate at which a map reads and computes'),
    shuffleMibS: rate(20, 'rate at which a reduce fetches, merges and computes'),
    writeMibS: rate(40, 'rate at which a task writes'),
    startup: { type: 'duration', default: 2e6, range: [0, 86_400e6], help: 'of every task, before its first byte' },
    cpus: { type: 'number', default: 1, range: [0, 1e6], unit: 'CPUs', help: 'of every task' },
    memMib: { type: 'number', default: 1024, range: [0, 1e9], unit: 'MiB', help: 'of every task' },
  },
  detect: ({ head, name }) => {
    if (looksLike(head, SWIM) === undefined) return 0;
    const line = new TextDecoder().decode(head.subarray(0, 4096)).split('\n')[0] ?? '';
    return /^job\w*\t/.test(line) || /^(FB|CC)-/.test(name) || name.endsWith('.tsv') ? 0.95 : 0.6;
  },
  facts: (files) => swimFacts(factRows(files, SWIM)),
  openJobs: openSwim,
};
