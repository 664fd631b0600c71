/** What a balancer sees of the stations that serve, by their position in the list of those. */
export interface Stations {
  readonly count: number;
  /** Requests at a station, in service and waiting. */
  loadOf(position: number): number;
  weightOf(position: number): number;
  /** The request has a branch there already. */
  isTaken(position: number): boolean;
}

/** Which station takes the next request (or branch of one). There is always one that is not taken. */
export interface Balancer {
  pick(stations: Stations): number;
  /** A station has come or gone: positions mean something else now. */
  reset?(): void;
}

export interface BalancerOptions {
  readonly random: () => number;
  /** Stations that power-of-d looks at. */
  readonly choices: number;
}

/** One after the other: of N requests each of n stations gets ⌊N/n⌋ or ⌈N/n⌉. */
function roundRobin(): Balancer {
  let last = -1;
  return {
    pick(stations) {
      do last = (last + 1) % stations.count;
      while (stations.isTaken(last));
      return last;
    },
  };
}

/** Any, with equal chance 1/n. */
function random({ random: draw }: BalancerOptions): Balancer {
  return { pick: (stations) => freeOne(stations, () => Math.floor(draw() * stations.count)) };
}

function freeOne(stations: Stations, next: () => number): number {
  for (;;) {
    const position = next();
    if (!stations.isTaken(position)) return position;
  }
}

/** Smooth weighted round-robin (nginx, ngx_http_upstream_round_robin.c): of every Σw requests in a row station i gets w_i, spread out. */
function weighted(): Balancer {
  let credit: number[] = [];
  return {
    reset: () => {
      credit = [];
    },
    pick(stations) {
      let best = -1;
      let total = 0;
      for (let position = 0; position < stations.count; position++) {
        const weight = stations.weightOf(position);
        total += weight;
        credit[position] = (credit[position] ?? 0) + weight;
        if (stations.isTaken(position)) continue;
        if (best < 0 || (credit[position] as number) > (credit[best] as number)) best = position;
      }
      credit[best] = (credit[best] as number) - total;
      return best;
    },
  };
}

/** The station with fewest requests for its weight; equal ones in turn. */
function leastConnections(): Balancer {
  let last = -1;
  return {
    pick(stations) {
      const { count } = stations;
      let best = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let step = 1; step <= count; step++) {
        const position = (last + step) % count;
        const load = stations.loadOf(position) / stations.weightOf(position);
        if (load >= least || stations.isTaken(position)) continue;
        best = position;
        least = load;
      }
      last = best;
      return best;
    },
  };
}

/**
 * The shortest of d stations drawn with replacement; the first drawn of equal ones (Mitzenmacher, IEEE TPDS 12(10), 2001). The k-th
 * shortest of n queues of unequal lengths gets ((n−k+1)^d − (n−k)^d) / n^d of the requests.
 */
function powerOfD({ random: draw, choices }: BalancerOptions): Balancer {
  return {
    pick: (stations) =>
      freeOne(stations, () => {
        let best = Math.floor(draw() * stations.count);
        for (let choice = 1; choice < choices; choice++) {
          const other = Math.floor(draw() * stations.count);
          const isBetter = stations.isTaken(best) || stations.loadOf(other) < stations.loadOf(best);
          if (isBetter && !stations.isTaken(other)) best = other;
        }
        return best;
      }),
  };
}

/** The load balancers by name. */
const BALANCERS: Readonly<Record<string, (options: BalancerOptions) => Balancer>> = {
  'round-robin': roundRobin,
  random,
  weighted,
  'least-connections': leastConnections,
  'power-of-d': powerOfD,
};

export const BALANCER_NAMES = Object.keys(BALANCERS);

export function balancerOf(name: string, options: BalancerOptions): Balancer {
  return (BALANCERS[name] ?? roundRobin)(options);
}
