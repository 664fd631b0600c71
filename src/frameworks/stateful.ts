import type { DemandEntry } from '../model/allocator.js';
import {
  defineFramework,
  type Framework,
  type FrameworkSlots,
  type SchedulerDriver,
  type SchedulerJob,
  type TaskUpdate,
} from '../model/framework.js';
import type { PendingGroup } from '../model/order.js';
import { DISK } from '../model/resources.js';
import { causeRow, type WaitCause } from '../model/waits.js';

/** Where a task of a stateful service lives: its agent, and the volume there (empty = it needs no disk). */
interface Home {
  readonly agent: number;
  readonly role: string;
  readonly volume: string;
  readonly amounts: Float64Array;
}

/** One task of a service, whatever attempt it is in. */
interface Member {
  readonly id: string;
  readonly pending: PendingGroup;
  readonly index: number;
  home: Home | undefined;
  /** Since when it waits for its home, -1 = it does not wait. */
  waitsUs: number;
}

const GIVE_UP = 1;

/**
 * Services with state. A task's first launch goes with RESERVE of what it asks for and CREATE of a persistent volume of its disk; when it
 * is lost, killed or paused, both stay, and it starts again only there. When a task is done for good its volume is destroyed and the
 * reservation taken off, as soon as they are offered again. An agent that stays away too long is given up.
 */
class Stateful implements Framework {
  private readonly members = new Map<string, Member>();
  private readonly waiting: Member[] = [];
  private readonly leaving: Home[] = [];

  constructor(
    private readonly patienceUs: number,
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {}

  onJob(_job: SchedulerJob): void {
    // Its groups follow by onPending.
  }

  onPending(pending: PendingGroup): void {
    const { group, job } = pending;
    for (let index = 0; index < group.count; index++) {
      const id = `${job.record.id}/${group.name === '' ? '' : `${group.name}-`}${index}`;
      if (this.members.has(id)) continue;
      const member: Member = { id, pending, index, home: undefined, waitsUs: this.driver.nowUs };
      this.members.set(id, member);
      this.waiting.push(member);
    }
    this.driver.publish();
    this.driver.revive();
  }

  onOffers(): void {
    for (const home of [...this.leaving]) this.leave(home);
    for (const member of [...this.waiting]) this.launch(member);
    const isIdle = this.waiting.length === 0 && this.leaving.length === 0;
    this.driver.accept(isIdle ? 0 : this.slots.refuseUs);
    if (isIdle) this.driver.suppress();
    this.driver.declineAll(isIdle ? 0 : this.slots.refuseUs);
  }

  onUpdate(update: TaskUpdate): void {
    if (update.state === 'running') return;
    const { group, job } = update.pending;
    const member = this.members.get(`${job.record.id}/${group.name === '' ? '' : `${group.name}-`}${update.index}`);
    if (member === undefined || this.waiting.includes(member)) return;
    if (update.state === 'finished' || update.state === 'failed') this.depart(member);
    else this.returns(member);
  }

  /** It waits again, for its home if it has one. */
  private returns(member: Member): void {
    if (member.pending.job.finishUs >= 0) {
      this.depart(member);
      return;
    }
    member.waitsUs = this.driver.nowUs;
    this.waiting.push(member);
    if (member.home !== undefined) this.driver.timer(this.patienceUs, GIVE_UP);
    this.driver.revive();
  }

  private depart(member: Member): void {
    this.members.delete(member.id);
    if (member.home === undefined) return;
    this.leaving.push(member.home);
    this.driver.revive();
  }

  onTimer(tag: number): void {
    if (tag !== GIVE_UP) return;
    for (const member of this.waiting) {
      if (member.home === undefined || this.driver.nowUs - member.waitsUs < this.patienceUs) continue;
      this.driver.note('home-given-up', `task=${member.id};agent=${this.driver.agentId(member.home.agent)}`);
      this.leaving.push(member.home);
      member.home = undefined;
      this.driver.revive();
    }
  }

  /** Launches a waiting task at its home, or makes one. */
  private launch(member: Member): void {
    const { pending } = member;
    if (pending.pendingCount === 0) {
      if (pending.job.finishUs >= 0) this.forget(member);
      return;
    }
    const isPlaced = member.home === undefined ? this.settle(member) : this.return(member, member.home);
    if (!isPlaced) return;
    member.waitsUs = -1;
    this.forget(member);
  }

  private forget(member: Member): void {
    const at = this.waiting.indexOf(member);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  private return(member: Member, home: Home): boolean {
    if (home.volume !== '' && !this.driver.offers.volumesOn(home.agent).includes(home.volume)) return false;
    const use = home.volume === '' ? { index: member.index } : { index: member.index, volume: home.volume };
    return this.driver.place(member.pending, home.agent, use);
  }

  private settle(member: Member): boolean {
    const { driver } = this;
    const { amounts } = member.pending.group;
    const agent = driver.offers.firstFit(amounts, 0);
    if (agent < 0) return false;
    const [role = '*'] = driver.roles;
    const diskMilliMib = amounts[DISK] as number;
    const volume = diskMilliMib > 0 ? `${member.id}@${driver.nowUs}` : '';
    if (!driver.operate({ type: 'reserve', agent, role, amounts })) {
      // Role *, or an engine without reservations: it runs without a home.
      return driver.place(member.pending, agent, { index: member.index });
    }
    if (volume !== '') driver.operate({ type: 'create', agent, role, volume, diskMilliMib });
    member.home = { agent, role, volume, amounts };
    return this.return(member, member.home);
  }

  /** DESTROY and UNRESERVE once all of it is offered. */
  private leave(home: Home): void {
    const { driver } = this;
    const { agent, role, volume, amounts } = home;
    if (volume !== '') {
      if (!driver.offers.volumesOn(agent).includes(volume)) return;
      driver.operate({ type: 'destroy', agent, role, volume });
    }
    if (!driver.operate({ type: 'unreserve', agent, role, amounts })) return;
    this.leaving.splice(this.leaving.indexOf(home), 1);
  }

  demand(): readonly DemandEntry[] {
    return this.waiting.map(({ pending }) => ({
      client: this.slots.client,
      id: pending.sequence,
      amounts: pending.group.amounts,
      count: 1,
      gang: 1,
      priority: pending.job.record.priority,
      deadlineUs: pending.job.record.deadlineUs,
      estimateUs: pending.group.estimateUs,
      doneUs: pending.doneUs,
      submitUs: pending.job.submitUs,
      queuedUs: pending.queuedUs,
    }));
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    const charge = (cause: WaitCause, count: number): void => {
      const row = causeRow(cause);
      counts[row] = (counts[row] as number) + count;
    };
    const bound = Math.min(waiting, this.waiting.filter(({ home }) => home !== undefined).length);
    if (bound > 0) charge('constraint', bound);
    const head = this.waiting.find(({ home }) => home === undefined);
    if (waiting === bound) return;
    charge(head === undefined ? 'in-flight' : this.driver.headCause(head.pending.group.amounts), 1);
    if (waiting - bound > 1) charge('behind-in-queue', waiting - bound - 1);
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    for (const pending of new Set(this.waiting.map((member) => member.pending))) visit(pending);
  }
}

export const stateful = defineFramework({
  name: 'stateful',
  summary: 'services with state: each task keeps a reservation and a persistent volume, and comes back to them',
  source: 'Mesos docs/persistent-volume.md, docs/reservation.md; Marathon resident tasks (local persistent volumes)',
  options: {
    patience: {
      type: 'duration',
      default: '5 min',
      range: [0, 1e15],
      help: 'how long a task waits for the agent with its volume before it starts anew elsewhere',
    },
  },
  usesOperations: true,
  create: ({ patience }, slots, driver) => new Stateful(patience, slots, driver),
});
