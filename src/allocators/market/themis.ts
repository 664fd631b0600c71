import {
  type AllocatorView,
  type ClearingAllocator,
  type DemandEntry,
  defineAllocator,
  type GrantSink,
  type GrantTerms,
} from '../../model/allocator.js';
import type { Amounts } from '../../model/resources.js';
import { CPUS, GPUS } from '../../model/resources.js';
import { partialAllocation, worstOff } from '../math/themis.js';
import { type App, AppBook, bidTable, grainOf, type Lot, rhoOf } from './themis-apps.js';

interface ThemisSettings {
  readonly intervalUs: number;
  readonly fairness: number;
  readonly leaseUs: number;
  /** Name of the auctioned resource; empty = GPUs, or CPUs where no agent has any. */
  readonly resource: string;
  readonly sizes: number;
}

/**
 * Themis (Mahajan et al., NSDI 2020, §4–5): what is free, or held under leases that are over, is auctioned among the 1 − f part of the
 * frameworks with the worst ρ. They bid ρ for prefixes of their queue; the proportional-fair winners keep a part of their bundles, the
 * rest is their hidden payment; it goes, work-conserving, to the others first, worst ρ first. A lease that nobody else wins goes on.
 */
class Themis implements ClearingAllocator {
  readonly kind = 'clearing';
  private readonly book: AppBook;
  private nextUs = 0;

  constructor(private readonly settings: ThemisSettings) {
    this.book = new AppBook((view) => this.resourceOf(view), settings.leaseUs);
  }

  nextClearingUs(): number {
    return this.nextUs;
  }

  private resourceOf(view: AllocatorView): number {
    const named = view.resources.indexOf(this.settings.resource);
    if (named >= 0) return named;
    return (view.total[GPUS] as number) > 0 ? GPUS : CPUS;
  }

  clear(view: AllocatorView, sink: GrantSink): void {
    const { intervalUs, fairness, sizes } = this.settings;
    this.nextUs = (Math.floor(view.nowUs / intervalUs) + 1) * intervalUs;
    const apps = this.book.apps(view);
    const supply = supplyOf(view, apps);
    const auction = new Auction(apps, supply);
    const resource = this.resourceOf(view);
    const wanting = apps.map((_, index) => index).filter((index) => (apps[index]?.lots.length ?? 0) > 0);
    const rhos = wanting.map((index) => rhoOf(apps[index] as App, 0));
    const chosen = wanting.length === 0 ? [] : worstOff(rhos, fairness);
    const players = chosen.map((at) => wanting[at] as number);
    const grain = grainOf(apps);
    const units = Math.floor((supply[resource] as number) / grain);
    const outcome = partialAllocation(
      [units],
      players.map((index) => {
        const app = apps[index] as App;
        return { rhoNow: Math.max(1e-9, rhoOf(app, 0)), table: bidTable(app, units * grain, grain, sizes) };
      }),
    );
    players.forEach((index, player) => {
      auction.giveUnits(index, (outcome.granted[player]?.[0] ?? 0) * grain);
    });
    auction.giveRest(wanting.filter((index) => !players.includes(index)));
    auction.giveRest(players);
    this.carryOut(view, sink, apps, auction);
    this.report(view, sink, apps, { auction, resource, supply, players, isExact: outcome.isExact });
  }

  /** Leases won again go on, lost ones end; waiting tasks start on what is free, others when the ended ones have left. */
  private carryOut(view: AllocatorView, sink: GrantSink, apps: readonly App[], auction: Auction): void {
    const nothing = new Float64Array(view.total.length);
    const terms: GrantTerms = { unitPrices: nothing, unitValues: nothing };
    let isAwaited = false;
    apps.forEach((app, index) => {
      const taken = auction.takenOf(index);
      const counts = new Map<DemandEntry, number>();
      app.lots.forEach((lot, at) => {
        if (taken.has(at) && lot.leased !== undefined) this.book.renew(lot.leased, view.nowUs);
        else if (taken.has(at) && lot.entry !== undefined) {
          counts.set(lot.entry, (counts.get(lot.entry) ?? 0) + lot.count);
        } else if (lot.leased !== undefined) {
          sink.evict(lot.leased.task, 'preempted', 0);
          isAwaited = true;
        }
      });
      for (const [entry, count] of counts) sink.grant(entry, count, entry.gang > 1 ? entry.count : 1, terms);
      sink.explain(app.client, taken.size < app.lots.length ? 'lower-share' : undefined);
    });
    // What ends now is auctioned as soon as it has come back.
    if (isAwaited) this.nextUs = Math.min(this.nextUs, view.nowUs + 1);
  }

  private report(
    view: AllocatorView,
    sink: GrantSink,
    apps: readonly App[],
    state: { auction: Auction; resource: number; supply: Float64Array; players: readonly number[]; isExact: boolean },
  ): void {
    const { auction, supply, players, isExact } = state;
    for (let resource = 0; resource < view.total.length; resource++) {
      if (view.total[resource] === 0) continue;
      let demandMilli = 0;
      let wonMilli = 0;
      apps.forEach((app, index) => {
        app.lots.forEach((lot, at) => {
          const amount = lot.amounts[resource] as number;
          demandMilli += amount;
          if (auction.takenOf(index).has(at)) wonMilli += amount;
        });
      });
      sink.reportMarket({
        resource,
        supplyMilli: supply[resource] as number,
        demandMilli,
        soldMilli: wonMilli,
        unplacedMilli: 0,
        reservePrice: 0,
        price: 0,
        revenue: 0,
        iterations: players.length,
        converged: isExact,
        optimalityGap: resource === state.resource && isExact ? 0 : Number.NaN,
      });
    }
  }

  launched(client: number, task: number, amounts: Amounts, _terms: GrantTerms, nowUs: number): void {
    const leaseEndUs = nowUs + this.settings.leaseUs;
    this.book.launched({ client, task, amounts, launchUs: nowUs, estimateUs: -1, leaseEndUs });
  }

  released(_client: number, task: number, nowUs: number): void {
    this.book.released(task, nowUs);
  }
}

/** What is free, and what leases that are over would free. */
function supplyOf(view: AllocatorView, apps: readonly App[]): Float64Array {
  const supply = view.free.slice();
  for (const app of apps) {
    for (const { leased } of app.lots) {
      leased?.amounts.forEach((amount, resource) => {
        supply[resource] = (supply[resource] as number) + amount;
      });
    }
  }
  return supply;
}

/** Who takes which lots of what is for sale. */
class Auction {
  private readonly free: Float64Array;
  private readonly taken: Set<number>[];
  private readonly units: number[];
  /** First lot of each app that has not been looked at. */
  private readonly next: number[];

  constructor(
    private readonly apps: readonly App[],
    supply: Float64Array,
  ) {
    this.free = supply.slice();
    this.taken = apps.map(() => new Set<number>());
    this.units = apps.map(() => 0);
    this.next = apps.map(() => 0);
  }

  takenOf(index: number): ReadonlySet<number> {
    return this.taken[index] as Set<number>;
  }

  /** The app's lots in order, as far as the units it has won go. */
  giveUnits(index: number, units: number): void {
    for (let at = this.nextOf(index); at >= 0; at = this.nextOf(index)) {
      const lot = this.apps[index]?.lots[at] as Lot;
      if ((this.units[index] as number) + lot.units > units) return;
      this.take(index, at, lot);
    }
  }

  /** Lot by lot to the app whose ρ is the worst with what it has been given; ties to the earlier app. */
  giveRest(indices: readonly number[]): void {
    const open = new Set(indices);
    while (open.size > 0) {
      let worst = -1;
      let worstRho = -1;
      for (const index of open) {
        const rho = rhoOf(this.apps[index] as App, this.units[index] as number);
        if (rho > worstRho) [worst, worstRho] = [index, rho];
      }
      const at = this.nextOf(worst);
      if (at < 0) open.delete(worst);
      else this.take(worst, at, this.apps[worst]?.lots[at] as Lot);
    }
  }

  /** The next lot of the app that fits, -1 = none; one that does not fit now never will. */
  private nextOf(index: number): number {
    const lots = this.apps[index]?.lots ?? [];
    for (let at = this.next[index] as number; at < lots.length; at++) {
      this.next[index] = at;
      const fits = (lots[at] as Lot).amounts.every((amount, resource) => amount <= (this.free[resource] as number));
      if (fits) return at;
    }
    this.next[index] = lots.length;
    return -1;
  }

  private take(index: number, at: number, lot: Lot): void {
    this.taken[index]?.add(at);
    this.next[index] = at + 1;
    this.units[index] = (this.units[index] as number) + lot.units;
    lot.amounts.forEach((amount, resource) => {
      this.free[resource] = (this.free[resource] as number) - amount;
    });
  }
}

export const marketThemis = defineAllocator({
  name: 'market-themis',
  summary:
    'what is free goes to the frameworks whose work ends latest against a fair part of the cluster, by sealed bids, on leases',
  source: 'Mahajan et al., Themis: Fair and Efficient GPU Cluster Scheduling, NSDI 2020, §3–5',
  options: {
    interval: { type: 'duration', default: '60 s', range: [1e3, 86_400e6], help: 'time between auctions' },
    fairness: {
      type: 'number',
      default: 0.8,
      range: [0, 1],
      help: 'f: only the 1 − f part of the frameworks with the worst ρ is offered what is free',
    },
    lease: {
      type: 'duration',
      default: '20 min',
      range: [1e6, 30 * 86_400e6],
      help: 'time after which a task is up for auction again',
    },
    resource: {
      type: 'text',
      default: '',
      help: 'the auctioned resource; gpus where empty, cpus where there are none',
    },
    sizes: { type: 'integer', default: 16, range: [1, 256], help: 'bundles in the bid of a framework' },
  },
  reads: ['demand', 'tasks'],
  wakesOn: ['free', 'demand', 'time'],
  create: ({ interval, fairness, lease, resource, sizes }) =>
    new Themis({ intervalUs: interval, fairness, leaseUs: lease, resource, sizes }),
});
