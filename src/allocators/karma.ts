import { type AllocatorView, type DemandEntry, defineAllocator } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';

/** Larger than any balance, so that keys of borrowers stay above those of clients below their guarantee. */
const CREDIT_BASE = 1e9;

/** A client's standing in one cycle; shares are dominant shares of the cluster. */
interface Standing {
  readonly client: number;
  readonly fair: number;
  readonly held: number;
  readonly wanted: number;
}

/** Credits of all clients: lending earns them, borrowing beyond the guarantee costs them. One credit = the whole cluster for a second. */
class CreditBook {
  private readonly credits = new Map<number, number>();
  private lastUs = 0;

  constructor(
    private readonly guaranteedShare: number,
    private readonly initial: number,
  ) {}

  creditOf(client: number): number {
    return this.credits.get(client) ?? this.initial;
  }

  /** Books the time since the last cycle. */
  settle(nowUs: number, standings: readonly Standing[]): void {
    const spanS = (nowUs - this.lastUs) / 1e6;
    this.lastUs = nowUs;
    if (spanS <= 0) return;
    const guarantee = (standing: Standing): number => this.guaranteedShare * standing.fair;
    let lent = 0;
    for (const standing of standings) {
      const borrowed = Math.max(0, standing.held - guarantee(standing));
      lent += borrowed;
      // Everyone owns a part of the shared slices and is paid for it.
      const income = (1 - this.guaranteedShare) * standing.fair;
      this.credits.set(standing.client, this.creditOf(standing.client) + (income - borrowed) * spanS);
    }
    // Donated slices are lent before shared ones, those of the poorest donors first.
    const donors = standings.filter((standing) => standing.wanted < guarantee(standing));
    donors.sort((a, b) => this.creditOf(a.client) - this.creditOf(b.client) || a.client - b.client);
    for (const donor of donors) {
      const earned = Math.min(lent, guarantee(donor) - donor.wanted);
      lent -= earned;
      this.credits.set(donor.client, this.creditOf(donor.client) + earned * spanS);
    }
  }
}

/** Sums of what clients wait for; a demand that is the same list as at the last run has the same sum. */
class WantedBook {
  private readonly sums = new WeakMap<readonly DemandEntry[], Float64Array>();

  /** What the client holds and waits for. */
  wantedOf(view: AllocatorView, client: number): Float64Array {
    const wanted = Float64Array.from(view.allocationOf(client));
    const waiting = this.waitingOf(view.demandOf(client), wanted.length);
    for (let index = 0; index < wanted.length; index++) {
      wanted[index] = (wanted[index] as number) + (waiting[index] as number);
    }
    return wanted;
  }

  private waitingOf(entries: readonly DemandEntry[], width: number): Float64Array {
    let sum = this.sums.get(entries);
    if (sum !== undefined) return sum;
    sum = new Float64Array(width);
    for (const { amounts, count } of entries) {
      for (let index = 0; index < width; index++) {
        sum[index] = (sum[index] as number) + (amounts[index] as number) * count;
      }
    }
    this.sums.set(entries, sum);
    return sum;
  }
}

function standingsOf(view: AllocatorView, wanted: WantedBook): Standing[] {
  let weightSum = 0;
  for (let client = 0; client < view.clientCount; client++) weightSum += view.weightOf(client);
  const standings: Standing[] = [];
  for (let client = 0; client < view.clientCount; client++) {
    standings.push({
      client,
      fair: view.weightOf(client) / weightSum,
      held: shareOf(view, view.allocationOf(client)),
      wanted: shareOf(view, wanted.wantedOf(view, client)),
    });
  }
  return standings;
}

function shareOf(view: AllocatorView, amounts: Float64Array): number {
  let share = 0;
  for (let index = 0; index < amounts.length; index++) {
    const total = view.total[index] as number;
    if (total > 0) share = Math.max(share, (amounts[index] as number) / total);
  }
  return share;
}

export const karma = defineAllocator({
  name: 'karma',
  summary: 'below the guaranteed share first, then by credits: who lent its share before may borrow now',
  source: 'Vuppalapati et al., Karma: Resource Allocation for Dynamic Demands, OSDI 2023, §3',
  options: {
    alpha: {
      type: 'number',
      default: 0.5,
      range: [0, 1],
      unit: 'share',
      help: 'part of the fair share that is guaranteed',
    },
    initial: { type: 'number', default: 1000, range: [0, 1e8], unit: 'cluster-seconds', help: 'credits of a newcomer' },
  },
  reads: ['demand'],
  wakesOn: ['free', 'client', 'demand', 'time'],
  create: ({ alpha, initial }) => {
    const clients = new ClientKeys();
    const book = new CreditBook(alpha, initial);
    const wanted = new WantedBook();
    return {
      kind: 'sorter',
      sorter: (level) => clients.sorter(level),
      prepare: (view) => {
        const standings = standingsOf(view, wanted);
        book.settle(view.nowUs, standings);
        clients.update(view, (client) => {
          const { held, fair } = standings[client] as Standing;
          const guaranteed = alpha * fair;
          return held < guaranteed ? held / guaranteed - 1 : CREDIT_BASE - book.creditOf(client);
        });
      },
    };
  },
});
