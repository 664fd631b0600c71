import type { JobRecord, JobSource } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { sampleOf } from '../bytes/sample.js';
import { tiresiasFacts } from '../facts/tiresias-facts.js';
import { fromZero } from '../from-zero.js';
import { jobRecord, tableJobs, taskGroup } from '../records.js';
import { MAX_SECONDS, MAX_TASKS, type Rows, type TableLayout } from '../rows.js';
import { CHRONUS, layoutOf, TIRESIAS } from './layouts.js';

/**
 * Job files of the Tiresias simulator, and those that Chronus made of the Philly trace: a job is a gang of one-GPU tasks. Chronus counts
 * in minutes and has deadlines; Tiresias counts in seconds.
 */
function openTiresias(files: readonly string[], context: TraceContext): JobSource {
  const layout = layoutOf(sampleOf(files[0] as string).head) ?? TIRESIAS;
  const memo = new AmountsMemo(context.resources);
  const columns = columnsOf(layout);
  const open = () => (rows: Rows) => parseRow(rows, columns, context, memo);
  return fromZero(tableJobs({ format: 'tiresias', files, layout, submit: columns.submit, open }, context));
}

/** Where the columns of a layout stand: looked up once, not for each row. */
function columnsOf(layout: TableLayout) {
  const at = (name: string): number => layout.columns.indexOf(name);
  return {
    isChronus: layout === CHRONUS,
    ...{ job: at('job_id'), gpus: at('num_gpu'), submit: at('submit_time'), duration: at('duration') },
    ...{ model: at('model_name'), user: at('user'), times: at('expect_time_list') },
  };
}

function parseRow(
  rows: Rows,
  at: ReturnType<typeof columnsOf>,
  { options }: TraceContext,
  memo: AmountsMemo,
): JobRecord | undefined {
  const { isChronus } = at;
  const unit = options['unit'] === 'auto' ? (isChronus ? 'min' : 's') : options['unit'];
  const perUnit = unit === 'min' ? 60 : 1;
  const gpus = rows.number(at.gpus);
  const submit = rows.number(at.submit);
  const duration = rows.number(at.duration);
  for (const [column, value] of [
    [at.submit, submit],
    [at.duration, duration],
  ] as const)
    if (!(value >= 0 && value <= MAX_SECONDS / 60))
      return rows.skip(column, 'E_TIRESIAS_VALUE', 'must be a number of at least 0');
  if (!(gpus >= 0 && gpus <= MAX_TASKS && Number.isInteger(gpus)))
    return rows.skip(at.gpus, 'E_TIRESIAS_VALUE', 'must be a whole number of at least 0');
  if (gpus === 0) rows.repair(at.gpus, 'E_TIRESIAS_GPUS', 'asks for no GPU: a job of one CPU task');
  const submitUs = Math.round(submit * perUnit * 1e6);
  const user = isChronus ? rows.repeated(at.user) : '';
  const cpusMilli = Math.round(Number(options['cpusPerGpu']) * 1000);
  const amounts = memo.of(cpusMilli, Math.round(Number(options['memGibPerGpu']) * 1024000), gpus === 0 ? 0 : 1000);
  return jobRecord({
    id: rows.text(at.job),
    user,
    queue: user,
    class: rows.repeated(at.model),
    submitUs,
    deadlineUs: isChronus ? deadlineUs(rows.text(at.times), submitUs, perUnit) : -1,
    groups: [
      taskGroup({
        count: Math.max(1, gpus),
        gang: gpus > 1,
        amounts,
        durationUs: Math.round(duration * perUnit * 1e6),
      }),
    ],
  });
}

/** The first time of the list, from the submission on. */
function deadlineUs(list: string, submitUs: number, perUnit: number): number {
  const first = /^\D*(\d+(?:\.\d+)?)/.exec(list)?.[1];
  return first === undefined ? -1 : submitUs + Math.round(Number(first) * perUnit * 1e6);
}

export const tiresias: TraceFormat = {
  name: 'tiresias',
  summary: 'job files of the Tiresias and Chronus simulators: gangs of GPUs, deadlines (extracts of the Philly trace)',
  source: 'Gu et al., NSDI 2019, SymbioticLab/Tiresias; Gao et al., SoCC 2021, ChronusArtifact',
  options: {
    unit: {
      type: 'choice',
      choices: ['auto', 's', 'min'],
      default: 'auto',
      help: 'of times; auto = minutes in files with expect_time_list (Chronus), else seconds',
    },
    cpusPerGpu: { type: 'number', default: 4, range: [0, 1e4], unit: 'CPUs', help: 'the files tell GPUs only' },
    memGibPerGpu: { type: 'number', default: 16, range: [0, 1e5], unit: 'GiB', help: 'the files tell GPUs only' },
  },
  detect: ({ head }) => (layoutOf(head) === undefined ? 0 : 1),
  facts: tiresiasFacts,
  openJobs: openTiresias,
};
