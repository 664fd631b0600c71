import { shuffleKey } from '../../src/core/digest.js';
import { NaiveDrf } from './naive-drf.js';

/** Scalars in thousandths by kind, spelled as in allocator cases, and ports one by one. */
export interface Bundle {
  scalars: Map<string, number>;
  ports: Set<number>;
}

interface Agent {
  total: Bundle;
  isActive: boolean;
  capabilities: readonly string[];
}

interface Framework {
  roles: string[];
  suppressed: Set<string>;
  isActive: boolean;
  capabilities: Set<string>;
  min: Map<string, [string, number][][]>;
}

interface Holding {
  framework: string;
  role: string;
  agent: string;
  bundle: Bundle;
}

interface Filter extends Holding {
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

const NAMES = ['cpus', 'mem', 'disk', 'gpus'];
const nameOf = (kind: string): string => /^[a-z_]+/.exec(kind)?.[0] ?? kind;
const stackOf = (kind: string): string[] => /\((.*)\)/.exec(kind)?.[1]?.split('>') ?? [];
const isRevocable = (kind: string): boolean => kind.includes('{REV}');
const isWhole = (kind: string): boolean => kind.includes('{MOUNT}');
const isQuota = (kind: string): boolean => stackOf(kind).length === 0 && !isRevocable(kind);

/**
 * The allocation cycle as written down in the semantics (§7–§10), over plain maps: nothing is kept between calls but what
 * frameworks, agents and operators have said, who holds what, and the counts of grants. Slow, and meant to be read beside the text.
 */
export class NaiveAllocator {
  readonly agents = new Map<string, Agent>();
  readonly frameworks = new Map<string, Framework>();
  private readonly held = new Map<string, Holding[]>();
  readonly quotas = new Map<string, Quota>();
  grants: Holding[] = [];
  private readonly filtersOn = new Map<string, Filter[]>();
  private readonly roleSorter: NaiveDrf;
  private readonly sorters = new Map<string, NaiveDrf>();
  private whitelist: Set<string> | undefined;
  private nowUs = 0;
  private timer = 1;
  private batch = { atUs: 0, timer: 1 };
  private cycle = 0;
  private readonly candidates = new Set<string>();

  constructor(private readonly config: NaiveConfig) {
    this.batch.atUs = config.intervalUs;
    this.roleSorter = this.sorter();
  }

  private sorter(): NaiveDrf {
    const sorter = new NaiveDrf(this.config.fairnessExclude.map((name) => NAMES.indexOf(name)));
    sorter.total = this.totals();
    return sorter;
  }

  private totals(): number[] {
    const bundles = [...this.agents.values()].map((agent) => agent.total);
    return NAMES.map((name) => bundles.reduce((sum, bundle) => sum + amountOf(bundle, name), 0));
  }

  private totalsChanged(): void {
    for (const sorter of [this.roleSorter, ...this.sorters.values()]) sorter.total = this.totals();
  }

  /** Who holds what, agent by agent. */
  get holdings(): Holding[] {
    return [...this.held.values()].flat();
  }

  private keepFilters(passes: (filter: Filter) => boolean): void {
    for (const [agent, filters] of this.filtersOn) this.filtersOn.set(agent, filters.filter(passes));
  }

  // Operations ------------------------------------------------------------------------------------------------------

  addAgent(name: string, total: Bundle, capabilities: readonly string[], used: Holding[]): void {
    this.agents.set(name, { total, isActive: true, capabilities });
    this.totalsChanged();
    for (const holding of used) this.charge(holding);
    this.candidates.add(name);
  }

  updateAgent(name: string, total: Bundle): void {
    const agent = this.agent(name);
    if (isEqual(agent.total, total)) return;
    agent.total = total;
    this.totalsChanged();
    this.candidates.add(name);
  }

  removeAgent(name: string): void {
    for (const holding of [...(this.held.get(name) ?? [])]) this.credit(holding, holding.bundle);
    this.agents.delete(name);
    this.filtersOn.delete(name);
    this.candidates.delete(name);
    this.totalsChanged();
  }

  setAgentActive(name: string, isActive: boolean): void {
    this.agent(name).isActive = isActive;
  }

  addFramework(name: string, framework: Framework): void {
    this.frameworks.set(name, framework);
    for (const role of framework.roles) {
      this.track(name, role);
      this.setActive(name, role, framework.isActive && !framework.suppressed.has(role));
    }
    if (framework.isActive) this.wantAll();
  }

  updateFramework(name: string, next: Framework): void {
    const old = this.framework(name);
    const known = { ...next, isActive: old.isActive };
    this.frameworks.set(name, known);
    for (const role of next.roles) {
      if (!old.roles.includes(role)) {
        this.track(name, role);
        this.setActive(name, role, old.isActive);
      }
    }
    for (const role of old.roles) {
      if (next.roles.includes(role)) continue;
      this.setActive(name, role, false);
      this.dropFilters(name, [role]);
      this.untrackIfDone(name, role);
    }
    for (const role of next.suppressed) if (!old.suppressed.has(role)) this.setActive(name, role, false);
    for (const role of old.suppressed) {
      if (next.suppressed.has(role) || !next.roles.includes(role)) continue;
      this.dropFilters(name, [role]);
      this.setActive(name, role, true);
    }
  }

  removeFramework(name: string): void {
    for (const holding of this.holdings.filter((other) => other.framework === name))
      this.credit(holding, holding.bundle);
    for (const role of this.framework(name).roles) this.untrack(name, role);
    this.keepFilters((filter) => filter.framework !== name);
    this.frameworks.delete(name);
  }

  activateFramework(name: string): void {
    const framework = this.framework(name);
    framework.isActive = true;
    for (const role of framework.roles) if (!framework.suppressed.has(role)) this.setActive(name, role, true);
    this.wantAll();
  }

  deactivateFramework(name: string): void {
    this.framework(name).isActive = false;
    for (const [role, sorter] of this.sorters) if (sorter.clients.has(name)) this.setActive(name, role, false);
    this.keepFilters((filter) => filter.framework !== name);
  }

  suppress(name: string, roles: readonly string[]): void {
    const framework = this.framework(name);
    for (const role of roles.length === 0 ? framework.roles : roles) {
      framework.suppressed.add(role);
      this.setActive(name, role, false);
    }
  }

  revive(name: string, roles: readonly string[]): void {
    const framework = this.framework(name);
    const named = roles.length === 0 ? framework.roles : roles;
    this.dropFilters(name, named);
    for (const role of named) {
      framework.suppressed.delete(role);
      this.setActive(name, role, true);
    }
    this.wantAll();
  }

  recover(holding: Holding, bundle: Bundle, refuseS: number | null): void {
    this.credit(holding, bundle);
    if (refuseS === null || refuseS === 0 || size(bundle) === 0) return;
    const lifetimeUs = Math.max(this.config.intervalUs, (refuseS < 0 ? 5 : refuseS) * 1e6);
    const filter = { ...holding, bundle, expiryUs: this.nowUs + lifetimeUs, timer: ++this.timer };
    this.filtersOn.set(holding.agent, [...(this.filtersOn.get(holding.agent) ?? []), filter]);
  }

  setWeight(path: string, weight: number): void {
    this.roleSorter.setWeight(path, weight);
  }

  setWhitelist(names: readonly string[]): void {
    this.whitelist = new Set(names);
  }

  reserve(name: string, role: string, wanted: Bundle): void {
    const agent = this.agent(name);
    const free = this.free(name);
    for (const [kind, milli] of wanted.scalars) if (milli > (free.scalars.get(kind) ?? 0)) return;
    const total = copy(agent.total);
    for (const [kind, milli] of wanted.scalars) {
      add(total.scalars, kind, -milli);
      add(total.scalars, `${nameOf(kind)}(${[...stackOf(kind), role].join('>')})`, milli);
    }
    if (!isEqual(agent.total, total)) {
      agent.total = total;
      this.totalsChanged();
    }
  }

  // Time ------------------------------------------------------------------------------------------------------------

  drain(): void {
    if (this.candidates.size > 0 || this.isRunAsked) this.run(Number.POSITIVE_INFINITY);
  }

  private isRunAsked = false;

  private wantAll(): void {
    this.isRunAsked = true;
    for (const name of this.agents.keys()) this.candidates.add(name);
  }

  advance(spanUs: number): void {
    const endUs = this.nowUs + spanUs;
    while (this.batch.atUs <= endUs) {
      this.nowUs = this.batch.atUs;
      this.wantAll();
      this.run(this.batch.timer);
      this.batch = { atUs: this.nowUs + this.config.intervalUs, timer: ++this.timer };
    }
    this.nowUs = endUs;
  }

  // Books -----------------------------------------------------------------------------------------------------------

  private track(name: string, role: string): void {
    let sorter = this.sorters.get(role);
    if (sorter === undefined) {
      sorter = this.sorter();
      this.sorters.set(role, sorter);
      this.roleSorter.add(role);
      this.of(this.roleSorter, role).active = true;
    }
    if (!sorter.clients.has(name)) sorter.add(name);
  }

  private untrackIfDone(name: string, role: string): void {
    if (!this.holdings.some((holding) => holding.framework === name && holding.role === role)) this.untrack(name, role);
  }

  private untrack(name: string, role: string): void {
    const sorter = this.sorters.get(role);
    if (sorter === undefined || !sorter.clients.has(name)) return;
    sorter.remove(name);
    if (sorter.clients.size > 0) return;
    this.sorters.delete(role);
    this.roleSorter.remove(role);
  }

  private setActive(name: string, role: string, isActive: boolean): void {
    const sorter = this.sorters.get(role);
    if (sorter !== undefined) this.of(sorter, name).active = isActive;
  }

  private of(sorter: NaiveDrf, client: string) {
    const leaf = sorter.clients.get(client);
    if (leaf === undefined) throw new Error(`no client ${client}`);
    return leaf;
  }

  private dropFilters(name: string, roles: readonly string[]): void {
    this.keepFilters((filter) => filter.framework !== name || !roles.includes(filter.role));
  }

  private charge(grant: Holding): void {
    this.track(grant.framework, grant.role);
    const list = this.held.get(grant.agent) ?? [];
    this.held.set(grant.agent, list);
    const known = list.find((other) => isSamePlace(other, grant));
    if (known === undefined) list.push({ ...grant, bundle: copy(grant.bundle) });
    else known.bundle = plus(known.bundle, grant.bundle, 1);
    const amounts = NAMES.map((name) => amountOf(grant.bundle, name));
    this.roleSorter.charge(grant.role, amounts, 1, 1);
    this.sorters.get(grant.role)?.charge(grant.framework, amounts, 1, 1);
  }

  private credit(holding: Holding, bundle: Bundle): void {
    const amounts = NAMES.map((name) => amountOf(bundle, name));
    this.roleSorter.charge(holding.role, amounts, -1, 0);
    this.sorters.get(holding.role)?.charge(holding.framework, amounts, -1, 0);
    const list = this.held.get(holding.agent) ?? [];
    const known = list.find((other) => isSamePlace(other, holding));
    if (known === undefined) throw new Error('nothing held');
    known.bundle = plus(known.bundle, bundle, -1);
    if (size(known.bundle) === 0) list.splice(list.indexOf(known), 1);
    const framework = this.frameworks.get(holding.framework);
    if (framework?.roles.includes(holding.role) === false) this.untrackIfDone(holding.framework, holding.role);
  }

  free(name: string): Bundle {
    const held = this.held.get(name) ?? [];
    const left = held.reduce((rest, other) => plus(rest, other.bundle, -1), copy(this.agent(name).total));
    for (const [kind, milli] of left.scalars) if (milli <= 0) left.scalars.delete(kind);
    return left;
  }

  private agent(name: string): Agent {
    const agent = this.agents.get(name);
    if (agent === undefined) throw new Error(`no agent ${name}`);
    return agent;
  }

  private framework(name: string): Framework {
    const framework = this.frameworks.get(name);
    if (framework === undefined) throw new Error(`no framework ${name}`);
    return framework;
  }

  // The cycle -------------------------------------------------------------------------------------------------------

  private run(trigger: number): void {
    this.cycle++;
    this.isRunAsked = false;
    this.keepFilters(({ expiryUs, timer }) => expiryUs > this.nowUs || (expiryUs === this.nowUs && timer > trigger));
    const names = [...this.candidates].filter(
      (name) => this.agent(name).isActive && (this.whitelist === undefined || this.whitelist.has(name)),
    );
    this.candidates.clear();
    if (names.length === 0) return;
    const quota = this.beginQuota();
    const hasGuarantees = [...this.quotas.values()].some(({ guarantees }) => guarantees.size > 0);
    if (hasGuarantees) for (const name of this.ordered(names, 1)) this.stageOne(name, quota);
    for (const name of this.ordered(names, 2)) this.stageTwo(name, quota);
  }

  private ordered(names: readonly string[], stage: number): string[] {
    const row = (name: string): number => this.config.agentNames.indexOf(name);
    const key = (name: string): number =>
      this.config.isShuffled ? shuffleKey(1, stage, this.cycle, row(name)) : row(name);
    return [...names].sort((a, b) => key(a) - key(b) || row(a) - row(b));
  }

  private beginQuota(): QuotaBooks {
    const consumed = new Map<string, Map<string, number>>();
    const required = new Map<string, number>();
    for (const [role, { guarantees }] of this.quotas) {
      const use = new Map<string, number>();
      const reservations = [...this.agents.values()].map(({ total }) =>
        pick(total, (kind) => isUnder(stackOf(kind).at(-1), role)),
      );
      const held = this.holdings
        .filter((holding) => isUnder(holding.role, role))
        .map(({ bundle }) => pick(bundle, isQuota));
      for (const bundle of [...reservations, ...held]) {
        for (const [kind, milli] of bundle.scalars) add(use, nameOf(kind), milli);
      }
      consumed.set(role, use);
      for (const [name, milli] of guarantees) add(required, name, Math.max(0, milli - (use.get(name) ?? 0)));
    }
    return { consumed, required, available: this.availableHeadroom() };
  }

  private availableHeadroom(): Map<string, number> {
    const isReserved = (kind: string): boolean => stackOf(kind).length > 0;
    const totals = [...this.agents.values()].map(({ total }) => total);
    const held = this.holdings.map(({ bundle }) => bundle);
    const free = [...this.agents.keys()].map((name) => pick(this.free(name), isRevocable));
    const sum = (bundles: Bundle[], name: string): number =>
      bundles.reduce((before, bundle) => before + amountOf(bundle, name), 0);
    const available = new Map<string, number>();
    for (const name of NAMES) {
      const reservedTotal = sum(
        totals.map((bundle) => pick(bundle, isReserved)),
        name,
      );
      const reservedHeld = sum(
        held.map((bundle) => pick(bundle, isReserved)),
        name,
      );
      const idle = Math.max(0, sum(totals, name) - sum(held, name));
      const unreserved = Math.max(0, idle - Math.max(0, reservedTotal - reservedHeld));
      available.set(name, Math.max(0, unreserved - sum(free, name)));
    }
    return available;
  }

  private stageOne(agent: string, books: QuotaBooks): void {
    for (const role of this.roleSorter.sort()) {
      const quota = this.quotas.get(role);
      if (quota === undefined || quota.guarantees.size === 0) continue;
      if (size(this.free(agent)) === 0) return;
      for (const framework of this.sorters.get(role)?.sort() ?? []) {
        if (minus(quota.guarantees, books.consumed.get(role)).size === 0) break;
        this.guarantee(agent, role, framework, quota, books);
      }
    }
  }

  /** Steps a to j of stage 1. */
  private guarantee(agent: string, role: string, framework: string, quota: Quota, books: QuotaBooks): void {
    const usable = this.usable(agent, role, framework);
    if (usable === undefined) return;
    const missing = minus(quota.guarantees, books.consumed.get(role));
    const countable = pick(usable, isQuota);
    const guaranteed = shrink(countable, (name) => missing.get(name) ?? 0);
    if (size(guaranteed) === 0) return;
    const own = pick(usable, (kind) => !isQuota(kind) && (isRevocable(kind) || stackOf(kind).at(-1) === role), true);
    const room = minusLimits(quota.limits, books.consumed.get(role), sums(guaranteed));
    const within = shrink(plus(countable, guaranteed, -1), (name) => room.get(name) ?? Number.POSITIVE_INFINITY);
    const extra = this.leaveHeadroom(within, books);
    const offer = plus(plus(guaranteed, own, 1), extra, 1);
    if (!this.isAcceptable(agent, role, framework, offer)) return;
    this.grant(agent, role, framework, offer);
    this.book(role, plus(guaranteed, extra, 1), books);
    for (const [name, milli] of sums(guaranteed)) {
      books.required.set(name, Math.max(0, (books.required.get(name) ?? 0) - milli));
    }
  }

  private stageTwo(agent: string, books: QuotaBooks): void {
    for (const role of this.roleSorter.sort()) {
      if (size(this.free(agent)) === 0) return;
      for (const framework of this.sorters.get(role)?.sort() ?? []) this.share(agent, role, framework, books);
    }
  }

  private share(agent: string, role: string, framework: string, books: QuotaBooks): void {
    const usable = this.usable(agent, role, framework);
    if (usable === undefined) return;
    const always = pick(usable, (kind) => !isQuota(kind), true);
    const room = minusLimits(this.quotas.get(role)?.limits ?? new Map(), books.consumed.get(role), new Map());
    const within = shrink(pick(usable, isQuota), (name) => room.get(name) ?? Number.POSITIVE_INFINITY);
    const extra = this.leaveHeadroom(within, books);
    const offer = plus(always, extra, 1);
    if (!this.isAcceptable(agent, role, framework, offer)) return;
    this.grant(agent, role, framework, offer);
    this.book(role, extra, books);
  }

  /** Charges what counts to the role, if it has a quota, and to what is available to all. */
  private book(role: string, taken: Bundle, books: QuotaBooks): void {
    const use = books.consumed.get(role);
    for (const [name, milli] of sums(taken)) {
      if (use !== undefined) add(use, name, milli);
      books.available.set(name, Math.max(0, (books.available.get(name) ?? 0) - milli));
    }
  }

  private leaveHeadroom(extra: Bundle, books: QuotaBooks): Bundle {
    if (![...books.required.values()].some((milli) => milli > 0)) return extra;
    return shrink(extra, (name) => Math.max(0, (books.available.get(name) ?? 0) - (books.required.get(name) ?? 0)));
  }

  /** What the framework may see of the agent's free resources in the role, undefined when it is passed over. */
  private usable(agentName: string, role: string, frameworkName: string): Bundle | undefined {
    const agent = this.agent(agentName);
    const { capabilities } = this.framework(frameworkName);
    const open = pick(
      this.free(agentName),
      (kind) => {
        const owner = stackOf(kind).at(-1);
        return owner === undefined || role === owner || role.startsWith(`${owner}/`);
      },
      true,
    );
    if (!this.isAllocatable(open, role, frameworkName)) return undefined;
    const hasGpus = amountOf(agent.total, 'gpus') > 0;
    if (this.config.filterGpus && hasGpus && !capabilities.has('GPU_RESOURCES')) return undefined;
    const fits = (kind: string): boolean =>
      (!isRevocable(kind) || capabilities.has('REVOCABLE_RESOURCES')) &&
      (stackOf(kind).length < 2 || capabilities.has('RESERVATION_REFINEMENT'));
    return pick(open, fits, true);
  }

  private isAllocatable(bundle: Bundle, role: string, framework: string): boolean {
    if (size(bundle) === 0) return false;
    const alternatives = this.framework(framework).min.get(role) ?? this.config.min;
    if (alternatives.length === 0) return true;
    return alternatives.some((wanted) => wanted.every(([name, milli]) => amountOf(bundle, name) >= milli));
  }

  private isAcceptable(agent: string, role: string, framework: string, offer: Bundle): boolean {
    if (!this.isAllocatable(offer, role, framework)) return false;
    const { capabilities } = this.agent(agent);
    // Every framework of the cases is MULTI_ROLE.
    if (!capabilities.includes('MULTI_ROLE')) return false;
    if (role.includes('/') && !capabilities.includes('HIERARCHICAL_ROLE')) return false;
    const filters = this.filtersOn.get(agent) ?? [];
    return !filters.some((filter) => isSamePlace(filter, { agent, role, framework }) && holds(filter.bundle, offer));
  }

  private grant(agent: string, role: string, framework: string, bundle: Bundle): void {
    const grant = { agent, role, framework, bundle };
    this.grants.push(grant);
    this.charge(grant);
  }
}

interface Quota {
  guarantees: Map<string, number>;
  limits: Map<string, number>;
}

interface QuotaBooks {
  consumed: Map<string, Map<string, number>>;
  required: Map<string, number>;
  available: Map<string, number>;
}

function isSamePlace(a: Omit<Holding, 'bundle'>, b: Omit<Holding, 'bundle'>): boolean {
  return a.framework === b.framework && a.role === b.role && a.agent === b.agent;
}

function isUnder(role: string | undefined, top: string): boolean {
  return role !== undefined && (role === top || role.startsWith(`${top}/`));
}

function add(map: Map<string, number>, key: string, milli: number): void {
  map.set(key, (map.get(key) ?? 0) + milli);
}

export function bundleOf(scalars: Iterable<[string, number]>, ports: Iterable<number> = []): Bundle {
  return { scalars: new Map([...scalars].filter(([, milli]) => milli !== 0)), ports: new Set(ports) };
}

function copy(bundle: Bundle): Bundle {
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

function isEqual(a: Bundle, b: Bundle): boolean {
  return size(plus(a, b, -1)) === 0 && size(plus(b, a, -1)) === 0;
}

function holds(a: Bundle, b: Bundle): boolean {
  for (const [kind, milli] of b.scalars) if (milli > (a.scalars.get(kind) ?? 0)) return false;
  return [...b.ports].every((port) => a.ports.has(port));
}

function amountOf(bundle: Bundle, name: string): number {
  let sum = 0;
  for (const [kind, milli] of bundle.scalars) if (nameOf(kind) === name) sum += milli;
  return sum;
}

function sums(bundle: Bundle): Map<string, number> {
  return new Map(NAMES.map((name) => [name, amountOf(bundle, name)]));
}

function pick(bundle: Bundle, passes: (kind: string) => boolean, keepsPorts = false): Bundle {
  return bundleOf(
    [...bundle.scalars].filter(([kind]) => passes(kind)),
    keepsPorts ? bundle.ports : [],
  );
}

/** Cuts each name to its room; whole things that do not fit are dropped; plain kinds first. */
function shrink(bundle: Bundle, roomOf: (name: string) => number): Bundle {
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

function minus(a: Map<string, number>, b: Map<string, number> | undefined): Map<string, number> {
  const left = new Map<string, number>();
  for (const [name, milli] of a) if (milli > (b?.get(name) ?? 0)) left.set(name, milli - (b?.get(name) ?? 0));
  return left;
}

function minusLimits(
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
