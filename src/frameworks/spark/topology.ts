import type { SchedulerDriver } from '../../model/framework.js';
import { inputBlock } from '../inside/input-blocks.js';
import type { Attempt, Topology, Worker } from './task-set.js';

/** The workers of an application, where they are, and which blocks they hold in memory. */
export class Workers<W extends Worker> implements Topology {
  readonly byKey = new Map<number, W>();
  private readonly perAgent = new Map<number, number>();
  private readonly perRack = new Map<string, number>();
  private readonly holders = new Map<string, number[]>();
  /** Blocks in the memory of a worker, least recently used first. */
  private readonly caches = new Map<number, Set<string>>();

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly cacheCapacity: number,
    private readonly hasOwnBlocks: boolean,
  ) {}

  add(worker: W): void {
    this.byKey.set(worker.key, worker);
    count(this.perAgent, worker.agent, 1);
    count(this.perRack, this.rackOf(worker.agent), 1);
  }

  remove(worker: W): void {
    if (!this.byKey.delete(worker.key)) return;
    count(this.perAgent, worker.agent, -1);
    count(this.perRack, this.rackOf(worker.agent), -1);
    for (const block of this.caches.get(worker.key) ?? []) this.drop(block, worker.key);
    this.caches.delete(worker.key);
  }

  replicasOf(block: string): readonly number[] {
    return this.driver.replicasOf(block);
  }
  cachedOn(block: string): readonly number[] {
    return this.holders.get(block) ?? NONE;
  }
  agentOf(key: number): number {
    return this.byKey.get(key)?.agent ?? -1;
  }
  hasWorker(key: number): boolean {
    return this.byKey.has(key);
  }
  hasAgent(agent: number): boolean {
    return this.perAgent.has(agent);
  }
  rackOf(agent: number): string {
    return this.driver.attributes(agent)['rack'] ?? '';
  }
  hasRack(rack: string): boolean {
    return this.perRack.has(rack);
  }

  /** The worker holds blocks in memory: it is not idle like others. */
  hasCached(worker: W): boolean {
    return (this.caches.get(worker.key)?.size ?? 0) > 0;
  }

  /** A task has read its block: it stays in memory, and the one not used for longest makes room. */
  keep({ set, index, worker }: Attempt): void {
    const { job, group } = set.pending;
    const block = this.cacheCapacity > 0 ? inputBlock(job, group, index, this.hasOwnBlocks) : '';
    if (block === '' || !this.byKey.has(worker.key)) return;
    let cache = this.caches.get(worker.key);
    if (cache === undefined) {
      cache = new Set();
      this.caches.set(worker.key, cache);
    }
    if (cache.delete(block)) {
      cache.add(block);
      return;
    }
    if (cache.size === this.cacheCapacity) {
      const [oldest] = cache as Iterable<string> as [string];
      cache.delete(oldest);
      this.drop(oldest, worker.key);
    }
    cache.add(block);
    const holders = this.holders.get(block);
    if (holders === undefined) this.holders.set(block, [worker.key]);
    else holders.push(worker.key);
  }

  private drop(block: string, key: number): void {
    const left = (this.holders.get(block) ?? []).filter((holder) => holder !== key);
    if (left.length === 0) this.holders.delete(block);
    else this.holders.set(block, left);
  }
}

const NONE: readonly number[] = [];

function count<K>(counts: Map<K, number>, key: K, change: number): void {
  const left = (counts.get(key) ?? 0) + change;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}
