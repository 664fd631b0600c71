import { WAIT_CAUSES, type WaitCause } from '../model/waits.js';
import { fitsAt } from './held-agents.js';
import type { Intake } from './intake.js';
import type { GroupState, Job } from './jobs.js';
import { PLANNED, STAGING } from './tasks.js';
import type { FrameworkState, World } from './world.js';

/** Where one task is at the end of an instant: what it waits for, or that it is away (it runs, or has ended). */
export interface Whereabouts {
  readonly phase: 'waiting' | 'paused' | 'away';
  /** Cause of waits.csv while it waits, else empty. */
  readonly cause: WaitCause | '';
  /** What stands behind the cause, in words; may be empty. */
  readonly detail: string;
  /** Of a task behind others: what the heads of the queue wait for. */
  readonly heads: string;
}

/**
 * Says why a task of a live job waits, as `waits.csv` charges it. Looks only, at the end of an instant: asking changes no fact, so a
 * run that is watched has the digest of one that is not.
 */
export function whereaboutsOf(world: World, intake: Intake, job: Job, group: GroupState, index: number): Whereabouts {
  if (group.readyUs < 0)
    return { phase: 'waiting', cause: 'dependency', detail: blockersOf(intake, job, group), heads: '' };
  if (group.returning?.some((retry) => retry.index === index)) {
    return {
      phase: 'waiting',
      cause: 'preempted',
      detail: 'stopped; its framework has not queued it again',
      heads: '',
    };
  }
  if (!isWaiting(group, index)) return launchedOf(world, intake, job, group, index);
  if (job.isPaused) return { phase: 'paused', cause: '', detail: '', heads: '' };
  if (!job.isFeasible) {
    return { phase: 'waiting', cause: 'no-capacity', detail: 'no agent of the cluster could ever take it', heads: '' };
  }
  const state = world.frameworks[job.framework] as FrameworkState;
  const { scheduler } = state;
  if (world.absences.isAway(state.row)) {
    return { phase: 'waiting', cause: 'framework-down', detail: `${state.name} is disconnected`, heads: '' };
  }
  const cause = scheduler.causeOf?.(group, index) ?? 'behind-in-queue';
  const heads = cause === 'behind-in-queue' ? headsOf(state) : '';
  return { phase: 'waiting', cause, detail: detailOf(world, state, group, cause, heads), heads };
}

/** A task that is in no queue: on its way to its start, or it runs or has ended. */
function launchedOf(world: World, intake: Intake, job: Job, group: GroupState, index: number): Whereabouts {
  const { tasks, bundles, agents } = world;
  for (const task of [...intake.tasksOf(job), ...plannedTasks(world)]) {
    const isIt = bundles.group[tasks.bundle[task] as number] === group && tasks.index[task] === index;
    const state = tasks.state[task];
    if (!isIt || (state !== PLANNED && state !== STAGING)) continue;
    const detail = `placed on ${agents.names[tasks.agent[task] as number]}, on its way to its start`;
    return { phase: 'waiting', cause: 'in-flight', detail, heads: '' };
  }
  return AWAY;
}

const AWAY: Whereabouts = { phase: 'away', cause: '', detail: '', heads: '' };

/** Tasks whose ACCEPT is still on its way to the master: they are in no agent's list yet. */
function* plannedTasks({ tasks, bundles }: World): Iterable<number> {
  for (let task = 0; task < tasks.rows.end; task++) {
    const isLive = tasks.state[task] === PLANNED && bundles.group[tasks.bundle[task] as number] !== undefined;
    if (isLive) yield task;
  }
}

function isWaiting(group: GroupState, index: number): boolean {
  if (group.retries?.some((retry) => retry.index === index)) return true;
  return index >= group.nextIndex && group.picked?.[index] !== 1;
}

function blockersOf(intake: Intake, job: Job, group: GroupState): string {
  const groups = job.groups.filter((other) => group.group.after.includes(other.group.name) && !other.hasReleased);
  const jobs = job.record.after.filter((link) => intake.liveJob(link.job) !== undefined);
  const names = [...groups.map((other) => `tasks "${other.group.name}"`), ...jobs.map((link) => `job ${link.job}`)];
  return names.length === 0 ? 'the delay after what it waited for' : `waits for ${names.slice(0, 4).join(', ')}`;
}

/** What the heads of a framework's queue wait for, as waits.csv would charge them now. */
function headsOf(state: FrameworkState): string {
  const counts = new Float64Array(WAIT_CAUSES.length);
  state.scheduler.chargeWaits(state.waitingCount - state.parkedCount, counts);
  return WAIT_CAUSES.filter((cause, row) => cause !== 'behind-in-queue' && (counts[row] as number) > 0).join(', ');
}

function detailOf(world: World, state: FrameworkState, group: GroupState, cause: WaitCause, heads: string): string {
  const { amounts } = group.group;
  switch (cause) {
    case 'behind-in-queue':
      return `${state.waitingCount} tasks of ${state.name} wait, the first for: ${heads === '' ? 'their turn' : heads}`;
    case 'filter': {
      const expiryUs = world.filters.earliestExpiryUs(state.clients, world.nowUs);
      return `${state.name} declined what is free; the first of its filters ends at ${expiryUs / 1e6} s`;
    }
    case 'offered-elsewhere':
      return `what would fit is in offers to ${holdersOf(world, state, amounts)}`;
    case 'no-capacity':
      return `${fitCount(world, amounts)} of ${upCount(world)} agents have room for it`;
    case 'in-flight':
      return 'what would fit is free: the next allocation run may offer it';
    default:
      return '';
  }
}

function holdersOf(world: World, own: FrameworkState, amounts: Float64Array): string {
  const { offers, width, pool, frameworks } = world;
  const names = new Set<string>();
  for (let offer = 0; offer < offers.rows.end; offer++) {
    const client = offers.client[offer] as number;
    const isOther = offers.isOut[offer] === 1 && !own.clients.includes(client);
    if (isOther && fitsAt(amounts, offers.amounts, offer * width)) names.add(world.frameworkOf(client).name);
  }
  if (pool.blanketClient >= 0 && !own.clients.includes(pool.blanketClient))
    names.add(world.frameworkOf(pool.blanketClient).name);
  const list = frameworks.map(({ name }) => name).filter((name) => names.has(name));
  return list.length === 0 ? own.name : list.slice(0, 4).join(', ');
}

function fitCount({ agents, width }: World, amounts: Float64Array): number {
  let count = 0;
  for (let agent = 0; agent < agents.count; agent++) {
    if (agents.isUp[agent] === 1 && fitsAt(amounts, agents.free, agent * width)) count++;
  }
  return count;
}

function upCount({ agents }: World): number {
  let count = 0;
  for (let agent = 0; agent < agents.count; agent++) count += agents.isUp[agent] as number;
  return count;
}
