import type { DemandEntry } from '../../model/allocator.js';
import type { Framework, FrameworkSlots, SchedulerDriver, SchedulerJob, TaskUpdate } from '../../model/framework.js';
import { FOREVER_US } from '../../model/job.js';
import type { PendingGroup } from '../../model/order.js';
import { causeRow } from '../../model/waits.js';
import { HostMaker } from '../inside/hosts.js';
import { demandOf, heldAgents } from '../shared/own-work.js';
import { Constraints } from './constraints.js';
import { type Batchlet, type Running, Worker } from './worker.js';

export interface ProbeSettings {
  readonly probe: 'random' | 'per-task' | 'batch';
  /** Probes per task. */
  readonly ratio: number;
  readonly isLate: boolean;
  /** From the arrival of a job until its probes have been answered. */
  readonly delayUs: number;
  /** Share of each agent that its worker takes. */
  readonly share: number;
}

/**
 * Tasks queue at workers, not at the scheduler (Sparrow, Ousterhout et al., SOSP 2013, §3). A worker is a long-lived task on each agent.
 * `random`: each task goes to any worker. `per-task`: each task probes d workers and goes to the least loaded. `batch`: the m tasks of a job
 * probe d·m workers together and go to the m least loaded. Late binding leaves reservations instead, and a worker that has room takes the
 * next task of that job.
 */
export class Probing implements Framework {
  private readonly maker: HostMaker;
  private readonly random: () => number;
  private readonly byHost = new Map<string, Worker>();
  private readonly byAgent = new Map<number, Worker>();
  /** Workers that are up, in no order. */
  private readonly up: Worker[] = [];
  /** Work of each group that has not started; by group, as tasks that are lost come back. */
  private readonly works = new Map<PendingGroup, Batchlet>();
  /** Work that found no worker. */
  private readonly homeless: Batchlet[] = [];
  private readonly timers = new Map<number, Running | Batchlet>();
  private readonly constraints = new Map<string, Constraints>();
  private tag = 0;
  private hostCount = 0;
  private probeCount = 0;

  constructor(
    private readonly settings: ProbeSettings,
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {
    this.maker = new HostMaker(driver);
    this.random = driver.random('probes');
  }

  onStart(): void {
    this.driver.revive();
  }

  // Workers ---------------------------------------------------------------------------------------------------------

  onOffers(): void {
    const { driver } = this;
    for (const agent of heldAgents(driver)) {
      if (this.byAgent.has(agent)) continue;
      const total = driver.offers.totalOf(agent);
      const amounts = driver.offers.heldOn(agent).map((held, index) => {
        return Math.min(held, Math.floor((total[index] as number) * this.settings.share));
      });
      const id = `worker-${++this.hostCount}`;
      const plan = { id, agent, amounts, durationUs: FOREVER_US, image: '' };
      if (amounts.every((amount) => amount === 0) || this.maker.launch(plan) === undefined) continue;
      const worker = new Worker(agent, amounts);
      this.byHost.set(id, worker);
      this.byAgent.set(agent, worker);
    }
    driver.accept(this.slots.refuseUs);
    driver.declineAll(this.slots.refuseUs);
  }

  onUpdate({ pending, state }: TaskUpdate): void {
    const worker = this.byHost.get(pending.job.record.id);
    if (worker === undefined) return;
    if (state === 'running') this.workerUp(worker);
    else this.workerLost(pending.job.record.id, worker);
  }

  private workerUp(worker: Worker): void {
    worker.isUp = true;
    this.least = undefined;
    worker.position = this.up.push(worker) - 1;
    for (const work of this.homeless.splice(0)) this.send(work);
  }

  /** Tasks that ran there are lost and wait again; those that waited are sent elsewhere. */
  private workerLost(host: string, worker: Worker): void {
    this.byHost.delete(host);
    this.byAgent.delete(worker.agent);
    if (worker.isUp) {
      const last = this.up.pop() as Worker;
      if (last !== worker) {
        this.up[worker.position] = last;
        last.position = worker.position;
      }
    }
    worker.isUp = false;
    this.least = undefined;
    const again = new Map<Batchlet, number[]>();
    for (const { work, index } of worker.queue.splice(0)) {
      if (index >= 0) again.set(work, [...(again.get(work) ?? []), index]);
      else if (work.indices.length > 0) again.set(work, again.get(work) ?? []);
    }
    for (const running of [...worker.running]) {
      this.driver.cancel(running.timer);
      this.stop(running, 'lost', 'agent-lost', true);
      const work = this.workOf(running.pending);
      again.set(work, [...(again.get(work) ?? []), running.index]);
    }
    for (const [work, indices] of again) {
      work.indices.push(...indices);
      this.send(work);
    }
  }

  // Jobs ------------------------------------------------------------------------------------------------------------

  onJob(job: SchedulerJob): void {
    this.maker.takes(job);
  }

  onPending(pending: PendingGroup): void {
    if (pending.job.record.isHost === true) return;
    const work = this.workOf(pending);
    if (work.indices.length === 0 && !this.isKnown(work)) {
      for (let index = 0; index < pending.group.count; index++) work.indices.push(index);
    }
    this.driver.publish();
    if (this.settings.delayUs === 0) {
      this.send(work);
      return;
    }
    this.timers.set(++this.tag, work);
    this.driver.timer(this.settings.delayUs, this.tag);
  }

  private readonly known = new WeakSet<Batchlet>();
  private isKnown(work: Batchlet): boolean {
    const was = this.known.has(work);
    this.known.add(work);
    return was;
  }

  private workOf(pending: PendingGroup): Batchlet {
    let work = this.works.get(pending);
    if (work === undefined) {
      work = { pending, indices: [] };
      this.works.set(pending, work);
    }
    return work;
  }

  /** Probes, and queues the tasks where the probes say. */
  private send(work: Batchlet): void {
    const { group } = work.pending;
    const eligible = this.eligible(group.amounts, group.constraints);
    if (eligible.length === 0) {
      this.homeless.push(work);
      return;
    }
    const count = work.indices.length;
    const { probe, ratio, isLate } = this.settings;
    if (isLate) {
      const probed = this.sample(eligible, probe === 'random' ? count : ratio * count);
      for (const worker of probed) worker.queue.push({ work, index: -1 });
      for (const worker of probed) this.serve(worker);
      return;
    }
    const tasks = work.indices.splice(0);
    const chosen = probe === 'batch' ? this.leastOf(eligible, count) : tasks.map(() => this.oneOf(eligible));
    for (const [position, worker] of chosen.entries()) worker.queue.push({ work, index: tasks[position] as number });
    for (const worker of new Set(chosen)) this.serve(worker);
  }

  private oneOf(eligible: Worker[]): Worker {
    const probed = this.sample(eligible, this.settings.probe === 'random' ? 1 : this.settings.ratio);
    // A task counts where it has been sent already, so that the next of its job sees it.
    return probed.reduce((best, worker) => (worker.load < best.load ? worker : best));
  }

  /** The m least loaded of d·m probed workers, each once; round again when there are fewer. */
  private leastOf(eligible: Worker[], count: number): Worker[] {
    const probed = this.sample(eligible, this.settings.ratio * count)
      .map((worker, draw) => ({ worker, load: worker.load, draw }))
      .sort((a, b) => a.load - b.load || a.draw - b.draw);
    return Array.from({ length: count }, (_, task) => (probed[task % probed.length] as { worker: Worker }).worker);
  }

  /** So many different workers, drawn at random; all of them when there are no more. */
  private sample(eligible: Worker[], count: number): Worker[] {
    const size = Math.min(count, eligible.length);
    this.probeCount += size;
    this.driver.gauge('probes', this.probeCount);
    const drawn: Worker[] = [];
    // The first steps of a shuffle, undone afterwards: the list is also that of the workers that are up.
    const swaps: number[] = [];
    for (let at = 0; at < size; at++) {
      const other = at + Math.floor(this.random() * (eligible.length - at));
      swaps.push(other);
      swap(eligible, at, other);
      drawn.push(eligible[at] as Worker);
    }
    for (let at = size - 1; at >= 0; at--) swap(eligible, at, swaps[at] as number);
    return drawn;
  }

  private eligible(demand: Float64Array, text: string): Worker[] {
    if (text === '' && this.isWithinAll(demand)) return this.up;
    let constraints = this.constraints.get(text);
    if (constraints === undefined) {
      constraints = new Constraints(text);
      this.constraints.set(text, constraints);
    }
    const allowed = constraints;
    return this.up.filter((worker) => worker.canHold(demand) && allowed.allows(worker.agent, this.driver.offers));
  }

  /** True when every worker could hold it, were it empty. */
  private isWithinAll(demand: Float64Array): boolean {
    this.least ??= demand.map((_, index) => Math.min(...this.up.map(({ capacity }) => capacity[index] as number)));
    const { least } = this;
    return this.up.length > 0 && demand.every((amount, index) => amount <= (least[index] as number));
  }
  /** Least capacity of any worker, by resource; undefined when the workers have changed. */
  private least: Float64Array | undefined;

  // At a worker -----------------------------------------------------------------------------------------------------

  /** Starts what the head of the queue says while there is room; nothing overtakes the head. */
  private serve(worker: Worker): void {
    while (worker.queue.length > 0) {
      const { work, index } = worker.queue[0] as Worker['queue'][number];
      const next = index >= 0 ? index : (work.indices[0] ?? -1);
      // A reservation whose job has no task left, or a task that its operator has ended or paused.
      const isVoid = next < 0 || work.pending.pendingCount === 0;
      if (!isVoid && !worker.fits(work.pending.group.amounts)) return;
      worker.queue.shift();
      if (isVoid) continue;
      if (index < 0) work.indices.shift();
      this.start(worker, work.pending, next);
    }
  }

  private start(worker: Worker, pending: PendingGroup, index: number): void {
    const { driver } = this;
    const { amounts, durationUs } = pending.group;
    const task = driver.inside.start(pending, index, worker.agent, amounts);
    if (task < 0) return;
    worker.take(amounts, 1);
    const tag = ++this.tag;
    const timer = Number.isFinite(durationUs) ? driver.timer(durationUs, tag) : -1;
    const running: Running = { pending, index, task, timer, worker };
    worker.running.add(running);
    if (timer >= 0) this.timers.set(tag, running);
  }

  onTimer(tag: number): void {
    const due = this.timers.get(tag);
    this.timers.delete(tag);
    if (due === undefined) return;
    if ('indices' in due) {
      this.send(due);
      return;
    }
    const isFailed = due.pending.group.exit === 'failed';
    this.stop(due, isFailed ? 'failed' : 'finished', '', false);
    this.serve(due.worker);
  }

  private stop(
    running: Running,
    state: 'finished' | 'failed' | 'killed' | 'lost',
    reason: string,
    isRetried: boolean,
  ): void {
    const { worker, pending, task } = running;
    worker.running.delete(running);
    worker.take(pending.group.amounts, -1);
    this.driver.inside.end(task, state, reason, isRetried);
    if (pending.job.finishUs >= 0) for (const group of (pending.job as SchedulerJob).groups) this.works.delete(group);
  }

  // Operators -------------------------------------------------------------------------------------------------------

  onKillJob(job: SchedulerJob): void {
    this.stopAll(job, 'killed-by-operator', false);
    for (const group of job.groups) this.works.delete(group);
  }

  /** Its running tasks stop and wait again, and its queued ones leave their queues; on resuming all of it is sent anew. */
  onPauseJob(job: SchedulerJob): void {
    for (const worker of this.byAgent.values()) {
      for (const { work, index } of worker.queue) if (work.pending.job === job && index >= 0) work.indices.push(index);
      const left = worker.queue.filter(({ work }) => work.pending.job !== job);
      worker.queue.splice(0, worker.queue.length, ...left);
    }
    for (const { pending, index } of this.stopAll(job, 'paused', true)) this.workOf(pending).indices.push(index);
  }

  private stopAll(job: SchedulerJob, reason: string, isRetried: boolean): Running[] {
    const stopped: Running[] = [];
    for (const worker of this.byAgent.values()) {
      for (const running of [...worker.running]) {
        if (running.pending.job !== job) continue;
        if (running.timer >= 0) this.driver.cancel(running.timer);
        this.stop(running, 'killed', reason, isRetried);
        stopped.push(running);
      }
      this.serve(worker);
    }
    return stopped;
  }

  // What others ask -------------------------------------------------------------------------------------------------

  private *waiting(): Iterable<PendingGroup> {
    for (const pending of this.works.keys()) if (pending.pendingCount > 0) yield pending;
  }

  demand(): readonly DemandEntry[] {
    return demandOf(this.slots.client, this.waiting());
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    const row = causeRow(this.up.length === 0 ? 'no-capacity' : 'behind-in-queue');
    counts[row] = (counts[row] as number) + waiting;
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    for (const pending of this.waiting()) visit(pending);
  }
}

function swap(list: Worker[], a: number, b: number): void {
  [list[a], list[b]] = [list[b] as Worker, list[a] as Worker];
}
