/** Scalars in thousandths by kind, spelled as in allocator cases, and ports one by one. */
export interface Bundle {
  scalars: Map<string, number>;
  ports: Set<number>;
}

export interface Agent {
  total: Bundle;
  isActive: boolean;
  capabilities: readonly string[];
}

export interface Framework {
  roles: string[];
  suppressed: Set<string>;
  isActive: boolean;
  capabilities: Set<string>;
  min: Map<string, [string, number][][]>;
}

export interface Holding {
  framework: string;
  role: string;
  agent: string;
  bundle: Bundle;
}

export interface Filter extends Holding {
  expiryUs: number;
  timer: number;
}

export interface NaiveConfig {
  intervalUs: number;
  fairnessExclude: readonly string[];
  min: [string, number][][];
  isShuffled: boolean;
  filterGpus: boolean;
  /** Rows of all agents that will ever be, for the shuffle and the order. */
  agentNames: readonly string[];
}

export const NAMES = ['cpus', 'mem', 'disk', 'gpus'];
export const nameOf = (kind: string): string => /^[a-z_]+/.exec(kind)?.[0] ?? kind;
export const stackOf = (kind: string): string[] => /\((.*)\)/.exec(kind)?.[1]?.split('>') ?? [];
export const isRevocable = (kind: string): boolean => kind.includes('{REV}');
export const isWhole = (kind: string): boolean => kind.includes('{MOUNT}');
export const isQuota = (kind: string): boolean => stackOf(kind).length === 0 && !isRevocable(kind);

export function isSamePlace(a: Omit<Holding, 'bundle'>, b: Omit<Holding, 'bundle'>): boolean {
  return a.framework === b.framework && a.role === b.role && a.agent === b.agent;
}

export function isUnder(role: string | undefined, top: string): boolean {
  return role !== undefined && (role === top || role.startsWith(`${top}/`));
}

export function add(map: Map<string, number>, key: string, milli: number): void {
  map.set(key, (map.get(key) ?? 0) + milli);
}

export function bundleOf(scalars: Iterable<[string, number]>, ports: Iterable<number> = []): Bundle {
  return { scalars: new Map([...scalars].filter(([, milli]) => milli !== 0)), ports: new Set(ports) };
}

export function copy(bundle: Bundle): Bundle {
  return bundleOf(bundle.scalars, bundle.ports);
}

export function plus(a: Bundle, b: Bundle, sign: 1 | -1): Bundle {
  const scalars = new Map(a.scalars);
  for (const [kind, milli] of b.scalars) add(scalars, kind, sign * milli);
  const ports = sign > 0 ? [...a.ports, ...b.ports] : [...a.ports].filter((port) => !b.ports.has(port));
  return bundleOf(scalars, ports);
}

export function size(bundle: Bundle): number {
  return [...bundle.scalars.values()].filter((milli) => milli > 0).length + bundle.ports.size;
}

export function isEqual(a: Bundle, b: Bundle): boolean {
  return size(plus(a, b, -1)) === 0 && size(plus(b, a, -1)) === 0;
}

export function holds(a: Bundle, b: Bundle): boolean {
  for (const [kind, milli] of b.scalars) if (milli > (a.scalars.get(kind) ?? 0)) return false;
  return [...b.ports].every((port) => a.ports.has(port));
}

export function amountOf(bundle: Bundle, name: string): number {
  let sum = 0;
  for (const [kind, milli] of bundle.scalars) if (nameOf(kind) === name) sum += milli;
  return sum;
}

export function sums(bundle: Bundle): Map<string, number> {
  return new Map(NAMES.map((name) => [name, amountOf(bundle, name)]));
}

export function pick(bundle: Bundle, passes: (kind: string) => boolean, keepsPorts = false): Bundle {
  return bundleOf(
    [...bundle.scalars].filter(([kind]) => passes(kind)),
    keepsPorts ? bundle.ports : [],
  );
}

/** Cuts each name to its room; whole things that do not fit are dropped; plain kinds first. */
export function shrink(bundle: Bundle, roomOf: (name: string) => number): Bundle {
  const room = new Map(NAMES.map((name) => [name, roomOf(name)]));
  const kept = new Map<string, number>();
  for (const [kind, milli] of [...bundle.scalars].sort(
    ([a], [b]) => Number(isWhole(a)) - Number(isWhole(b)) || (a < b ? -1 : 1),
  )) {
    const left = room.get(nameOf(kind)) ?? 0;
    const part = milli <= left ? milli : isWhole(kind) ? 0 : left;
    room.set(nameOf(kind), left - part);
    if (part > 0) kept.set(kind, part);
  }
  return bundleOf(kept);
}

export function minus(a: Map<string, number>, b: Map<string, number> | undefined): Map<string, number> {
  const left = new Map<string, number>();
  for (const [name, milli] of a) if (milli > (b?.get(name) ?? 0)) left.set(name, milli - (b?.get(name) ?? 0));
  return left;
}

export function minusLimits(
  limits: Map<string, number>,
  consumed: Map<string, number> | undefined,
  pending: Map<string, number>,
): Map<string, number> {
  const left = new Map<string, number>();
  for (const [name, milli] of limits) {
    left.set(name, Math.max(0, Math.max(0, milli - (consumed?.get(name) ?? 0)) - (pending.get(name) ?? 0)));
  }
  return left;
}
