import type { AllocatorView, DemandEntry, RunningTask, Sorter } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';

/** How urgent waiting and running work is: larger = more urgent. Work is ended only for work that is strictly more urgent. */
export interface UrgencyRule {
  ofEntry(entry: DemandEntry, nowUs: number): number;
  ofTask(task: RunningTask, nowUs: number): number;
}

/** A waiting entry with its urgency. */
interface Line {
  readonly entry: DemandEntry;
  readonly urgency: number;
}

/** The waiting work of one client, ranked. */
class Ranking {
  readonly most: number;
  private lines: readonly Line[] | undefined;

  constructor(
    readonly entries: readonly DemandEntry[],
    private readonly urgencyOf: (entry: DemandEntry) => number,
  ) {
    let most = Number.NEGATIVE_INFINITY;
    for (const entry of entries) most = Math.max(most, urgencyOf(entry));
    this.most = most;
  }

  get isWaiting(): boolean {
    return this.entries.length > 0;
  }

  /** Most urgent first. */
  inOrder(): readonly Line[] {
    this.lines ??= this.entries
      .map((entry) => ({ entry, urgency: this.urgencyOf(entry) }))
      .sort((a, b) => b.urgency - a.urgency || a.entry.id - b.entry.id);
    return this.lines;
  }
}

/** How much of a client's lines the grants of this run cover. */
interface Cover {
  readonly lines: readonly Line[];
  /** Per line: waiting tasks that no grant covers. */
  readonly left: Float64Array;
  /** The first line that is not covered. */
  first: number;
}

/** This many lines of a client's demand are looked at for one grant. */
const MAX_LINES = 256;

/**
 * Keys of clients by their most urgent waiting task. Within a run, a grant covers the tasks that fit in it, most urgent first, and the
 * client then ranks by the most urgent task that is not covered: one urgent task does not draw the whole cluster to its framework.
 */
export class UrgencyBook {
  private readonly clients = new ClientKeys();
  private readonly covers = new Map<number, Cover>();
  private readonly rankings = new Map<number, Ranking>();
  /** Rankings of demands that were met before; only of a rule that time does not change. */
  private readonly known = new WeakMap<readonly DemandEntry[], Ranking>();
  private view: AllocatorView | undefined;

  /** `isTimeless`: the urgency of an entry follows from the entry alone, so that a demand that has not changed is not ranked again. */
  constructor(
    private readonly urgencyOf: (entry: DemandEntry, nowUs: number) => number,
    private readonly isTimeless = false,
  ) {}

  sorter(level: 'role' | 'framework'): Sorter {
    const onServed = (client: number, amounts: Float64Array, offset: number): void =>
      this.cover(client, amounts, offset);
    return this.clients.sorter(level, level === 'framework' ? onServed : undefined);
  }

  /** Takes all keys anew. */
  update(view: AllocatorView): void {
    this.view = view;
    this.covers.clear();
    this.rankings.clear();
    this.clients.update(view, (client) => {
      const ranking = this.rankingOf(view.demandOf(client), view.nowUs);
      this.rankings.set(client, ranking);
      return ranking.isWaiting ? keyFor(ranking.most) : Number.MAX_VALUE;
    });
  }

  /** What the client has published, as of the last update. */
  demandOf(client: number): readonly DemandEntry[] {
    return this.rankings.get(client)?.entries ?? [];
  }

  private rankingOf(entries: readonly DemandEntry[], nowUs: number): Ranking {
    const known = this.isTimeless ? this.known.get(entries) : undefined;
    if (known !== undefined) return known;
    const ranking = new Ranking(entries, (entry) => this.urgencyOf(entry, nowUs));
    if (this.isTimeless) this.known.set(entries, ranking);
    return ranking;
  }

  private cover(client: number, amounts: Float64Array, offset: number): void {
    const { view } = this;
    if (view === undefined) return;
    const cover = this.coverOf(client);
    const { lines, left } = cover;
    const rest = amounts.slice(offset, offset + view.resources.count);
    const end = Math.min(lines.length, cover.first + MAX_LINES);
    for (let index = cover.first; index < end; index++) {
      left[index] = (left[index] as number) - takeOut((lines[index] as Line).entry, left[index] as number, rest);
    }
    while (cover.first < lines.length && left[cover.first] === 0) cover.first++;
    const first = lines[cover.first];
    this.clients.rekey(view, client, first === undefined ? Number.MAX_VALUE : keyFor(first.urgency));
  }

  private coverOf(client: number): Cover {
    let cover = this.covers.get(client);
    if (cover === undefined) {
      const lines = this.rankings.get(client)?.inOrder() ?? [];
      const left = new Float64Array(lines.length);
      for (let index = 0; index < left.length; index++) left[index] = (lines[index] as Line).entry.count;
      cover = { lines, left, first: 0 };
      this.covers.set(client, cover);
    }
    return cover;
  }
}

/** Smaller is served first; work that is not urgent at all still goes before no work. */
function keyFor(urgency: number): number {
  return urgency === Number.NEGATIVE_INFINITY ? Number.MAX_VALUE / 2 : -urgency;
}

/** Takes the tasks of an entry that fit, of those left, out of what was granted, and tells how many. */
function takeOut({ amounts }: DemandEntry, left: number, rest: Float64Array): number {
  let fits = left;
  for (let resource = 0; resource < rest.length; resource++) {
    const amount = amounts[resource] as number;
    if (amount > 0) fits = Math.min(fits, Math.floor((rest[resource] as number) / amount));
  }
  if (fits <= 0) return 0;
  for (let resource = 0; resource < rest.length; resource++) {
    rest[resource] = (rest[resource] as number) - fits * (amounts[resource] as number);
  }
  return fits;
}
