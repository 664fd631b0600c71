import type { Stations } from './balancers.js';

/** One instance as a queue: c servers, first come first served. Branches are rows of {@link Requests}. */
export interface Station {
  readonly row: number;
  readonly name: string;
  readonly weight: number;
  /** The balancer sends requests to it. */
  isServing: boolean;
  busy: number;
  /** Waiting branches, oldest first: links between rows. */
  head: number;
  tail: number;
  waiting: number;
  /** Branches in service. */
  readonly inService: Set<number>;
  /** Serial of the request that the balancer places now and has placed here already. */
  takenBy: number;
}

/** The stations that serve, as balancers see them. */
export class ServingStations implements Stations {
  readonly list: Station[] = [];
  /** The request that is being placed. */
  serial = 0;

  get count(): number {
    return this.list.length;
  }

  loadOf(position: number): number {
    const station = this.list[position] as Station;
    return station.busy + station.waiting;
  }

  weightOf(position: number): number {
    return (this.list[position] as Station).weight;
  }

  isTaken(position: number): boolean {
    return (this.list[position] as Station).takenBy === this.serial;
  }
}

/** Requests and their branches as rows with free lists: memory follows those that are in the system. */
export class Requests {
  readonly arrivalUs: number[] = [];
  /** Branches that are not done. */
  readonly open: number[] = [];
  /** Some branch had to wait for a server. */
  readonly hasWaited: boolean[] = [];
  readonly requestOf: number[] = [];
  readonly stationOf: number[] = [];
  readonly nextOf: number[] = [];
  readonly timerOf: number[] = [];
  private readonly freeRequests: number[] = [];
  private readonly freeBranches: number[] = [];

  takeRequest(nowUs: number): number {
    const row = this.freeRequests.pop() ?? this.arrivalUs.length;
    this.arrivalUs[row] = nowUs;
    this.open[row] = 0;
    this.hasWaited[row] = false;
    return row;
  }

  releaseRequest(row: number): void {
    this.freeRequests.push(row);
  }

  takeBranch(request: number, station: number): number {
    const row = this.freeBranches.pop() ?? this.requestOf.length;
    this.requestOf[row] = request;
    this.stationOf[row] = station;
    this.nextOf[row] = -1;
    this.timerOf[row] = -1;
    this.open[request] = (this.open[request] as number) + 1;
    return row;
  }

  /** Returns the request of the branch. */
  releaseBranch(row: number): number {
    this.freeBranches.push(row);
    return this.requestOf[row] as number;
  }

  get rowCount(): number {
    return this.requestOf.length;
  }
}
