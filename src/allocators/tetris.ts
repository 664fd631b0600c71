import { type AllocatorView, type DemandEntry, defineAllocator } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';
import { excludedOf } from './drf.js';
import { PathSorter } from './path-sorter.js';
import { dominantShare } from './rank-rule.js';
import { fitsIn } from './room.js';

interface Line {
  /** Remaining work of the entry: estimate × normalized demand, summed over its waiting tasks. */
  readonly work: number;
  left: number;
}

/** A client's waiting tasks of one shape, in the order in which they would be packed: all of them align alike with an agent. */
interface Shape {
  readonly client: number;
  readonly amounts: Amounts;
  readonly lines: Line[];
  /** The first line of which tasks are left. */
  first: number;
}

/** Σ demand × free, each as a share of the cluster: large where a task uses what there is most of (§3.2). */
export function alignment(demand: Amounts, free: Amounts, total: Float64Array): number {
  let sum = 0;
  for (let resource = 0; resource < demand.length; resource++) {
    const all = total[resource] as number;
    if (all > 0) sum += ((demand[resource] as number) / all) * ((free[resource] as number) / all);
  }
  return sum;
}

/** Waiting tasks by client and shape; of one shape, less work first when short work is favoured. */
function shapesOf(view: AllocatorView, clients: readonly number[], favoursShort: boolean): Shape[] {
  const shapes: Shape[] = [];
  for (const client of clients) {
    const known = new Map<string, Shape>();
    for (const entry of view.demandOf(client)) {
      const key = entry.amounts.join();
      let shape = known.get(key);
      if (shape === undefined) {
        shape = { client, amounts: entry.amounts, lines: [], first: 0 };
        known.set(key, shape);
        shapes.push(shape);
      }
      shape.lines.push({ work: workOf(entry, view.total), left: entry.count });
    }
  }
  // A stable sort: equal work keeps the order of the queue.
  if (favoursShort) for (const { lines } of shapes) lines.sort((a, b) => a.work - b.work);
  return shapes;
}

function workOf({ amounts, estimateUs, count }: DemandEntry, total: Float64Array): number {
  let size = 0;
  for (let resource = 0; resource < amounts.length; resource++) {
    const all = total[resource] as number;
    if (all > 0) size += (amounts[resource] as number) / all;
  }
  return Math.max(0, estimateUs) * count * size;
}

/** The active clients furthest below their fair share: at least one, the share 1 − f of them (§3.4). */
function eligible(view: AllocatorView, fairness: number): number[] {
  const clients: { client: number; share: number }[] = [];
  for (let client = 0; client < view.clientCount; client++) {
    if (!view.isActive(client)) continue;
    const held = view.allocationOf(client);
    let share = 0;
    for (let resource = 0; resource < held.length; resource++) {
      const all = view.total[resource] as number;
      if (all > 0) share = Math.max(share, (held[resource] as number) / all / view.weightOf(client));
    }
    clients.push({ client, share });
  }
  clients.sort((a, b) => a.share - b.share || a.client - b.client);
  return clients.slice(0, Math.max(1, Math.ceil((1 - fairness) * clients.length))).map(({ client }) => client);
}

/** Packs the waiting tasks agent by agent, best score first. An agent goes to one client alone: that of its first task. */
class Packing {
  private readonly maxWork: number;
  /** Per shape: its alignment with the agent. */
  private readonly aligned: Float64Array;

  constructor(
    private readonly view: AllocatorView,
    private readonly shapes: readonly Shape[],
    private readonly srtf: number,
  ) {
    this.maxWork = shapes.reduce((most, { lines }) => lines.reduce((max, { work }) => Math.max(max, work), most), 0);
    this.aligned = new Float64Array(shapes.length);
  }

  /** Names for each agent the client whose waiting task scores best there, and counts off what would be packed. */
  run(nominate: (agent: number, client: number) => void): void {
    const { view } = this;
    for (let agent = 0; agent < view.agentCount; agent++) {
      const free = view.freeOf(agent).slice();
      let owner = -1;
      for (let best = this.best(free, owner); best !== undefined; best = this.best(free, owner)) {
        if (owner < 0) nominate(agent, best.client);
        owner = best.client;
        takeFrom(best);
        for (let resource = 0; resource < free.length; resource++) {
          free[resource] = (free[resource] as number) - (best.amounts[resource] as number);
        }
      }
    }
  }

  /** The shape whose first line has the highest score among those that fit; the first of equals. -1 = any client. */
  private best(free: Amounts, owner: number): Shape | undefined {
    const { shapes, aligned, maxWork } = this;
    const most = this.align(free, owner);
    let best: Shape | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < shapes.length; row++) {
      if ((aligned[row] as number) < 0) continue;
      const shape = shapes[row] as Shape;
      // Both parts between 0 and 1: the paper's ε is the ratio of their means.
      const packing = most > 0 ? (aligned[row] as number) / most : 0;
      const { work } = shape.lines[shape.first] as Line;
      const score = packing - this.srtf * (maxWork > 0 ? work / maxWork : 0);
      if (score > bestScore) {
        best = shape;
        bestScore = score;
      }
    }
    return best;
  }

  /** Aligns every shape with what is free, -1 = it may not go there, and returns the most of all that wait. */
  private align(free: Amounts, owner: number): number {
    const { shapes, aligned } = this;
    let most = 0;
    for (let row = 0; row < shapes.length; row++) {
      const shape = shapes[row] as Shape;
      const isWaiting = shape.first < shape.lines.length;
      const score = isWaiting ? alignment(shape.amounts, free, this.view.total) : 0;
      const mayGo = isWaiting && (owner < 0 || shape.client === owner) && fitsIn(shape.amounts, free);
      aligned[row] = mayGo ? score : -1;
      most = Math.max(most, score);
    }
    return most;
  }
}

/** One task of the shape's first line is packed. */
function takeFrom(shape: Shape): void {
  const line = shape.lines[shape.first] as Line;
  line.left--;
  if (line.left === 0) shape.first++;
}

export const tetris = defineAllocator({
  name: 'tetris',
  summary:
    'each agent goes to the framework whose waiting task packs best there, short work favoured, within a fairness knob',
  source:
    'Grandl et al., Multi-Resource Packing for Cluster Schedulers, SIGCOMM 2014, §3 (alignment, SRTF, fairness knob)',
  options: {
    fairness: {
      type: 'number',
      default: 0.25,
      range: [0, 1],
      unit: 'share',
      help: 'f: only the share 1 − f of the frameworks furthest below their fair share may be chosen; 1 = DRF',
    },
    srtf: { type: 'number', default: 1, range: [0, 1e6], help: 'weight of short remaining work against packing' },
  },
  reads: ['demand'],
  wakesOn: ['free', 'client', 'demand'],
  create: ({ fairness, srtf }, context) => {
    const settings = { excluded: excludedOf(context), keepsInternalWeights: false };
    return {
      kind: 'sorter',
      sorter: () => new PathSorter(dominantShare, settings),
      prepare: (view, sink) => {
        const shapes = shapesOf(view, eligible(view, fairness), srtf > 0);
        if (shapes.length > 0) new Packing(view, shapes, srtf).run((agent, client) => sink.nominate(agent, client));
      },
    };
  },
});
