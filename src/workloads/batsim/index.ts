import { type AgentRecord, emptyReport, type JobRecord, type SourceReport } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { IssueLog, type RowPlace } from '../bytes/issues.js';
import { isObject, JsonDocument, type JsonFields, listIn, numberIn, objectIn, textIn } from '../bytes/json-document.js';
import { batsimFacts } from '../facts/batsim-facts.js';
import { jobRecord, madeJobs, taskGroup } from '../records.js';
import { MAX_SECONDS, MAX_TASKS } from '../rows.js';
import { Profiles } from './profiles.js';

/** A job of `res` resources is a gang of as many tasks. Each file is a workload with profiles of its own. */
function openBatsim(files: readonly string[], context: TraceContext) {
  const memo = new AmountsMemo(context.resources);
  const { cpus, memMib } = context.options;
  const amounts = memo.of(Math.round(Number(cpus) * 1000), Math.round(Number(memMib) * 1000));
  return madeJobs('batsim', files, context, function* (report, issues) {
    for (const file of files) {
      const document = new JsonDocument(file);
      const { object } = document;
      const reader = new JobReader(profilesOf(object, context), issues, amounts);
      const resources = numberIn(object, 'nb_res');
      // Others of the project's formats tell the size of the machine under this name.
      if (resources > 0)
        report.notes.set('MaxProcs', String(Math.max(resources, Number(report.notes.get('MaxProcs') ?? 0))));
      for (const [index, item] of listIn(object, 'jobs').entries()) {
        report.rowsRead++;
        const job = reader.read(item, document.place(['jobs'], index));
        if (job === undefined) continue;
        report.rowsKept++;
        yield job;
      }
    }
  });
}

function profilesOf(object: JsonFields, { options }: Pick<TraceContext, 'options'>): Profiles {
  const speeds = { flops: Number(options['gflops']) * 1e9, bandwidth: Number(options['bandwidth']) * 1e6 };
  return new Profiles(objectIn(object, 'profiles'), speeds);
}

class JobReader {
  constructor(
    private readonly profiles: Profiles,
    private readonly issues: IssueLog,
    private readonly amounts: Float64Array,
  ) {}

  read(item: unknown, place: RowPlace): JobRecord | undefined {
    const skip = (code: string, message: string): undefined => void this.issues.skip(place, 0, code, message);
    if (!isObject(item)) return skip('E_BATSIM_VALUE', 'a job must be an object');
    // `workload!id` in the newer files.
    const id = textIn(item, 'id').replace(/^.*!/, '');
    if (id === '') return skip('E_BATSIM_VALUE', 'a job must have an id');
    const submitS = numberIn(item, 'subtime');
    if (!(submitS >= 0 && submitS <= MAX_SECONDS))
      return skip('E_BATSIM_VALUE', `subtime of job "${id}" must be seconds of at least 0, got ${submitS}`);
    const resources = numberIn(item, 'res');
    if (!(resources >= 1 && resources <= MAX_TASKS && Number.isInteger(resources)))
      return skip(
        'E_BATSIM_VALUE',
        `res of job "${id}" must be a whole number from 1 to ${MAX_TASKS}, got ${resources}`,
      );
    const profile = textIn(item, 'profile');
    const run = this.profiles.runTime(profile, resources);
    if ('fault' in run) return skip('E_BATSIM_PROFILE', `job "${id}": ${run.fault}`);
    return this.record(item, place, id, submitS, resources, run.seconds);
  }

  /** Batsim ends a job at its walltime: it then runs that long and fails. */
  private record(
    item: JsonFields,
    place: RowPlace,
    id: string,
    submitS: number,
    resources: number,
    runS: number,
  ): JobRecord {
    const walltimeS = numberIn(item, 'walltime');
    const isCut = walltimeS >= 0 && runS > walltimeS;
    if (isCut)
      this.issues.repair(
        place,
        0,
        'E_BATSIM_WALLTIME',
        `job "${id}" runs ${runS} s and is killed at its walltime of ${walltimeS} s`,
      );
    const isFailed = isCut || this.profiles.returnCode(textIn(item, 'profile')) !== 0;
    return jobRecord({
      id,
      user: textIn(item, 'user'),
      queue: textIn(item, 'queue'),
      submitUs: Math.round(submitS * 1e6),
      after: listIn(item, 'dependencies').map((other) => ({ job: String(other).replace(/^.*!/, ''), delayUs: 0 })),
      groups: [
        taskGroup({
          count: resources,
          gang: resources > 1,
          amounts: this.amounts,
          durationUs: Math.round((isCut ? walltimeS : runS) * 1e6),
          estimateUs: walltimeS >= 0 ? Math.round(walltimeS * 1e6) : -1,
          ...(isFailed ? { exit: 'failed' as const } : {}),
        }),
      ],
    });
  }
}

/** The platform that the workload was made for: `nb_res` agents of one resource each, numbered from 0 as Batsim does. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('batsim', [...files]);
  const issues = new IssueLog(report, context);
  const { cpus, memMib } = context.options;
  const amounts = new AmountsMemo(context.resources).of(
    Math.round(Number(cpus) * 1000),
    Math.round(Number(memMib) * 1000),
  );
  let count = 0;
  for (const file of files) {
    const resources = numberIn(new JsonDocument(file).object, 'nb_res');
    report.rowsRead++;
    if (resources >= 1 && resources <= MAX_TASKS && Number.isInteger(resources)) {
      report.rowsKept++;
      count = Math.max(count, resources);
    } else
      issues.skip(
        { path: file, line: 1 },
        0,
        'E_BATSIM_SIZE',
        `nb_res must be a whole number of at least 1, got ${resources}`,
      );
  }
  issues.flush();
  return { agents: Array.from({ length: count }, (_, row) => ({ id: String(row), amounts, attributes: {} })), report };
}

/** Keys with values of their kind: a summary that counts its jobs and profiles is no workload. */
const MARKS = [
  /"nb_res"\s*:\s*\d/,
  /"subtime"\s*:\s*-?[\d.]/,
  /"profiles"\s*:\s*\{/,
  /"jobs"\s*:\s*\[\s*[{\]]/,
  /"profile"\s*:\s*"/,
];

export const batsim: TraceFormat = {
  name: 'batsim',
  summary: 'JSON workloads of Batsim, type names of both generations; nb_res as agents',
  source: 'oar-team/batsim docs/input-workload.rst; Dutot, Mercier, Poquet, Richard, JSSPP 2015',
  options: {
    gflops: { type: 'number', default: 1, range: [1e-9, 1e9], unit: 'Gflop/s', help: 'speed of one resource' },
    bandwidth: {
      type: 'number',
      default: 0,
      range: [0, 1e9],
      unit: 'MB/s',
      help: "of a resource's link; 0 = transfers take no time",
    },
    cpus: { type: 'number', default: 1, range: [0, 1e6], unit: 'CPUs', help: 'of one resource' },
    memMib: { type: 'number', default: 0, range: [0, 1e9], unit: 'MiB', help: 'of one resource' },
  },
  detect: ({ head, name }) => {
    const text = new TextDecoder().decode(head);
    if (!/^\uFEFF?\s*\{/.test(text) || /"jobs"\s*:\s*[^\s[]/.test(text)) return 0;
    const count = MARKS.filter((mark) => mark.test(text)).length;
    return count >= 3 ? 1 : count === 2 && name.endsWith('.json') ? 0.5 : 0;
  },
  facts: batsimFacts,
  openJobs: openBatsim,
  readAgents,
};
