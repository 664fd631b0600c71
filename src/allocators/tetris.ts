import { type AllocatorView, type DemandEntry, defineAllocator } from '../model/allocator.js';
import type { Amounts } from '../model/resources.js';
import { excludedOf } from './drf.js';
import { PathSorter } from './path-sorter.js';
import { dominantShare } from './rank-rule.js';
import { fitsIn } from './room.js';

interface Line {
  readonly entry: DemandEntry;
  /** Remaining work of the entry: estimate × normalized demand, summed over its waiting tasks. */
  readonly work: number;
  left: number;
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

function linesOf(view: AllocatorView, clients: readonly number[]): Line[] {
  const lines: Line[] = [];
  for (const client of clients) {
    for (const entry of view.demandOf(client)) {
      let size = 0;
      for (let resource = 0; resource < entry.amounts.length; resource++) {
        const all = view.total[resource] as number;
        if (all > 0) size += (entry.amounts[resource] as number) / all;
      }
      lines.push({ entry, work: Math.max(0, entry.estimateUs) * entry.count * size, left: entry.count });
    }
  }
  return lines;
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

/** Names for each agent the client whose waiting task scores best there, and counts off what would be packed. */
function pack(
  view: AllocatorView,
  lines: Line[],
  srtf: number,
  nominate: (agent: number, client: number) => void,
): void {
  const maxWork = lines.reduce((most, { work }) => Math.max(most, work), 0);
  for (let agent = 0; agent < view.agentCount; agent++) {
    const free = view.freeOf(agent).slice();
    let owner = -1;
    for (let best = bestLine(view, lines, free, srtf, maxWork, owner); best !== undefined; ) {
      if (owner < 0) nominate(agent, best.entry.client);
      owner = best.entry.client;
      best.left--;
      for (let resource = 0; resource < free.length; resource++) {
        free[resource] = (free[resource] as number) - (best.entry.amounts[resource] as number);
      }
      best = bestLine(view, lines, free, srtf, maxWork, owner);
    }
  }
}

/** The line with the highest score among those that fit; an agent goes to one client alone (-1 = any yet). */
function bestLine(
  view: AllocatorView,
  lines: readonly Line[],
  free: Amounts,
  srtf: number,
  maxWork: number,
  owner: number,
): Line | undefined {
  let best: Line | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  let most = 0;
  for (const line of lines) most = Math.max(most, line.left > 0 ? alignment(line.entry.amounts, free, view.total) : 0);
  for (const line of lines) {
    const { entry } = line;
    if (line.left === 0 || (owner >= 0 && entry.client !== owner) || !fitsIn(entry.amounts, free)) continue;
    // Both parts between 0 and 1: the paper's ε is the ratio of their means.
    const packing = most > 0 ? alignment(entry.amounts, free, view.total) / most : 0;
    const score = packing - srtf * (maxWork > 0 ? line.work / maxWork : 0);
    if (score > bestScore) {
      best = line;
      bestScore = score;
    }
  }
  return best;
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
        const lines = linesOf(view, eligible(view, fairness));
        if (lines.length > 0) pack(view, lines, srtf, (agent, client) => sink.nominate(agent, client));
      },
    };
  },
});
