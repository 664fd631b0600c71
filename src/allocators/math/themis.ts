/** One line of an app's bid table: what its finish-time ratio would be with this bundle on top of what it holds. */
export interface RhoEntry {
  /** Units per resource (GPUs, or GPUs per machine), whole. */
  readonly bundle: readonly number[];
  /** ρ = T_shared / T_alone, > 0; smaller = better. */
  readonly rho: number;
}

/** An app's bid: ρ without more, and its table. */
export interface RhoBid {
  readonly rhoNow: number;
  readonly table: readonly RhoEntry[];
}

/** Who takes part, what they win, and what is left for the work-conserving round. */
export interface ThemisOutcome {
  /** Units per app and resource after the hidden payment; apps that took no part have zeros. */
  readonly granted: number[][];
  /** Part of its proportional-fair bundle that each winner keeps. */
  readonly kept: number[];
  readonly leftover: number[];
  /** False when the search limit made the winner determination greedy. */
  readonly isExact: boolean;
}

/** Remaining-supply states up to which winner determination is exact. */
const STATE_LIMIT = 200_000;

/** The 1 − f part of the apps with the worst (largest) ρ, at least one; ties to the earlier app. In order of position. */
export function worstOff(rhos: readonly number[], fairnessKnob: number): number[] {
  const order = rhos.map((_, index) => index);
  order.sort((i, j) => (rhos[j] as number) - (rhos[i] as number) || i - j);
  const count = Math.min(rhos.length, Math.max(1, Math.ceil((1 - fairnessKnob) * rhos.length - 1e-9)));
  return order.slice(0, count).sort((i, j) => i - j);
}

/**
 * Themis (Mahajan et al., NSDI 2020 §4): partial allocation among the participants. The proportional-fair bundles maximize Π 1/ρ; a
 * winner keeps the part Π_{others} V(x*) / Π_{others} V(x* without it) ≤ 1 of its bundle, the rest is its hidden payment (Cole,
 * Gkatzelis, Goel, EC 2013), so that telling ρ truthfully is best. Parts are rounded down to whole units; the leftover goes to the
 * caller's work-conserving round.
 */
export function partialAllocation(supply: readonly number[], bids: readonly RhoBid[]): ThemisOutcome {
  const best = proportionalFair(supply, bids, -1);
  const kept = bids.map((_, index) => {
    if (best.choice[index] === undefined) return 1;
    const without = proportionalFair(supply, bids, index);
    const others = (logs: readonly number[]): number =>
      logs.reduce((sum, value, other) => (other === index ? sum : sum + value), 0);
    return Math.min(1, Math.exp(others(best.logs) - others(without.logs)));
  });
  const granted = bids.map((_, index) =>
    supply.map((_unit, r) => Math.floor((best.choice[index]?.bundle[r] ?? 0) * (kept[index] as number) + 1e-9)),
  );
  const leftover = supply.map((units, r) => granted.reduce((sum, row) => sum - (row[r] as number), units));
  return { granted, kept, leftover, isExact: best.isExact };
}

interface Fair {
  readonly choice: (RhoEntry | undefined)[];
  /** log V of each app. */
  readonly logs: number[];
  readonly isExact: boolean;
}

/** The bundles with the largest Π V among the apps, one left out: dynamic programming over what remains, greedy beyond the limit. */
function proportionalFair(supply: readonly number[], bids: readonly RhoBid[], leftOut: number): Fair {
  const tables = bids.map((bid, index) => (index === leftOut ? [] : usefulEntries(supply, bid)));
  const choice = bestChoices(supply, bids, tables) ?? greedyChoices(supply, bids, tables);
  const logs = bids.map((bid, index) => -Math.log(choice.entries[index]?.rho ?? bid.rhoNow));
  return { choice: choice.entries, logs, isExact: choice.isExact };
}

function usefulEntries(supply: readonly number[], bid: RhoBid): RhoEntry[] {
  return bid.table.filter(
    ({ bundle, rho }) => rho < bid.rhoNow && bundle.every((units, r) => units <= (supply[r] as number)),
  );
}

interface Choices {
  readonly entries: (RhoEntry | undefined)[];
  readonly isExact: boolean;
}

interface State {
  readonly free: readonly number[];
  readonly gain: number;
  readonly previous: State | undefined;
  readonly entry: RhoEntry | undefined;
}

/** App by app, the best gain for every remaining supply; the first found of equals stays. */
function bestChoices(
  supply: readonly number[],
  bids: readonly RhoBid[],
  tables: readonly (readonly RhoEntry[])[],
): Choices | undefined {
  let states = new Map<string, State>([['', { free: supply, gain: 0, previous: undefined, entry: undefined }]]);
  for (let app = 0; app < bids.length; app++) {
    const next = new Map<string, State>();
    for (const state of states.values()) branch(next, state, bids[app] as RhoBid, tables[app] as readonly RhoEntry[]);
    if (next.size > STATE_LIMIT) return undefined;
    states = next;
  }
  const best = [...states.values()].reduce((top, state) => (state.gain > top.gain ? state : top));
  const entries: (RhoEntry | undefined)[] = [];
  for (let state: State | undefined = best; state?.previous !== undefined; state = state.previous)
    entries.push(state.entry);
  return { entries: entries.reverse(), isExact: true };
}

/** Every choice of one app from one state: nothing, or an entry that fits. */
function branch(next: Map<string, State>, previous: State, bid: RhoBid, table: readonly RhoEntry[]): void {
  extend(next, { ...previous, previous, entry: undefined });
  for (const entry of table) {
    if (!entry.bundle.every((units, r) => units <= (previous.free[r] as number))) continue;
    const free = previous.free.map((units, r) => units - (entry.bundle[r] as number));
    extend(next, { free, gain: previous.gain + Math.log(bid.rhoNow / entry.rho), previous, entry });
  }
}

function extend(states: Map<string, State>, state: State): void {
  const key = state.free.join(',');
  const known = states.get(key);
  if (known === undefined || state.gain > known.gain) states.set(key, state);
}

/** Repeatedly the entry with the largest log gain per unit that still fits, one per app. */
function greedyChoices(
  supply: readonly number[],
  bids: readonly RhoBid[],
  tables: readonly (readonly RhoEntry[])[],
): Choices {
  const offers = tables.flatMap((table, app) =>
    table.map((entry) => {
      const units = entry.bundle.reduce((sum, value) => sum + value, 0);
      return { app, entry, rate: Math.log((bids[app] as RhoBid).rhoNow / entry.rho) / Math.max(1, units) };
    }),
  );
  const order = offers.map((_, index) => index);
  order.sort((i, j) => (offers[j]?.rate as number) - (offers[i]?.rate as number) || i - j);
  const entries: (RhoEntry | undefined)[] = bids.map(() => undefined);
  const free = [...supply];
  for (const index of order) {
    const { app, entry } = offers[index] as (typeof offers)[number];
    if (entries[app] !== undefined || !entry.bundle.every((units, r) => units <= (free[r] as number))) continue;
    entries[app] = entry;
    entry.bundle.forEach((units, r) => {
      free[r] = (free[r] as number) - units;
    });
  }
  return { entries, isExact: false };
}
