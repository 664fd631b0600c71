import type { AllocatorView, DecisionSink, DemandEntry, RunningTask } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';

/** True when `demand` fits in `room`, resource by resource. */
export function fitsIn(demand: Amounts, room: Amounts): boolean {
  for (let resource = 0; resource < demand.length; resource++) {
    if ((demand[resource] as number) > (room[resource] as number)) return false;
  }
  return true;
}

/** Adds or takes away. */
export function add(to: Amounts, amounts: Amounts, sign: number): void {
  for (let resource = 0; resource < to.length; resource++) {
    to[resource] = (to[resource] as number) + sign * (amounts[resource] as number);
  }
}

interface Change {
  readonly amounts: Amounts;
  readonly by: Amounts;
  readonly sign: number;
}

/** What there is for waiting tasks as they are laid out: per agent what is free or coming free, per client what it has in offers. */
export class Room {
  private readonly free: Amounts[] = [];
  private readonly held = new Map<number, Amounts>();
  private readonly offered = new Map<number, { agent: number; amounts: Amounts }[]>();
  private readonly nominated = new Set<number>();
  private readonly changes: Change[] = [];
  /** First agent worth a look, by shape: what is free only falls while tasks of one shape are laid out. */
  private lastAmounts: Amounts | undefined;
  private lastAgent = 0;

  constructor(private readonly view: AllocatorView) {
    for (let agent = 0; agent < view.agentCount; agent++) this.free.push(view.freeOf(agent).slice());
    for (const { client, agent, amounts } of view.outstandingOffers()) {
      const list = this.offered.get(client) ?? [];
      list.push({ agent, amounts: amounts.slice() });
      this.offered.set(client, list);
    }
  }

  /** Tasks that are told to end will return what they hold. */
  addEnding(running: readonly RunningTask[]): void {
    for (const task of running) {
      if (task.isEnding) add(this.free[task.agent] as Amounts, task.amounts, 1);
    }
  }

  of(agent: number): Amounts {
    return this.free[agent] as Amounts;
  }

  /** What the client holds less the victims that have been chosen among its tasks. */
  heldBy(client: number): Amounts {
    let held = this.held.get(client);
    if (held === undefined) {
      held = this.view.allocationOf(client).slice();
      this.held.set(client, held);
    }
    return held;
  }

  takeOffered(entry: DemandEntry): boolean {
    for (const { agent, amounts } of this.offered.get(entry.client) ?? []) {
      if (!fitsIn(entry.amounts, amounts) || entry.allows?.(agent) === false) continue;
      this.change(amounts, entry.amounts, -1);
      return true;
    }
    return false;
  }

  firstFit(entry: DemandEntry): number {
    const isSame = this.lastAmounts === entry.amounts && entry.allows === undefined;
    let agent = isSame ? this.lastAgent : 0;
    for (; agent < this.free.length; agent++) {
      if (fitsIn(entry.amounts, this.free[agent] as Amounts) && entry.allows?.(agent) !== false) break;
    }
    this.lastAmounts = entry.allows === undefined ? entry.amounts : undefined;
    this.lastAgent = agent;
    return agent < this.free.length ? agent : -1;
  }

  take(agent: number, amounts: Amounts): void {
    this.change(this.free[agent] as Amounts, amounts, -1);
  }

  give(agent: number, task: RunningTask): void {
    this.change(this.free[agent] as Amounts, task.amounts, 1);
    this.change(this.heldBy(task.client), task.amounts, -1);
    this.lastAmounts = undefined;
  }

  mark(): number {
    return this.changes.length;
  }

  /** Takes back what happened since the mark. */
  restore(mark: number): void {
    while (this.changes.length > mark) {
      const { amounts, by, sign } = this.changes.pop() as Change;
      add(amounts, by, -sign);
    }
    this.lastAmounts = undefined;
  }

  /** The most urgent task laid out on an agent says whom it is offered to. */
  nominate(agent: number, client: number, sink: DecisionSink): void {
    if (this.nominated.has(agent)) return;
    this.nominated.add(agent);
    sink.nominate(agent, client);
  }

  private change(amounts: Amounts, by: Amounts, sign: number): void {
    add(amounts, by, sign);
    this.changes.push({ amounts, by, sign });
  }
}
