import type { AllocatorView, DemandEntry, RunningTask, Sorter } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';

/** How urgent waiting and running work is: larger = more urgent. Work is ended only for work that is strictly more urgent. */
export interface UrgencyRule {
  ofEntry(entry: DemandEntry, nowUs: number): number;
  ofTask(task: RunningTask, nowUs: number): number;
}

interface Line {
  readonly entry: DemandEntry;
  readonly urgency: number;
  /** Waiting tasks that no grant of this run covers. */
  left: number;
}

/** This many lines of a client's demand are looked at for one grant. */
const MAX_LINES = 256;

/**
 * Keys of clients by their most urgent waiting task. Within a run, a grant covers the tasks that fit in it, most urgent first, and the
 * client then ranks by the most urgent task that is not covered: one urgent task does not draw the whole cluster to its framework.
 */
export class UrgencyBook {
  private readonly clients = new ClientKeys();
  private readonly lines = new Map<number, Line[]>();
  private readonly demand = new Map<number, readonly DemandEntry[]>();
  private view: AllocatorView | undefined;

  constructor(private readonly urgencyOf: (entry: DemandEntry, nowUs: number) => number) {}

  sorter(level: 'role' | 'framework'): Sorter {
    const onServed = (client: number, amounts: Float64Array, offset: number): void =>
      this.cover(client, amounts, offset);
    return this.clients.sorter(level, level === 'framework' ? onServed : undefined);
  }

  /** Takes all keys anew. */
  update(view: AllocatorView): void {
    this.view = view;
    this.lines.clear();
    this.demand.clear();
    this.clients.update(view, (client) => {
      let most = Number.NEGATIVE_INFINITY;
      let isWaiting = false;
      const entries = view.demandOf(client);
      this.demand.set(client, entries);
      for (const entry of entries) {
        isWaiting = true;
        most = Math.max(most, this.urgencyOf(entry, view.nowUs));
      }
      return isWaiting ? keyFor(most) : Number.MAX_VALUE;
    });
  }

  /** What the client has published, as of the last update. */
  demandOf(client: number): readonly DemandEntry[] {
    return this.demand.get(client) ?? [];
  }

  private cover(client: number, amounts: Float64Array, offset: number): void {
    const { view } = this;
    if (view === undefined) return;
    const lines = this.linesOf(client, view);
    const rest = amounts.slice(offset, offset + view.resources.count);
    for (let index = 0; index < Math.min(lines.length, MAX_LINES); index++) coverLine(lines[index] as Line, rest);
    while (lines.length > 0 && (lines[0] as Line).left === 0) lines.shift();
    const first = lines[0];
    this.clients.rekey(view, client, first === undefined ? Number.MAX_VALUE : keyFor(first.urgency));
  }

  private linesOf(client: number, view: AllocatorView): Line[] {
    let lines = this.lines.get(client);
    if (lines === undefined) {
      lines = this.demandOf(client)
        .map((entry) => ({ entry, urgency: this.urgencyOf(entry, view.nowUs), left: entry.count }))
        .sort((a, b) => b.urgency - a.urgency || a.entry.id - b.entry.id);
      this.lines.set(client, lines);
    }
    return lines;
  }
}

/** Smaller is served first; work that is not urgent at all still goes before no work. */
function keyFor(urgency: number): number {
  return urgency === Number.NEGATIVE_INFINITY ? Number.MAX_VALUE / 2 : -urgency;
}

/** Takes the tasks of a line that fit out of what was granted. */
function coverLine(line: Line, rest: Float64Array): void {
  const { amounts } = line.entry;
  let fits = line.left;
  for (let resource = 0; resource < rest.length; resource++) {
    const amount = amounts[resource] as number;
    if (amount > 0) fits = Math.min(fits, Math.floor((rest[resource] as number) / amount));
  }
  if (fits <= 0) return;
  line.left -= fits;
  for (let resource = 0; resource < rest.length; resource++) {
    rest[resource] = (rest[resource] as number) - fits * (amounts[resource] as number);
  }
}
