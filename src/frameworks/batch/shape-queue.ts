import { Heap } from '../../core/heap.js';
import type { DemandEntry } from '../../model/allocator.js';
import type { OrderView, PendingGroup, QueuePolicy } from '../../model/order.js';
import type { Amounts } from '../../model/resources.js';

interface Entry {
  readonly pending: PendingGroup;
  readonly sequence: number;
  rank: number;
  /** What the demand book was told of it last. */
  told: DemandEntry | undefined;
}

interface Ways {
  /** Every group has a shape of its own, so that a decision looks at each of them: the twin in which nothing is passed over. */
  readonly isNaive?: boolean;
  /** Where a task may go hangs on its estimate too. */
  readonly hangsOnEstimate?: boolean;
}

/** Waiting groups of one shape: alike in what one task asks for, in its constraints, and in being a gang. */
export class Shape {
  readonly heap: Heap<Entry>;
  /** Could not be placed on what is held: not tried again until more is. */
  isBlocked = false;
  private cursor = 0;
  private cursorDecision = -1;

  constructor(
    readonly key: string,
    readonly amounts: Amounts,
    readonly isGang: boolean,
    readonly constraints: string,
  ) {
    this.heap = new Heap(isBefore);
  }

  get head(): PendingGroup | undefined {
    return this.heap.peek()?.pending;
  }

  /** Agent from which to search on in the decision of this number. */
  cursorOf(decision: number): number {
    return this.cursorDecision === decision ? this.cursor : 0;
  }

  keepCursor(agent: number, decision: number): void {
    this.cursor = agent;
    this.cursorDecision = decision;
  }
}

/**
 * A framework's queue, kept by shape: when the head of a shape does not fit what is held, nothing behind it of that shape can, so a
 * decision looks at one group per shape however long the queue is.
 */
export class ShapeQueue {
  /** Waiting groups. */
  size = 0;
  private readonly byKey = new Map<string, Shape>();
  private readonly shapes: Shape[] = [];
  private sequence = 0;
  private last: Shape | undefined;
  /** Entries in the order of telling, once somebody has asked, and those that came since the last question. */
  private order: Entry[] | undefined;
  private readonly arrived: Entry[] = [];

  constructor(
    private readonly policy: QueuePolicy,
    private readonly view: OrderView,
    private readonly ways: Ways = {},
  ) {}

  add(pending: PendingGroup): void {
    const shape = this.shapeFor(pending);
    const rank = this.policy.rank(pending, this.view);
    const entry: Entry = { pending, sequence: this.sequence++, rank, told: undefined };
    shape.heap.push(entry);
    // A gang of which only some tasks have come back needs less than the gang behind it that did not fit.
    if (shape.isGang && shape.heap.peek() === entry) shape.isBlocked = false;
    if (this.order !== undefined) this.arrived.push(entry);
    this.size++;
  }

  /** The shape of a group, made when it is new. Readers share the amounts of alike jobs, so the last shape often fits again. */
  private shapeFor(pending: PendingGroup): Shape {
    const { group } = pending;
    if (this.ways.isNaive === true) return this.shapeOf(`${pending.sequence}`, group);
    const { last } = this;
    if (
      last !== undefined &&
      last.amounts === group.amounts &&
      !last.isGang &&
      !group.gang &&
      this.ways.hangsOnEstimate !== true &&
      last.constraints === group.constraints
    ) {
      if (last.heap.size > 0) return last;
      return this.shapeOf(last.key, group);
    }
    return this.shapeOf(this.keyOf(group), group);
  }

  /** Groups of one key are alike in all that decides whether they can be placed. */
  private keyOf({ amounts, gang, count, constraints, estimateUs }: PendingGroup['group']): string {
    const key = `${amounts.join()}|${gang ? count : ''}|${constraints}`;
    return this.ways.hangsOnEstimate === true ? `${key}|${estimateUs}` : key;
  }

  private shapeOf(key: string, group: PendingGroup['group']): Shape {
    let shape = this.byKey.get(key);
    if (shape === undefined) {
      shape = new Shape(key, group.amounts, group.gang, group.constraints);
      this.byKey.set(key, shape);
      this.shapes.push(shape);
    }
    this.last = shape;
    return shape;
  }

  /** The shape whose head goes next, among those not blocked, one perhaps left out; undefined when there is none. */
  next(leftOut?: Shape): Shape | undefined {
    let best: Shape | undefined;
    for (let index = 0; index < this.shapes.length; index++) {
      const shape = this.shapes[index] as Shape;
      if (shape.isBlocked || shape === leftOut) continue;
      if (best === undefined || isBefore(shape.heap.peek() as Entry, best.heap.peek() as Entry)) best = shape;
    }
    return best;
  }

  /** Of two shapes with waiting groups: whether the head of the first goes before that of the second. */
  goesBefore(shape: Shape, other: Shape): boolean {
    return isBefore(shape.heap.peek() as Entry, other.heap.peek() as Entry);
  }

  /** True when a gang that could not be placed goes before the head of the shape. */
  isBehindGang(shape: Shape): boolean {
    const head = shape.heap.peek() as Entry;
    return this.shapes.some(
      ({ isBlocked, isGang, heap }) => isBlocked && isGang && isBefore(heap.peek() as Entry, head),
    );
  }

  /** A gang waits for more than is held. */
  get hasBlockedGang(): boolean {
    return this.shapes.some(({ isBlocked, isGang }) => isBlocked && isGang);
  }

  /** Takes the head of a shape: all its tasks are placed, or it ended while it waited. */
  pop(shape: Shape): void {
    shape.heap.pop();
    this.size--;
    if (shape.heap.size > 0) return;
    this.byKey.delete(shape.key);
    this.shapes.splice(this.shapes.indexOf(shape), 1);
  }

  /** More is held: every shape may be tried again, in an order that may have changed with time. */
  unblock(): void {
    for (const shape of this.shapes) {
      shape.isBlocked = false;
      if (this.policy.isDynamic) this.rerank(shape);
    }
  }

  /** Groups whose job ended while they waited. */
  sweep(): void {
    // From the back, as a shape that runs empty leaves the list.
    for (let index = this.shapes.length - 1; index >= 0; index--) {
      const shape = this.shapes[index] as Shape;
      while (shape.head !== undefined && shape.head.pendingCount === 0) this.pop(shape);
    }
  }

  /** Every waiting group once, first to go first. */
  inOrder(): PendingGroup[] {
    const entries: Entry[] = [];
    for (const shape of this.shapes) for (const entry of shape.heap.values()) entries.push(entry);
    entries.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    return [...new Set(entries.map(({ pending }) => pending))].filter(({ pendingCount }) => pendingCount > 0);
  }

  /** One shape per key, that whose head goes first; in the order in which the keys came. */
  firstShapes(): readonly Shape[] {
    if (this.ways.isNaive !== true) return this.shapes;
    const firsts = new Map<string, Shape>();
    for (const shape of this.shapes) {
      const key = this.keyOf((shape.head as PendingGroup).group);
      const known = firsts.get(key);
      const isFirst = known === undefined || isBefore(shape.heap.peek() as Entry, known.heap.peek() as Entry);
      if (isFirst) firsts.set(key, shape);
    }
    return [...firsts.values()];
  }

  /**
   * What the demand book is told: every waiting group once, by submit time and entry. Nothing is made anew but entries of groups that
   * have changed since the last time: a long queue is told at every allocation run.
   */
  demand(tell: (pending: PendingGroup) => DemandEntry): DemandEntry[] {
    if (this.ways.isNaive === true) this.forget();
    this.order ??= this.shapes.flatMap(({ heap }) => heap.values()).sort(byTelling);
    if (this.arrived.length > 0) {
      for (const entry of this.arrived.sort(byTelling)) this.order.push(entry);
      if (!isInOrder(this.order, this.order.length - this.arrived.length)) this.order.sort(byTelling);
      this.arrived.length = 0;
    }
    const told: DemandEntry[] = [];
    const kept: Entry[] = [];
    let last: PendingGroup | undefined;
    for (const entry of this.order) {
      const { pending } = entry;
      // A group of which a task came back while others still waited is queued twice.
      if (pending.pendingCount === 0 || pending === last) continue;
      last = pending;
      if (entry.told === undefined || !isTold(entry.told, pending)) entry.told = tell(pending);
      told.push(entry.told);
      kept.push(entry);
    }
    this.order = kept;
    return told;
  }

  private forget(): void {
    this.order = undefined;
    this.arrived.length = 0;
    for (const { heap } of this.shapes) for (const entry of heap.values()) entry.told = undefined;
  }

  /** Every waiting group once: one of which a task came back while others still waited is queued twice. */
  visit(visitor: (pending: PendingGroup) => void): void {
    const seen = new Set<PendingGroup>();
    for (const shape of this.shapes) {
      for (const { pending } of shape.heap.values()) {
        if (seen.has(pending)) continue;
        seen.add(pending);
        visitor(pending);
      }
    }
  }

  private rerank(shape: Shape): void {
    for (const entry of shape.heap.values()) entry.rank = this.policy.rank(entry.pending, this.view);
    shape.heap.reorder();
  }
}

/** By rank, then submit time (what was preempted comes back to its place), then entry into the queue. */
function isBefore(a: Entry, b: Entry): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  const submit = a.pending.job.submitUs - b.pending.job.submitUs;
  return submit !== 0 ? submit < 0 : a.sequence < b.sequence;
}

/** Demand is told by submit time, then by the group's number, whether or not tasks of it have come back meanwhile. */
function byTelling(a: Entry, b: Entry): number {
  const [one, other] = [a.pending, b.pending];
  return one.job.submitUs - other.job.submitUs || one.sequence - other.sequence || a.sequence - b.sequence;
}

/** Whether the entries from a position on follow what is before them. */
function isInOrder(entries: readonly Entry[], from: number): boolean {
  return from === 0 || from === entries.length || byTelling(entries[from - 1] as Entry, entries[from] as Entry) <= 0;
}

function isTold(told: DemandEntry, pending: PendingGroup): boolean {
  return told.count === pending.pendingCount && told.queuedUs === pending.queuedUs && told.doneUs === pending.doneUs;
}
