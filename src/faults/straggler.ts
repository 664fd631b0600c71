import { type Sampler, samplerOf } from '../model/distributions.js';
import { defineFault, type FaultContext } from '../model/fault.js';
import type { JobRecord, JobSource, TaskGroup } from '../model/job.js';
import type { DistributionValue } from '../model/options.js';

const SUFFIX = '~slow';
const NEVER = Number.POSITIVE_INFINITY;

/** Draws which tasks run slow as their jobs arrive, so that it is the same ones under every policy. */
class Stragglers {
  constructor(
    private readonly share: number,
    private readonly factor: Sampler,
    private readonly draw: () => number,
  ) {}

  /** The slow tasks of a group become a group of their own; a gang is as slow as its slowest task. */
  slowed(job: JobRecord): JobRecord {
    const twins = new Map<string, string>();
    const groups = job.groups.flatMap((group) => this.parted(group, twins));
    if (twins.size > 0) {
      for (const group of groups) {
        if (!group.after.some((name) => twins.has(name))) continue;
        group.after = group.after.flatMap((name) => [name, ...(twins.has(name) ? [twins.get(name) as string] : [])]);
      }
    }
    job.groups = groups;
    return job;
  }

  private parted(group: TaskGroup, twins: Map<string, string>): TaskGroup[] {
    let slow = 0;
    for (let task = 0; task < group.count; task++) if (this.draw() < this.share) slow++;
    if (slow === 0 || !Number.isFinite(group.durationUs)) return [group];
    const durationUs = Math.min(2 ** 52, Math.round(group.durationUs * Math.max(1, this.factor())));
    if (group.gang || slow === group.count) return [{ ...group, durationUs }];
    const name = `${group.name}${SUFFIX}`;
    twins.set(group.name, name);
    return [
      { ...group, count: group.count - slow },
      { ...group, name, count: slow, durationUs },
    ];
  }
}

function jobsOf(source: JobSource, stragglers: Stragglers): JobSource {
  const next = (): JobRecord | null => {
    const job = source.next();
    return job === null ? null : stragglers.slowed(job);
  };
  return { report: source.report, next, close: () => source.close() };
}

export const straggler = defineFault({
  name: 'straggler',
  summary: 'some tasks run longer than they should',
  source: 'Dean, Ghemawat, MapReduce, OSDI 2004, §3.6; Ananthanarayanan et al., Mantri, OSDI 2010, §4',
  options: {
    share: { type: 'number', default: 0.05, range: [0, 1], help: 'of the tasks that run slow' },
    factor: {
      type: 'distribution',
      default: 5,
      help: 'run time × this for all slow tasks of a group: a number or a distribution',
    },
  },
  create: ({ share, factor }, { random }: FaultContext) => {
    const times = samplerOf(factor as DistributionValue, numberOf, random('factor'), 'faults.factor');
    const stragglers = new Stragglers(share, times, random('tasks'));
    return {
      nextUs: () => NEVER,
      nextRepairUs: () => NEVER,
      act: () => undefined,
      jobs: (source) => jobsOf(source, stragglers),
    };
  },
});

function numberOf(value: unknown): number {
  return Number(value);
}
