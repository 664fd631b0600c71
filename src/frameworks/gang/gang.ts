import type { InnerWork, SchedulerJob } from '../../model/framework.js';
import type { PendingGroup } from '../../model/order.js';
import { amdahlSpeed, hierarchicalAllReduceUs, parameterServerUs, ringAllReduceUs, stepUs } from './cost.js';
import { type GangPlan, SERVERS } from './job.js';
import { spreadSpeed } from './models.js';
import type { Level } from './packing.js';
import type { Reservation } from './reserving.js';
import type { GangSettings } from './settings.js';
import { WorkClock } from './work-clock.js';

/** A task of the cluster that holds a member's resources: a daemon, a worker process. */
export interface Host {
  readonly id: string;
  readonly agent: number;
  readonly launchedUs: number;
  /** Row of the task once it runs, -1 before. */
  task: number;
  /** It was told to go: its end is no loss. */
  isLeaving: boolean;
  /** Mode `reserve`: what it runs on. */
  readonly reservation: Reservation | undefined;
}

/** One member: a host, and within it, while the gang works, a task of the job. */
export interface Member {
  readonly pending: PendingGroup;
  /** Index within its group. */
  readonly index: number;
  readonly isServer: boolean;
  host: Host | undefined;
  /** Row of the job's task while the gang works, -1 else. */
  inner: number;
}

/** gathering: members come together; backoff: released, waits; working; hung and over say themselves. */
export type Phase = 'gathering' | 'backoff' | 'working' | 'hung' | 'over';

/** A gang: groups of one job that start together or not at all. */
export class Gang {
  readonly members: Member[] = [];
  /** Mode `reserve`: seats that are reserved and not taken yet. */
  readonly reserved = new Map<Member, Reservation>();
  readonly clock: WorkClock;
  phase: Phase = 'gathering';
  /** Since when it has been gathering. */
  gatheringUs: number;
  releaseCount = 0;
  restartCount = 0;
  launchCount = 0;
  /** It has worked before: going on costs a restart. */
  hasWorked = false;
  isPaused = false;
  /** Agents that failed it, and until when it keeps off them. */
  private readonly shunned = new Map<number, number>();
  private shunCount = 0;

  constructor(
    readonly row: number,
    readonly job: SchedulerJob,
    readonly groups: readonly PendingGroup[],
    readonly plan: GangPlan,
    /** Order of entry, the last resort of every tie. */
    readonly entry: number,
    nowUs: number,
  ) {
    this.gatheringUs = nowUs;
    this.clock = new WorkClock(workOf(plan), plan.checkpoint);
    for (const pending of groups) {
      for (let index = 0; index < pending.group.count; index++) {
        const isServer = pending.group.name === SERVERS;
        this.members.push({ pending, index, isServer, host: undefined, inner: -1 });
      }
    }
  }

  /**
   * A member was lost there: the job uses the agent no more, or not for lower·2^k + U(0, lower) after the k-th such loss, at most `upper`
   * (Horovod, runner/elastic/discovery.py HostState).
   */
  shun(agent: number, nowUs: number, { cooldown, cooldownMax }: GangSettings, random: () => number): void {
    const restUs = cooldown * 2 ** Math.min(30, this.shunCount++) + Math.round(random() * cooldown);
    this.shunned.set(agent, cooldown < 0 ? Number.POSITIVE_INFINITY : nowUs + Math.min(cooldownMax, restUs));
  }

  shuns(agent: number, nowUs: number): boolean {
    return nowUs < (this.shunned.get(agent) ?? 0);
  }

  get isElastic(): boolean {
    return this.plan.minWorkers > 0;
  }

  get missing(): Member[] {
    return this.members.filter((member) => member.host === undefined);
  }

  get placed(): Member[] {
    return this.members.filter((member) => member.host !== undefined);
  }

  get ready(): Member[] {
    return this.members.filter(({ host }) => host !== undefined && host.task >= 0);
  }

  gatherAgain(nowUs: number): void {
    this.phase = 'gathering';
    this.gatheringUs = nowUs;
  }

  /** Its work so far is saved. */
  pause(nowUs: number): void {
    if (this.clock.isRunning) this.clock.stop(nowUs, 'all');
    this.phase = 'gathering';
    this.isPaused = true;
  }

  resume(nowUs: number): void {
    this.isPaused = false;
    this.gatherAgain(nowUs);
  }

  /** Every task inside ends. */
  endWork(inside: InnerWork, state: InnerEnd, reason: string, isRetried: boolean): void {
    for (const member of this.members) endInner(inside, member, state, reason, isRetried);
  }

  /** Lets go of every host; those that run are killed, the others when they do. Returns them. */
  letGo(kill: (task: number) => void): Host[] {
    const left: Host[] = [];
    for (const member of this.members) {
      const { host } = member;
      if (host === undefined) continue;
      left.push(host);
      host.isLeaving = true;
      member.host = undefined;
      if (host.task >= 0) kill(host.task);
    }
    return left;
  }

  /** All members are there, or of an elastic gang enough workers and all servers. */
  canWork(): boolean {
    const ready = this.ready;
    if (!this.isElastic) return ready.length === this.members.length;
    const servers = this.members.filter((member) => member.isServer).length;
    const readyServers = ready.filter((member) => member.isServer).length;
    return readyServers === servers && ready.length - readyServers >= this.plan.minWorkers;
  }

  /** Wants more offers. */
  get isHungry(): boolean {
    if (this.isPaused || this.missing.length === 0) return false;
    return this.phase === 'gathering' || (this.phase === 'working' && this.isElastic);
  }
}

type InnerEnd = 'finished' | 'failed' | 'killed' | 'lost';

export function endInner(inside: InnerWork, member: Member, state: InnerEnd, reason: string, isRetried: boolean): void {
  if (member.inner < 0) return;
  inside.end(member.inner, state, reason, isRetried);
  member.inner = -1;
}

/** Work in µs of the whole gang for given durations, in steps else. */
function workOf({ work }: GangPlan): number {
  return work.kind === 'duration' ? Math.max(work.durationUs, 1e-6) : work.steps;
}

/** Where the working members stand, as far as speed goes. */
export interface Spread {
  readonly level: Level;
  readonly workers: number;
  readonly servers: number;
  readonly allWorkers: number;
  readonly agentCount: number;
  /** Speed of the slowest agent: a synchronous gang waits for its slowest member. */
  readonly slowest: number;
  /** Attribute `gpu` of its agents, each once. */
  readonly devices: readonly string[];
}

/** Units of work per µs. */
export function speedOf(plan: GangPlan, spread: Spread, settings: GangSettings): number {
  return plainSpeedOf(plan, spread, settings) * placementSpeed(plan, spread);
}

/** What the class of its model, or the job itself, says of gangs that are not on one agent. */
function placementSpeed({ model, slowdown }: GangPlan, { level, workers, devices }: Spread): number {
  if (level === 'agent') return 1;
  const byModel = model === '' ? 1 : Math.min(...devices.map((device) => spreadSpeed(model, device, workers)));
  return byModel / (level === 'rack' ? slowdown.rack : slowdown.cross);
}

function plainSpeedOf({ work }: GangPlan, spread: Spread, settings: GangSettings): number {
  const { workers, allWorkers, slowest } = spread;
  if (work.kind === 'duration') {
    const scale = amdahlSpeed(workers, settings.parallel) / amdahlSpeed(allWorkers, settings.parallel);
    const slowdown =
      spread.level === 'agent' ? 1 : spread.level === 'rack' ? settings.rackSlowdown : settings.crossSlowdown;
    const timeFactor = 1 - settings.netShare + settings.netShare * slowdown;
    return (scale * slowest) / timeFactor;
  }
  const networkUs = networkUsOf(work, spread, settings);
  // Each worker does its own part of the batch: with fewer of them a step is as long and does less.
  return workers / allWorkers / stepUs(work.computeUs / slowest, networkUs, work.overlap);
}

function networkUsOf(
  work: Extract<GangPlan['work'], { kind: 'steps' }>,
  { level, workers, servers, agentCount }: Spread,
  settings: GangSettings,
): number {
  const outside =
    level === 'cross'
      ? settings.rackBandwidth / (settings.crossSlowdown / settings.rackSlowdown)
      : settings.rackBandwidth;
  const slowest = level === 'agent' ? settings.agentBandwidth : outside;
  const { gradientMib, communication } = work;
  if (communication === 'parameter-server') return parameterServerUs(workers, servers, gradientMib, slowest);
  if (communication === 'all-reduce') return ringAllReduceUs(workers, gradientMib, slowest, settings.latency);
  const perNode = Math.max(1, Math.ceil(workers / agentCount));
  return hierarchicalAllReduceUs(perNode, agentCount, gradientMib, settings.agentBandwidth, outside, settings.latency);
}
