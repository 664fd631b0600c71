import { assert } from '../../core/errors.js';
import { QuantileSketch } from '../../core/quantile-sketch.js';
import { TimeIntegral } from '../../core/time-integral.js';
import type { SchedulerDriver } from '../../model/framework.js';
import type { Balancer } from './balancers.js';
import { Requests, ServingStations, type Station } from './stations.js';

export interface TrafficSettings {
  /** Time between arrivals, and service times, in whole microseconds. */
  readonly gapUs: () => number;
  readonly serviceUs: () => number;
  /** Servers of each instance. */
  readonly servers: number;
  /** Branches of a request, on different instances; it is done when all are. */
  readonly fork: number;
  /** Requests in all, 0 = no end. */
  readonly limit: number;
  readonly fromUs: number;
  /** Requests that arrive before are not in the quantiles. */
  readonly warmupUs: number;
}

/** Tags of timers: −1 is the next arrival, −2 is its owner's, below it are branches that end. */
const ARRIVAL = -1;
export const OWN_TAG = -2;
const FIRST_BRANCH = -3;

/**
 * Modelled requests to the instances of a service. A balancer gives each an instance (or several: it forks), where it waits for one of c
 * servers. What an instance takes along when it ends is sent to another one, and its clock goes on.
 */
export class Traffic {
  readonly serving = new ServingStations();
  readonly responses = new QuantileSketch();
  private readonly stations: (Station | undefined)[] = [];
  private readonly freeStations: number[] = [];
  private readonly requests = new Requests();
  private readonly integral = new TimeIntegral(2);
  arrivedCount = 0;
  doneCount = 0;
  refusedCount = 0;
  /** Branches that lost their instance. */
  movedCount = 0;
  delayedCount = 0;
  /** Told of each request that is done, with its response time and whether it waited. */
  onDone: (responseUs: number, hasWaited: boolean) => void = () => undefined;
  /** Told of each branch that is sent to a station. */
  onSent: (station: Station) => void = () => undefined;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly settings: TrafficSettings,
    private readonly balancer: Balancer,
  ) {}

  start(): void {
    this.driver.timer(this.settings.fromUs + this.settings.gapUs(), ARRIVAL);
  }

  get inSystem(): number {
    return this.arrivedCount - this.doneCount - this.refusedCount;
  }

  get hasMore(): boolean {
    return this.settings.limit > 0 && (this.arrivedCount < this.settings.limit || this.inSystem > 0);
  }

  /** ∫ busy servers dt and ∫ servers of serving instances dt up to now, in seconds. */
  busySeconds(): { busy: number; servers: number } {
    this.integral.advance(this.driver.nowUs);
    return { busy: this.integral.seconds(0), servers: this.integral.seconds(1) };
  }

  // Instances --------------------------------------------------------------------------------------------------------

  addStation(name: string, weight: number): number {
    const row = this.freeStations.pop() ?? this.stations.length;
    this.stations[row] = {
      row,
      name,
      weight,
      isServing: false,
      busy: 0,
      head: -1,
      tail: -1,
      waiting: 0,
      inService: new Set(),
      takenBy: -1,
    };
    return row;
  }

  /** The balancer sends requests there, or no longer; those that are there go on. */
  setServing(row: number, isServing: boolean): void {
    const station = this.stationAt(row);
    if (station.isServing === isServing) return;
    station.isServing = isServing;
    const { list } = this.serving;
    if (isServing) list.push(station);
    else list.splice(list.indexOf(station), 1);
    this.balancer.reset?.();
    this.addServers(isServing ? this.settings.servers : -this.settings.servers);
  }

  /** The instance is gone; its branches go elsewhere. */
  removeStation(row: number): void {
    const station = this.stationAt(row);
    this.setServing(row, false);
    const branches = [...station.inService];
    for (const branch of branches) this.driver.cancel(this.requests.timerOf[branch] as number);
    for (let branch = station.head; branch >= 0; branch = this.requests.nextOf[branch] as number) branches.push(branch);
    this.addBusy(-station.busy);
    this.stations[row] = undefined;
    this.freeStations.push(row);
    for (const branch of branches) this.move(branch);
  }

  private move(branch: number): void {
    const request = this.requests.releaseBranch(branch);
    this.movedCount++;
    this.requests.open[request] = (this.requests.open[request] as number) - 1;
    this.serving.serial++;
    this.send(request, 1);
    if (this.requests.open[request] === 0) this.refuse(request);
  }

  // Requests ---------------------------------------------------------------------------------------------------------

  onTimer(tag: number): void {
    if (tag === ARRIVAL) this.arrive();
    else this.end(FIRST_BRANCH - tag);
  }

  private arrive(): void {
    const { settings, requests, driver } = this;
    this.arrivedCount++;
    if (settings.limit === 0 || this.arrivedCount < settings.limit) driver.timer(settings.gapUs(), ARRIVAL);
    const request = requests.takeRequest(driver.nowUs);
    this.serving.serial++;
    this.send(request, Math.min(settings.fork, this.serving.count));
    if (requests.open[request] === 0) this.refuse(request);
  }

  /** Nobody serves. */
  private refuse(request: number): void {
    this.refusedCount++;
    this.requests.releaseRequest(request);
  }

  private send(request: number, branchCount: number): void {
    for (let branch = 0; branch < Math.min(branchCount, this.serving.count); branch++) {
      const station = this.serving.list[this.balancer.pick(this.serving)] as Station;
      station.takenBy = this.serving.serial;
      this.onSent(station);
      this.enter(request, station);
    }
  }

  private enter(request: number, station: Station): void {
    const { requests } = this;
    const branch = requests.takeBranch(request, station.row);
    if (station.busy < this.settings.servers) {
      this.serve(station, branch);
      return;
    }
    requests.hasWaited[request] = true;
    if (station.tail >= 0) requests.nextOf[station.tail] = branch;
    else station.head = branch;
    station.tail = branch;
    station.waiting++;
  }

  private serve(station: Station, branch: number): void {
    station.busy++;
    station.inService.add(branch);
    this.addBusy(1);
    this.requests.timerOf[branch] = this.driver.timer(this.settings.serviceUs(), FIRST_BRANCH - branch);
  }

  private end(branch: number): void {
    const { requests } = this;
    const station = this.stationAt(requests.stationOf[branch] as number);
    station.busy--;
    station.inService.delete(branch);
    this.addBusy(-1);
    const request = requests.releaseBranch(branch);
    const left = (requests.open[request] as number) - 1;
    requests.open[request] = left;
    if (left === 0) this.done(request);
    const next = station.head;
    if (next < 0) return;
    station.head = requests.nextOf[next] as number;
    if (station.head < 0) station.tail = -1;
    station.waiting--;
    this.serve(station, next);
  }

  private done(request: number): void {
    const { requests, driver } = this;
    const arrivalUs = requests.arrivalUs[request] as number;
    const hasWaited = requests.hasWaited[request] === true;
    this.doneCount++;
    if (arrivalUs >= this.settings.warmupUs) {
      this.responses.add(driver.nowUs - arrivalUs);
      if (hasWaited) this.delayedCount++;
    }
    this.onDone(driver.nowUs - arrivalUs, hasWaited);
    requests.releaseRequest(request);
  }

  private stationAt(row: number): Station {
    const station = this.stations[row];
    assert(station !== undefined, 'a station that is gone was used');
    return station;
  }

  private addBusy(count: number): void {
    this.integral.advance(this.driver.nowUs);
    this.integral.amounts[0] = (this.integral.amounts[0] as number) + count;
  }

  private addServers(count: number): void {
    this.integral.advance(this.driver.nowUs);
    this.integral.amounts[1] = (this.integral.amounts[1] as number) + count;
  }
}
