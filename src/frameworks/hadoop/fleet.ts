import type { SchedulerDriver, TaskUpdate } from '../../model/framework.js';
import { FOREVER_US } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import { type Amounts, CPUS, DISK, MEM } from '../../model/resources.js';
import type { HostMaker } from '../inside/hosts.js';
import type { JobTracker } from './job-tracker.js';
import type { HadoopSettings } from './settings.js';
import { neededSlots, type SlotCounts, slotsIn } from './slots.js';
import { freeMaps, freeReduces, type Tracker } from './tracker.js';

/** What the fleet tells the framework. */
export interface FleetOwner {
  readonly jobTracker: JobTracker;
  /** A tracker has registered: its heartbeats begin. */
  joined(tracker: Tracker): void;
  left(tracker: Tracker): void;
  launched(tracker: Tracker): void;
}

/**
 * Task trackers on Mesos: launched where offers hold what is needed, and given back when they idle. A tracker is two tasks: its own
 * process, which serves map output, and its slots, which go first.
 * Source: mesos/hadoop MesosScheduler, ResourcePolicy, MesosExecutor, MesosTracker.
 */
export class Fleet {
  readonly trackers = new Map<number, Tracker>();
  private readonly hosts = new Map<PendingGroup, { tracker: Tracker; isSlots: boolean }>();
  private readonly trackerAmounts: Amounts;
  private readonly slotAmounts: Amounts;
  private launchedCount = 0;

  constructor(
    private readonly settings: HadoopSettings,
    private readonly driver: SchedulerDriver,
    private readonly maker: HostMaker,
    private readonly owner: FleetOwner,
  ) {
    const { trackerCpus, trackerMem, trackerDisk, slotCpus, slotMem, slotDisk } = settings;
    this.trackerAmounts = driver.resources.of({ cpus: trackerCpus, mem: trackerMem, disk: trackerDisk });
    this.slotAmounts = driver.resources.of({ cpus: slotCpus, mem: slotMem, disk: slotDisk });
  }

  /** A tracker with one slot: for allocators and metrics that want to know. */
  shape(): Amounts {
    return plus(this.trackerAmounts, this.slotAmounts, 1);
  }

  /** Slots that are wanted beyond those that idle or are on their way. */
  needed(): SlotCounts {
    let idleMaps = 0;
    let idleReduces = 0;
    for (const tracker of this.trackers.values()) {
      if (tracker.isLeaving) continue;
      idleMaps += freeMaps(tracker);
      idleReduces += freeReduces(tracker);
    }
    return neededSlots(this.settings, this.owner.jobTracker.jobs.values(), idleMaps, idleReduces);
  }

  // Offers ----------------------------------------------------------------------------------------------------------

  offersArrived(refuseUs: number): void {
    const { driver } = this;
    const { offers } = driver;
    let needed = this.needed();
    for (let agent = offers.nextAgent(-1); agent >= 0; agent = offers.nextAgent(agent)) {
      if (needed.maps <= 0 && needed.reduces <= 0) break;
      const slots = slotsIn(this.settings, offers.heldOn(agent), this.trackerAmounts, this.slotAmounts, needed);
      if (slots === undefined || !this.launchOn(agent, slots)) continue;
      needed = { maps: needed.maps - slots.maps, reduces: needed.reduces - slots.reduces };
    }
    driver.accept(refuseUs);
    driver.declineAll(refuseUs);
  }

  private launchOn(agent: number, slots: SlotCounts): boolean {
    const { driver, maker } = this;
    const { image, memoryQuirk, trackerMem, trackerCpus } = this.settings;
    const held = plus(this.trackerAmounts, this.slotAmounts, slots.maps + slots.reduces);
    const slotAmounts = plus(driver.resources.zero(), this.slotAmounts, slots.maps + slots.reduces);
    // The real code takes the tracker's CPUs from the memory of the slots where it means its memory.
    const excess = memoryQuirk ? Math.round((trackerMem - trackerCpus) * 1000) : 0;
    slotAmounts[MEM] = (slotAmounts[MEM] as number) + excess;
    held[MEM] = (held[MEM] as number) + excess;
    if (!fits(held, driver.offers.heldOn(agent))) return false;
    const key = this.launchedCount++;
    const id = `${driver.name}/tracker-${key}`;
    const plan = { agent, durationUs: FOREVER_US };
    const own = maker.launch({ ...plan, id, amounts: this.trackerAmounts, image });
    const rest = own && maker.launch({ ...plan, id: `${id}-slots`, amounts: slotAmounts, image: '' });
    if (own === undefined || rest === undefined) return false;
    const tracker = newTracker(key, agent, driver.attributes(agent)['rack'] ?? '', slots);
    this.trackers.set(key, tracker);
    this.hosts.set(own, { tracker, isSlots: false });
    this.hosts.set(rest, { tracker, isSlots: true });
    this.owner.launched(tracker);
    return true;
  }

  // Life of trackers ------------------------------------------------------------------------------------------------

  updated(update: TaskUpdate): void {
    const host = this.hosts.get(update.pending);
    if (host === undefined) return;
    const { tracker, isSlots } = host;
    if (update.state !== 'running') {
      this.hosts.delete(update.pending);
      this.ended(tracker, isSlots, update.reason === '' ? 'tracker-lost' : update.reason);
      return;
    }
    if (isSlots) tracker.slotTask = update.task;
    else tracker.trackerTask = update.task;
    if (tracker.isLeaving) this.driver.kill(update.task, 'tracker-removed');
    else if (tracker.slotTask >= 0 && tracker.trackerTask >= 0) this.joined(tracker);
  }

  private joined(tracker: Tracker): void {
    tracker.isUp = true;
    tracker.beatUs = this.driver.nowUs;
    this.addCapacity(tracker, 1);
    this.owner.joined(tracker);
  }

  private addCapacity({ mapSlots, reduceSlots }: Tracker, sign: number): void {
    const { jobTracker } = this.owner;
    jobTracker.mapCapacity += sign * mapSlots;
    jobTracker.reduceCapacity += sign * reduceSlots;
  }

  private ended(tracker: Tracker, isSlots: boolean, reason: string): void {
    if (isSlots) tracker.slotTask = -1;
    else tracker.trackerTask = -1;
    if (!tracker.isLeaving) this.remove(tracker, reason);
    // Its output is gone with its own process; slots may go before.
    if (!isSlots) this.owner.jobTracker.trackerLost(tracker, reason);
    if (tracker.slotTask < 0 && tracker.trackerTask < 0) this.trackers.delete(tracker.key);
  }

  /** Kills both tasks: what runs there is lost. */
  remove(tracker: Tracker, reason: string): void {
    this.releaseSlots(tracker, reason);
    if (tracker.trackerTask >= 0) this.driver.kill(tracker.trackerTask, reason);
  }

  /** The slots go back; the tracker's own process stays to serve what its maps left. */
  releaseSlots(tracker: Tracker, reason: string): void {
    if (tracker.isUp) {
      tracker.isUp = false;
      this.addCapacity(tracker, -1);
      this.owner.left(tracker);
    }
    if (tracker.isLeaving) return;
    tracker.isLeaving = true;
    for (const attempt of [...tracker.attempts]) this.owner.jobTracker.lost(attempt, reason);
    if (tracker.slotTask >= 0) this.driver.kill(tracker.slotTask, reason);
  }
}

function newTracker(key: number, agent: number, rack: string, slots: SlotCounts): Tracker {
  return {
    key,
    agent,
    rack,
    mapSlots: slots.maps,
    reduceSlots: slots.reduces,
    trackerTask: -1,
    slotTask: -1,
    isUp: false,
    isLeaving: false,
    runningMaps: 0,
    runningReduces: 0,
    attempts: new Set(),
    reports: [],
    jobs: new Set(),
    idleCount: 0,
    launchTimer: -1,
    beatTimer: -1,
    beatUs: 0,
  };
}

function plus(base: Amounts, each: Amounts, count: number): Amounts {
  const sum = base.slice();
  for (const resource of [CPUS, MEM, DISK])
    sum[resource] = (sum[resource] as number) + count * (each[resource] as number);
  return sum;
}

function fits(demand: Amounts, held: Amounts): boolean {
  return demand.every((amount, resource) => amount <= (held[resource] as number));
}
