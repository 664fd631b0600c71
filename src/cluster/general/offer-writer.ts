import { hashAmounts } from '../../core/digest.js';
import { sortNumbers } from '../../core/sort-numbers.js';
import type { KindTable } from '../allocation/resource-kinds.js';
import { FACT_GRANTED, OFFERS } from '../kinds.js';
import type { World } from '../world.js';
import type { KindColumn } from './kind-column.js';

/** Writes the offers of one run: one per client and agent, sent in one message per client, in order of agent row. */
export class OfferWriter {
  private count = 0;
  private rows = new Int32Array(64);
  private keys = new Float64Array(64);
  private readonly names: Float64Array;

  constructor(
    private readonly world: World,
    private readonly kinds: KindTable,
    private readonly offerKinds: KindColumn,
  ) {
    this.names = world.resources.zero();
  }

  begin(): void {
    this.count = 0;
  }

  add(client: number, agent: number, amounts: Float64Array, offset: number): void {
    const { world, names } = this;
    const { offers, width } = world;
    const offer = offers.take(client, agent, world.cycle);
    if (world.clients.activeCount > 1) offers.preferred(client, agent, world.cycle);
    this.offerKinds.set(offer, amounts, offset);
    sumByName(this.kinds, amounts, offset, names);
    offers.amounts.set(names, offer * width);
    offers.createdUs[offer] = world.nowUs;
    world.pool.fall(agent, names);
    world.ledger.addOffered(names, 0, 1);
    world.clients.charge(client, names, 0, 1);
    if (this.count === this.rows.length) this.grow();
    this.rows[this.count] = offer;
    // Agent row, then order of the grants, in one double.
    this.keys[this.count] = agent * 0x200000 + this.count;
    this.count++;
  }

  /** Sends what was added; returns the number of offers. */
  send(): number {
    const { world, count } = this;
    if (count === 0) return 0;
    const { offers } = world;
    const heads = new Map<number, { head: number; tail: number; count: number; hash: number }>();
    const order = sortNumbers(this.keys.subarray(0, count));
    for (let index = 0; index < count; index++) {
      const offer = this.rows[(order[index] as number) % 0x200000] as number;
      offers.number[offer] = world.offerCount + index;
      const client = offers.client[offer] as number;
      const offset = this.offerKinds.at(offer);
      const hash = hashAmounts(offers.agent[offer] as number, this.offerKinds.amounts, offset, this.kinds.count);
      const bulk = heads.get(client);
      if (bulk === undefined) heads.set(client, { head: offer, tail: offer, count: 1, hash });
      else {
        offers.nextInBulk[bulk.tail] = offer;
        bulk.tail = offer;
        bulk.count++;
        bulk.hash = (bulk.hash + hash) | 0;
      }
    }
    for (const client of [...heads.keys()].sort((a, b) => a - b)) {
      const bulk = heads.get(client) as { head: number; count: number; hash: number };
      world.facts.record(FACT_GRANTED, world.nowUs, client, bulk.count, bulk.hash);
      world.send(OFFERS, client, bulk.head);
    }
    world.offerCount += count;
    return count;
  }

  private grow(): void {
    const rows = new Int32Array(this.rows.length * 2);
    rows.set(this.rows);
    this.rows = rows;
    const keys = new Float64Array(this.keys.length * 2);
    keys.set(this.keys);
    this.keys = keys;
  }
}

/** Sums of amounts by kind, per resource. */
export function sumByName(kinds: KindTable, amounts: Float64Array, offset: number, sums: Float64Array): void {
  sums.fill(0);
  for (let kind = 0; kind < kinds.count; kind++) {
    const name = kinds.nameRows[kind] as number;
    sums[name] = (sums[name] as number) + (amounts[offset + kind] ?? 0);
  }
}
