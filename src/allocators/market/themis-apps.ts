import type { AllocatorView, DemandEntry } from '../../model/allocator.js';
import type { RhoEntry } from '../math/themis.js';

/** Seconds that a task without an estimate is taken to run. */
const UNKNOWN_S = 3600;

/** A running task in the books: what it holds and until when it may. */
export interface LeasedTask {
  readonly client: number;
  readonly task: number;
  readonly amounts: Float64Array;
  readonly launchUs: number;
  /** -1 = unknown. */
  estimateUs: number;
  leaseEndUs: number;
}

/** Something an app could win: a running task whose lease is over, or waiting tasks that start together. */
export interface Lot {
  readonly units: number;
  readonly amounts: Float64Array;
  readonly leased?: LeasedTask;
  readonly entry?: DemandEntry;
  /** Waiting tasks of the lot. */
  readonly count: number;
}

/** One framework at one auction. Units are thousandths of the auctioned resource. */
export interface App {
  readonly client: number;
  readonly lots: readonly Lot[];
  /** Under leases that go on. */
  readonly heldUnits: number;
  readonly elapsedS: number;
  readonly aloneS: number;
  /** Unit-seconds still to do, and how many units could work on it at once. */
  readonly workLeft: number;
  readonly parallelUnits: number;
  readonly leastRate: number;
}

/** The busy period of a framework: since when it has had work, and what has been done of it. */
interface Period {
  beginUs: number;
  doneWork: number;
}

/**
 * Finish-time fairness (Mahajan et al., NSDI 2020, §3): ρ = T_shared / T_alone. T_alone is the time that all work of the framework's
 * busy period takes on a 1/n part of the resource, T_shared the time since it began plus what is left at the rate of what it holds.
 */
export class AppBook {
  readonly leased = new Map<number, LeasedTask>();
  private readonly periods: (Period | undefined)[] = [];
  private lastResource = 0;

  constructor(
    private readonly resource: (view: AllocatorView) => number,
    private readonly leaseUs: number,
  ) {}

  launched(task: LeasedTask): void {
    this.leased.set(task.task, task);
  }

  released(task: number, nowUs: number): void {
    const leased = this.leased.get(task);
    if (leased === undefined) return;
    this.leased.delete(task);
    const period = this.periods[leased.client];
    const spanS = (nowUs - leased.launchUs) / 1e6;
    if (period !== undefined) period.doneWork += (leased.amounts[this.lastResource] as number) * spanS;
  }

  renew(leased: LeasedTask, nowUs: number): void {
    leased.leaseEndUs = nowUs + this.leaseUs;
  }

  /** The apps with work, in order of client row. */
  apps(view: AllocatorView): App[] {
    this.lastResource = this.resource(view);
    for (const { task, estimateUs } of view.runningTasks()) {
      const leased = this.leased.get(task);
      if (leased !== undefined) leased.estimateUs = estimateUs;
    }
    const running = new Map<number, LeasedTask[]>();
    for (const leased of this.leased.values()) {
      running.set(leased.client, [...(running.get(leased.client) ?? []), leased]);
    }
    const busy: { client: number; entries: readonly DemandEntry[]; tasks: readonly LeasedTask[] }[] = [];
    for (let client = 0; client < view.clientCount; client++) {
      const entries = view.demandOf(client);
      const tasks = running.get(client) ?? [];
      if (entries.length > 0 || tasks.length > 0) busy.push({ client, entries, tasks });
      else this.periods[client] = undefined;
    }
    const resource = this.lastResource;
    const share = (view.total[resource] as number) / Math.max(1, busy.length);
    return busy.map(({ client, entries, tasks }) => this.app(view, client, entries, tasks, share));
  }

  private app(
    view: AllocatorView,
    client: number,
    entries: readonly DemandEntry[],
    tasks: readonly LeasedTask[],
    share: number,
  ): App {
    const resource = this.lastResource;
    const { nowUs } = view;
    const units = (amounts: Float64Array): number => amounts[resource] as number;
    const period = this.periodOf(client, entries, tasks, nowUs);
    let workLeft = 0;
    let workDone = period.doneWork;
    let heldUnits = 0;
    let parallelUnits = 0;
    const lots: Lot[] = [];
    for (const leased of tasks) {
      const spanS = (nowUs - leased.launchUs) / 1e6;
      const own = units(leased.amounts);
      workDone += own * spanS;
      workLeft += own * Math.max(0, secondsOf(leased.estimateUs) - spanS);
      parallelUnits += own;
      if (leased.leaseEndUs > nowUs) heldUnits += own;
      else lots.push({ units: own, amounts: leased.amounts, leased, count: 0 });
    }
    for (const entry of entries) {
      const own = units(entry.amounts) * entry.count;
      workLeft += own * secondsOf(entry.estimateUs);
      parallelUnits += own;
      if (view.isActive(client)) addLots(lots, entry, units(entry.amounts), view.total);
    }
    return {
      client,
      lots,
      heldUnits,
      elapsedS: (nowUs - period.beginUs) / 1e6,
      aloneS: (workDone + workLeft) / Math.max(1, Math.min(share, parallelUnits)),
      workLeft,
      parallelUnits,
      leastRate: Math.max(1, share / 1000),
    };
  }

  private periodOf(
    client: number,
    entries: readonly DemandEntry[],
    tasks: readonly LeasedTask[],
    nowUs: number,
  ): Period {
    const known = this.periods[client];
    if (known !== undefined) return known;
    const begins = [...entries.map((entry) => entry.submitUs), ...tasks.map((task) => task.launchUs), nowUs];
    const period = { beginUs: Math.min(...begins), doneWork: 0 };
    this.periods[client] = period;
    return period;
  }
}

/** Waiting tasks as lots, no more of an entry than the whole cluster could hold. */
function addLots(lots: Lot[], entry: DemandEntry, units: number, total: Float64Array): void {
  const bundle = entry.gang > 1 ? entry.count : 1;
  const amounts = bundle === 1 ? entry.amounts : entry.amounts.map((amount) => amount * bundle);
  const lot = { units: units * bundle, amounts, entry, count: bundle };
  let room = entry.count / bundle;
  amounts.forEach((amount, resource) => {
    if (amount > 0) room = Math.min(room, Math.floor((total[resource] as number) / amount));
  });
  for (let index = 0; index < room; index++) lots.push(lot);
}

function secondsOf(estimateUs: number): number {
  return estimateUs < 0 ? UNKNOWN_S : estimateUs / 1e6;
}

/** ρ with `more` units on top of what is held under lasting leases. An app that does not use the resource has ρ 0. */
export function rhoOf(app: App, more: number): number {
  if (app.aloneS <= 0) return 0;
  const rate = Math.max(app.leastRate, Math.min(app.heldUnits + more, app.parallelUnits));
  return Math.max(1e-9, (app.elapsedS + app.workLeft / rate) / app.aloneS);
}

/** The app's bid: ρ for prefixes of its lots, at most `sizes` of them, evenly spread; bundles in grains. */
export function bidTable(app: App, supplyUnits: number, grain: number, sizes: number): RhoEntry[] {
  const prefixes: number[] = [];
  let units = 0;
  for (const lot of app.lots) {
    units += lot.units;
    if (units > supplyUnits) break;
    if (lot.units > 0) prefixes.push(units);
  }
  const count = Math.min(sizes, prefixes.length);
  const table: RhoEntry[] = [];
  for (let index = 1; index <= count; index++) {
    const prefix = prefixes[Math.ceil((index * prefixes.length) / count) - 1] as number;
    table.push({ bundle: [prefix / grain], rho: rhoOf(app, prefix) });
  }
  return table;
}

/** The largest amount of which every lot is a multiple. */
export function grainOf(apps: readonly App[]): number {
  let grain = 0;
  for (const app of apps) for (const lot of app.lots) grain = divisor(grain, lot.units);
  return Math.max(1, grain);
}

function divisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}
