import { emptyReport, type JobRecord, type JobSource } from '../model/job.js';
import { type Amounts, CPUS, MEM } from '../model/resources.js';
import type { FileSample, TraceContext, TraceFormat } from '../model/trace-format.js';
import { IssueLog } from './bytes/issues.js';
import { LineReader } from './bytes/line-reader.js';
import { swfFacts } from './facts/swf-facts.js';
import { reordered } from './reorder.js';
import { noteHeader, readSwfMachines, SEMICOLON } from './swf-header.js';

const FIELDS = 18;

/** Fields of a row, from 0. */
const JOB = 0;
const SUBMIT = 1;
const RUN = 3;
const ALLOCATED = 4;
const USED_MEMORY = 6;
const REQUESTED = 7;
const REQUESTED_TIME = 8;
const REQUESTED_MEMORY = 9;
const STATUS = 10;
const USER = 11;
const PRECEDING = 16;
const THINK = 17;

/** Fields that may tell the queue. */
const QUEUE_FIELDS: Readonly<Record<string, number>> = { group: 12, executable: 13, queue: 14, partition: 15 };

/** What of the options a row needs. */
interface RowOptions {
  readonly useMemory: boolean;
  readonly useDependencies: boolean;
  readonly queueField: number;
  readonly oneCpu: Amounts;
}

/**
 * Standard Workload Format 2.2: 18 blank-separated fields a row, `-1` = unknown, `;` = header or comment. A job of n processors is
 * a gang of n one-CPU tasks; processors = field 5 if > 0, else field 8. Recorded waits are never replayed.
 */
function openSwf(files: readonly string[], context: TraceContext): JobSource {
  const report = emptyReport('swf', [...files]);
  const issues = new IssueLog(report, context);
  const oneCpu = context.resources.zero();
  oneCpu[CPUS] = 1000;
  const rowOptions: RowOptions = {
    useMemory: context.options['memory'] === true,
    useDependencies: context.options['dependencies'] === true,
    queueField: QUEUE_FIELDS[String(context.options['queueFrom'])] ?? 14,
    oneCpu,
  };
  let fileIndex = 0;
  let reader: LineReader | undefined;
  let originUs = -1;

  const read = (): JobRecord | null => {
    for (;;) {
      if (reader === undefined) {
        if (fileIndex >= files.length) {
          issues.flush();
          return null;
        }
        reader = new LineReader(files[fileIndex++] as string);
      }
      if (!reader.nextLine()) {
        reader.close();
        reader = undefined;
        continue;
      }
      if (reader.firstByte === SEMICOLON) {
        noteHeader(reader.lineText(), report.notes);
        continue;
      }
      if (reader.isBlank) continue;
      report.rowsRead++;
      const job = parseRow(reader, issues, rowOptions);
      if (job === undefined) continue;
      report.rowsKept++;
      report.jobCount++;
      report.taskCount += job.groups[0]?.count ?? 0;
      return job;
    }
  };
  const shift = (job: JobRecord): JobRecord => {
    // The first in order of time, wherever its row stands.
    if (originUs < 0) originUs = job.submitUs;
    job.submitUs -= originUs;
    return job;
  };
  const bound = Number(context.options['reorder']);
  return reordered(
    report,
    () => read(),
    bound,
    shift,
    () => reader?.close(),
  );
}

function parseRow(
  reader: LineReader,
  issues: IssueLog,
  { useMemory, useDependencies, queueField, oneCpu }: RowOptions,
): JobRecord | undefined {
  const count = reader.splitBlanks();
  if (!reader.isText) return void issues.skip(reader, 1, 'E_TEXT', 'the row has NUL bytes');
  if (count < FIELDS) {
    issues.skip(reader, count + 1, 'E_SWF_FIELDS', `a row must have ${FIELDS} fields, got ${count}`);
    return undefined;
  }
  for (let field = 0; field < FIELDS; field++) {
    if (Number.isNaN(reader.number(field))) {
      issues.skip(
        reader,
        field + 1,
        'E_SWF_VALUE',
        `field ${field + 1} must be a number, got "${reader.text(field)}"`,
        'unknown values are written -1',
      );
      return undefined;
    }
  }
  const status = reader.number(STATUS);
  if (status >= 2 && status <= 4)
    return void issues.skip(reader, STATUS + 1, 'E_SWF_PARTIAL', 'a part of a job, whose whole has a row of its own');
  const submitS = reader.number(SUBMIT);
  const runS = reader.number(RUN);
  const allocated = reader.number(ALLOCATED);
  const processors = allocated > 0 ? allocated : reader.number(REQUESTED);
  if (submitS < 0)
    return void issues.skip(
      reader,
      SUBMIT + 1,
      'E_SWF_SUBMIT',
      'the submit time is unknown (-1): the job never started',
    );
  if (runS < 0) return void issues.skip(reader, RUN + 1, 'E_SWF_RUN', 'the run time is unknown (-1)');
  if (!(processors > 0))
    return void issues.skip(reader, ALLOCATED + 1, 'E_SWF_PROCESSORS', 'fields 5 and 8 both lack the processors');
  // Without memory all tasks are alike: they share their amounts.
  const amounts = useMemory ? oneCpu.slice() : oneCpu;
  if (useMemory) amounts[MEM] = memoryMilliMib(reader);
  const limitS = reader.number(REQUESTED_TIME);
  const preceding = reader.number(PRECEDING);
  const queue = reader.number(queueField);
  const user = reader.number(USER);
  return {
    id: reader.text(JOB),
    user: user >= 0 ? String(user) : '',
    queue: queue >= 0 ? String(queue) : '',
    class: '',
    submitUs: Math.round(submitS * 1e6),
    priority: 0,
    deadlineUs: -1,
    after:
      useDependencies && preceding > 0
        ? [{ job: String(preceding), delayUs: Math.max(0, Math.round(reader.number(THINK) * 1e6)) }]
        : [],
    groups: [
      {
        name: '',
        count: Math.round(processors),
        gang: processors > 1,
        amounts,
        durationUs: Math.round(runS * 1e6),
        estimateUs: limitS > 0 ? Math.round(limitS * 1e6) : -1,
        constraints: '',
        after: [],
        image: '',
        inputs: [],
        outputMilliMib: 0,
      },
    ],
  };
}

/** Requested, else used memory per processor: kB → thousandths of a MiB. */
function memoryMilliMib(reader: LineReader): number {
  const requested = reader.number(REQUESTED_MEMORY);
  const used = reader.number(USED_MEMORY);
  const kilobytes = requested > 0 ? requested : used;
  return kilobytes > 0 ? Math.round((kilobytes / 1024) * 1000) : 0;
}

export const swf: TraceFormat = {
  name: 'swf',
  summary: 'Standard Workload Format 2.2: rigid parallel jobs of real supercomputers',
  source: 'Chapin et al., JSSPP 1999; Parallel Workloads Archive, swf.html',
  options: {
    memory: { type: 'boolean', default: false, help: 'take memory from field 10, else 7 (kB per processor)' },
    queueFrom: {
      type: 'choice',
      choices: ['queue', 'partition', 'group', 'executable'],
      default: 'queue',
      help: 'field that tells the queue: 15, 16 (partition, site), 13 (group) or 14 (application)',
    },
    dependencies: {
      type: 'boolean',
      default: false,
      help: 'replay think time after the preceding job (fields 17 and 18)',
    },
    reorder: {
      type: 'integer',
      default: 4096,
      range: [0, 10_000_000],
      unit: 'jobs',
      help: 'look this far ahead for rows out of submit order',
    },
  },
  detect: (sample: FileSample) => {
    if (/\.swf$/i.test(sample.name)) return 1;
    const text = new TextDecoder().decode(sample.head.subarray(0, 4096));
    const row = text.split('\n').find((line) => line.trim() !== '' && !line.startsWith(';'));
    return row !== undefined && row.trim().split(/\s+/).length === FIELDS ? 0.7 : 0;
  },
  facts: swfFacts,
  holds: () => 'jobs',
  openJobs: openSwf,
  readAgents: readSwfMachines,
};
