import type { DemandEntry } from '../model/allocator.js';
import { PUBLISH, SNAPSHOT } from './kinds.js';
import type { World } from './world.js';

const NOTHING: readonly DemandEntry[] = [];

/**
 * What the master knows of the frameworks' demand. Frameworks publish it whenever it changes, by a message that takes the network's
 * delay: an allocator sees the queues as they were that long ago. Without delay the queues themselves are as good, as every message
 * of an instant arrives before its allocation run; nothing is copied then.
 */
export class DemandBook {
  /** Snapshots are taken: somebody reads them, and they travel. */
  private readonly isUsed: boolean;
  private readonly isReadAtOnce: boolean;
  private readonly known: (readonly DemandEntry[])[] = [];
  private readonly travelling: (readonly DemandEntry[])[][] = [];
  /** 1 = a snapshot of this instant is set down already, 2 = and it has new tasks. */
  private readonly pending: number[] = [];
  /** Per framework: how often its demand has changed. */
  private readonly changes: number[] = [];

  /** Frameworks publish: the allocator reads the book, or that of a fork will, which is to know what was told before it. */
  private readonly isRead: boolean;

  constructor(
    private readonly world: World,
    /** The allocator of now reads the book: only then may news of it bring about a run, as a run before a fork is the past of both. */
    public isHeard: boolean,
    isReadLater: boolean,
  ) {
    this.isRead = isHeard || isReadLater;
    this.isReadAtOnce = world.settings.networkDelayUs === 0;
    this.isUsed = this.isRead && !this.isReadAtOnce;
  }

  /** Demand that the master knows of now, in order of the framework's queue. */
  entriesOf(framework: number): readonly DemandEntry[] {
    if (this.world.absences.isWithout(framework)) return NOTHING;
    if (this.isReadAtOnce) return this.world.frameworks[framework]?.scheduler.demand() ?? NOTHING;
    return this.known[framework] ?? NOTHING;
  }

  /** The framework has more to publish: the allocator will hear of it and may decide anew. */
  publish(framework: number): void {
    this.changed(framework);
    if (this.isUsed) this.note(framework, 2);
    else if (this.isRead) this.world.send(PUBLISH, framework, 1);
  }

  /** Tasks were planned or given up: the book changes, but nobody needs to act on it. */
  shrunk(framework: number): void {
    this.changed(framework);
    if (this.isUsed) this.note(framework, 1);
  }

  /** Another number after every change of a framework's demand; in a naive run, at every question. */
  changesOf(framework: number): number {
    if (this.world.settings.isNaive) this.changed(framework);
    return this.changes[framework] ?? 0;
  }

  changed(framework: number): void {
    this.changes[framework] = (this.changes[framework] ?? 0) + 1;
  }

  private note(framework: number, urgency: number): void {
    const noted = this.pending[framework] ?? 0;
    if (noted === 0) this.world.sendNow(SNAPSHOT, framework, 0);
    if (urgency > noted) this.pending[framework] = urgency;
  }

  /** The end of what was set down for the instant: the queue as it is now travels to the master. */
  snapshot(framework: number): void {
    const urgency = this.pending[framework] ?? 0;
    this.pending[framework] = 0;
    const queue = this.travelling[framework] ?? [];
    this.travelling[framework] = queue;
    queue.push(this.world.frameworks[framework]?.scheduler.demand() ?? NOTHING);
    this.world.send(PUBLISH, framework, urgency === 2 ? 1 : 0);
  }

  /** A snapshot has reached the master. */
  arrived(framework: number): void {
    const snapshot = this.travelling[framework]?.shift();
    if (snapshot !== undefined) this.known[framework] = snapshot;
  }
}
