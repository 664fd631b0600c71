import { Fraction, least, sumOf } from './fraction.js';

/** An exact maximum flow from the left side (users, buyers) to the right side (machines, goods) over the allowed pairs. */
export interface Transport {
  /** flow[left][right]. */
  readonly flow: Fraction[][];
  readonly total: Fraction;
  /** Left nodes on the source's side of the least cut that is nearest the source: what they ask cannot all be met. */
  readonly short: boolean[];
  /** Left nodes that could send more, if they had it. */
  readonly canGrow: boolean[];
}

/** Maximum flow by shortest augmenting paths (Edmonds and Karp 1972), in fractions; deterministic, lower positions first. */
export function transport(
  supply: readonly Fraction[],
  room: readonly Fraction[],
  allowed: readonly (readonly boolean[])[],
): Transport {
  const state = new Network(supply, room, allowed);
  state.fillDirectly();
  while (state.augment()) {
    // Every round sends one shortest path.
  }
  return {
    flow: state.flow,
    total: sumOf(state.sent),
    short: state.reachedLeft(),
    canGrow: supply.map((_, left) => state.reachesSink(left)),
  };
}

class Network {
  readonly flow: Fraction[][];
  readonly sent: Fraction[];
  private readonly received: Fraction[];

  constructor(
    private readonly supply: readonly Fraction[],
    private readonly room: readonly Fraction[],
    private readonly allowed: readonly (readonly boolean[])[],
  ) {
    this.flow = supply.map(() => room.map(() => Fraction.zero));
    this.sent = supply.map(() => Fraction.zero);
    this.received = room.map(() => Fraction.zero);
  }

  fillDirectly(): void {
    for (let left = 0; left < this.supply.length; left++) {
      for (let right = 0; right < this.room.length; right++) {
        if (this.allowed[left]?.[right] !== true) continue;
        const amount = least(this.leftOver(left), this.roomLeft(right));
        if (amount.sign > 0) this.send(left, right, amount);
      }
    }
  }

  /** Sends along one shortest path; false when there is none. */
  augment(): boolean {
    const starts = this.supply.map((_, left) => left).filter((left) => this.leftOver(left).sign > 0);
    const search = this.search(starts, true);
    if (search.end < 0) return false;
    let amount = this.roomLeft(search.end);
    let right = search.end;
    const path: [number, number, number][] = [];
    for (;;) {
      const left = search.fromLeft[right] as number;
      const before = search.fromRight[left] as number;
      path.push([left, right, before]);
      if (before < 0) {
        amount = least(amount, this.leftOver(left));
        break;
      }
      amount = least(amount, this.flow[left]?.[before] as Fraction);
      right = before;
    }
    for (const [left, to, before] of path) {
      this.send(left, to, amount);
      if (before >= 0) this.send(left, before, amount.negated());
    }
    return true;
  }

  reachedLeft(): boolean[] {
    const starts = this.supply.map((_, left) => left).filter((left) => this.leftOver(left).sign > 0);
    const { seenLeft } = this.search(starts, false);
    return seenLeft;
  }

  reachesSink(left: number): boolean {
    return this.search([left], true).end >= 0;
  }

  /** Breadth first over the residual network; with `stop`, ends at the first right node with room. */
  private search(
    starts: readonly number[],
    stop: boolean,
  ): { end: number; seenLeft: boolean[]; fromLeft: number[]; fromRight: number[] } {
    const seenLeft = this.supply.map(() => false);
    const fromLeft = this.room.map(() => -1);
    const fromRight = this.supply.map(() => -1);
    const queue = [...starts];
    for (const left of starts) seenLeft[left] = true;
    for (let position = 0; position < queue.length; position++) {
      const left = queue[position] as number;
      for (let right = 0; right < this.room.length; right++) {
        if (this.allowed[left]?.[right] !== true || (fromLeft[right] as number) >= 0) continue;
        fromLeft[right] = left;
        if (stop && this.roomLeft(right).sign > 0) return { end: right, seenLeft, fromLeft, fromRight };
        this.walkBack(right, seenLeft, fromRight, queue);
      }
    }
    return { end: -1, seenLeft, fromLeft, fromRight };
  }

  /** From a right node back to the left nodes whose flow through it could be rerouted. */
  private walkBack(right: number, seenLeft: boolean[], fromRight: number[], queue: number[]): void {
    this.flow.forEach((row, back) => {
      if (seenLeft[back] || (row[right] as Fraction).sign <= 0) return;
      seenLeft[back] = true;
      fromRight[back] = right;
      queue.push(back);
    });
  }

  private send(left: number, right: number, amount: Fraction): void {
    const row = this.flow[left] as Fraction[];
    row[right] = (row[right] as Fraction).plus(amount);
    this.sent[left] = (this.sent[left] as Fraction).plus(amount);
    this.received[right] = (this.received[right] as Fraction).plus(amount);
  }

  private leftOver(left: number): Fraction {
    return (this.supply[left] as Fraction).minus(this.sent[left] as Fraction);
  }

  private roomLeft(right: number): Fraction {
    return (this.room[right] as Fraction).minus(this.received[right] as Fraction);
  }
}
