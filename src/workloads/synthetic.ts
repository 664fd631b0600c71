import { InputError } from '../core/errors.js';
import type { Streams } from '../core/random.js';
import { gapSampler } from '../model/arrivals.js';
import { samplerOf } from '../model/distributions.js';
import { emptyReport, type JobRecord, type JobSource } from '../model/job.js';
import type { ResourceSpace } from '../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib, parseMilli } from '../model/units.js';
import { usageOf } from './usage-factor.js';

/** A synthetic workload as a scenario states it (`workload.synthetic`). */
export interface SyntheticSpec {
  readonly jobs?: number | undefined;
  readonly arrivals: unknown;
  readonly tasks?: unknown;
  readonly duration: unknown;
  readonly cpus?: unknown;
  readonly mem?: unknown;
  readonly disk?: unknown;
  readonly gpus?: unknown;
  readonly gang?: boolean | undefined;
  readonly image?: string | undefined;
  /** Jobs that arrive together. */
  readonly batch?: unknown;
  readonly user?: string | undefined;
  readonly queue?: string | undefined;
  readonly class?: string | undefined;
  readonly priority?: unknown;
  /** Estimate = duration × this factor. */
  readonly useFactor?: number | undefined;
  readonly estimateFactor?: number | undefined;
  /** Deadline = submit + duration × this factor. */
  readonly deadlineFactor?: number | undefined;
  /** Each job is a chain of this many stages, each with a duration of its own. */
  readonly stages?: readonly unknown[] | undefined;
  /** Placement constraints of each stage's tasks. */
  readonly stageConstraints?: readonly string[] | undefined;
}

const duration = (value: unknown, label: string): number =>
  typeof value === 'number' ? value * 1e6 : parseDurationUs(String(value), label);
const amount = (value: unknown, label: string): number => parseMilli(String(value), label);
const memory = (value: unknown, label: string): number => parseMemoryMilliMib(String(value), label);
const count = (value: unknown, label: string): number => {
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  throw new InputError('E_SYNTHETIC', `${label} must be a number, got "${String(value)}"`);
};

/** Generates jobs; every sample is rounded to whole units before it leaves. */
export function syntheticJobs(
  spec: SyntheticSpec,
  resources: ResourceSpace,
  streams: Streams,
  name = 'synthetic',
): JobSource {
  const stream = (purpose: string) => streams.stream(`${name}/${purpose}`);
  const gap = gapSampler(spec.arrivals, stream('arrivals'));
  const tasks = samplerOf(spec.tasks ?? 1, count, stream('tasks'), 'tasks');
  const sizes = ['cpus', 'mem', 'disk', 'gpus'].map((resource) => {
    const read = resource === 'mem' || resource === 'disk' ? memory : amount;
    const value = (spec as unknown as Record<string, unknown>)[resource] ?? (resource === 'cpus' ? 1 : 0);
    return { row: resources.indexOf(resource), draw: samplerOf(value, read, stream(resource), resource) };
  });
  const stages = (spec.stages ?? [spec.duration]).map((stage, index) =>
    samplerOf(stage, duration, stream(index === 0 ? 'durations' : `durations-${index}`), 'duration'),
  );
  const batch = samplerOf(spec.batch ?? 1, count, stream('batches'), 'batch');
  const priority = samplerOf(spec.priority ?? 0, count, stream('priorities'), 'priority');
  const report = emptyReport('synthetic', []);
  let nowUs = 0;
  let together = 0;
  const limit = spec.jobs ?? Number.POSITIVE_INFINITY;

  const next = (): JobRecord | null => {
    if (report.jobCount >= limit) return null;
    while (together === 0) {
      nowUs += gap();
      together = Math.max(0, Math.round(batch()));
    }
    together--;
    report.jobCount++;
    const taskCount = Math.max(1, Math.round(tasks()));
    report.taskCount += taskCount * stages.length;
    const amounts = resources.zero();
    for (const { row, draw } of sizes) amounts[row] = Math.max(0, Math.round(draw()));
    const durations = stages.map((stage) => Math.max(0, Math.round(stage())));
    const total = durations.reduce((sum, us) => sum + us, 0);
    return {
      id: `${name === 'synthetic' ? '' : `${name}-`}${report.jobCount}`,
      user: spec.user ?? '',
      queue: spec.queue ?? '',
      class: spec.class ?? '',
      submitUs: nowUs,
      priority: Math.round(priority()),
      deadlineUs: spec.deadlineFactor === undefined ? -1 : nowUs + Math.round(total * spec.deadlineFactor),
      after: [],
      groups: durations.map((durationUs, index) => ({
        name: stages.length > 1 ? `stage${index + 1}` : '',
        count: taskCount,
        gang: spec.gang ?? false,
        amounts,
        ...usageOf(amounts, spec.useFactor),
        durationUs,
        estimateUs: spec.estimateFactor === undefined ? -1 : Math.round(durationUs * spec.estimateFactor),
        constraints: spec.stageConstraints?.[index] ?? '',
        after: index > 0 ? [`stage${index}`] : [],
        image: spec.image ?? '',
        inputs: [],
        outputMilliMib: 0,
      })),
    };
  };
  return { report, next, close: () => undefined };
}
