import { shuffleKey } from '../../src/core/digest.js';
import { NaiveBooks, type Quota, type QuotaBooks } from './naive-books.js';
import {
  add,
  amountOf,
  type Bundle,
  holds,
  isQuota,
  isRevocable,
  isSamePlace,
  isUnder,
  minus,
  minusLimits,
  NAMES,
  nameOf,
  pick,
  plus,
  shrink,
  size,
  stackOf,
  sums,
} from './naive-bundle.js';

/**
 * The allocation cycle as written down in the semantics (§7–§10), over plain maps: nothing is kept between calls but what
 * frameworks, agents and operators have said, who holds what, and the counts of grants. Slow, and meant to be read beside the text.
 */
export class NaiveAllocator extends NaiveBooks {
  // The cycle -------------------------------------------------------------------------------------------------------

  protected run(trigger: number): void {
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
