import {
  type Agent,
  add,
  amountOf,
  type Bundle,
  copy,
  type Filter,
  type Framework,
  type Holding,
  isEqual,
  isSamePlace,
  NAMES,
  type NaiveConfig,
  nameOf,
  plus,
  size,
  stackOf,
} from './naive-bundle.js';
import { NaiveDrf } from './naive-drf.js';

export interface Quota {
  guarantees: Map<string, number>;
  limits: Map<string, number>;
}

export interface QuotaBooks {
  consumed: Map<string, Map<string, number>>;
  required: Map<string, number>;
  available: Map<string, number>;
}

/** What frameworks, agents and operators have said, who holds what, and the filters: the state between runs of the naive allocator. */
export abstract class NaiveBooks {
  readonly agents = new Map<string, Agent>();
  readonly frameworks = new Map<string, Framework>();
  protected readonly held = new Map<string, Holding[]>();
  readonly quotas = new Map<string, Quota>();
  grants: Holding[] = [];
  protected readonly filtersOn = new Map<string, Filter[]>();
  protected readonly roleSorter: NaiveDrf;
  protected readonly sorters = new Map<string, NaiveDrf>();
  protected whitelist: Set<string> | undefined;
  protected nowUs = 0;
  protected timer = 1;
  protected batch = { atUs: 0, timer: 1 };
  protected cycle = 0;
  protected readonly candidates = new Set<string>();

  constructor(protected readonly config: NaiveConfig) {
    this.batch.atUs = config.intervalUs;
    this.roleSorter = this.sorter();
  }

  protected sorter(): NaiveDrf {
    const sorter = new NaiveDrf(this.config.fairnessExclude.map((name) => NAMES.indexOf(name)));
    sorter.total = this.totals();
    return sorter;
  }

  protected totals(): number[] {
    const bundles = [...this.agents.values()].map((agent) => agent.total);
    return NAMES.map((name) => bundles.reduce((sum, bundle) => sum + amountOf(bundle, name), 0));
  }

  protected totalsChanged(): void {
    for (const sorter of [this.roleSorter, ...this.sorters.values()]) sorter.total = this.totals();
  }

  /** Who holds what, agent by agent. */
  get holdings(): Holding[] {
    return [...this.held.values()].flat();
  }

  protected keepFilters(passes: (filter: Filter) => boolean): void {
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

  protected isRunAsked = false;

  protected wantAll(): void {
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

  protected track(name: string, role: string): void {
    let sorter = this.sorters.get(role);
    if (sorter === undefined) {
      sorter = this.sorter();
      this.sorters.set(role, sorter);
      this.roleSorter.add(role);
      this.of(this.roleSorter, role).active = true;
    }
    if (!sorter.clients.has(name)) sorter.add(name);
  }

  protected untrackIfDone(name: string, role: string): void {
    if (!this.holdings.some((holding) => holding.framework === name && holding.role === role)) this.untrack(name, role);
  }

  protected untrack(name: string, role: string): void {
    const sorter = this.sorters.get(role);
    if (sorter === undefined || !sorter.clients.has(name)) return;
    sorter.remove(name);
    if (sorter.clients.size > 0) return;
    this.sorters.delete(role);
    this.roleSorter.remove(role);
  }

  protected setActive(name: string, role: string, isActive: boolean): void {
    const sorter = this.sorters.get(role);
    if (sorter !== undefined) this.of(sorter, name).active = isActive;
  }

  protected of(sorter: NaiveDrf, client: string) {
    const leaf = sorter.clients.get(client);
    if (leaf === undefined) throw new Error(`no client ${client}`);
    return leaf;
  }

  protected dropFilters(name: string, roles: readonly string[]): void {
    this.keepFilters((filter) => filter.framework !== name || !roles.includes(filter.role));
  }

  protected charge(grant: Holding): void {
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

  protected credit(holding: Holding, bundle: Bundle): void {
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

  protected agent(name: string): Agent {
    const agent = this.agents.get(name);
    if (agent === undefined) throw new Error(`no agent ${name}`);
    return agent;
  }

  protected framework(name: string): Framework {
    const framework = this.frameworks.get(name);
    if (framework === undefined) throw new Error(`no framework ${name}`);
    return framework;
  }

  protected abstract run(trigger: number): void;
}
