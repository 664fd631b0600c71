import { fail } from '../../core/errors.js';
import type { AllocationState } from './allocation-state.js';
import type { FrameworkSpec, FrameworkState } from './client-table.js';

/** How frameworks come, change and go (hierarchical.cpp addFramework … reviveRoles); its owner triggers the runs. */
export class FrameworkBook {
  constructor(private readonly state: AllocationState) {}

  /** SUBSCRIBE for the first time. */
  add(row: number, spec: FrameworkSpec): void {
    const { state } = this;
    if (state.clients.frameworks[row] !== undefined) fail(`framework ${spec.id} is added to the allocator twice`);
    const framework: FrameworkState = {
      row,
      id: spec.id,
      isActive: spec.isActive ?? true,
      capabilities: spec.capabilities,
      roles: new Set(spec.roles),
      suppressed: new Set(spec.suppressed ?? []),
      clients: new Map(),
      minAllocatable: spec.minAllocatable ?? new Map(),
      constraints: spec.constraints ?? new Map(),
    };
    state.clients.frameworks[row] = framework;
    for (const role of framework.roles) {
      const client = state.track(framework, role);
      state.setActive(client, framework.isActive && !framework.suppressed.has(role));
    }
  }

  /** UPDATE_FRAMEWORK: replaces roles, suppressed roles, capabilities and filters of the subscription. */
  update(row: number, spec: FrameworkSpec): void {
    const { state } = this;
    const framework = state.clients.framework(row);
    const roles = new Set(spec.roles);
    const suppressed = new Set(spec.suppressed ?? []);
    for (const role of roles) {
      if (!framework.roles.has(role)) state.setActive(state.track(framework, role), framework.isActive);
    }
    for (const role of framework.roles) if (!roles.has(role)) this.leaveRole(framework, role);
    framework.roles = roles;
    framework.capabilities = spec.capabilities;
    framework.minAllocatable = spec.minAllocatable ?? new Map();
    framework.constraints = spec.constraints ?? new Map();
    for (const client of framework.clients.values()) state.clients.classify(client);
    const revived = [...framework.suppressed].filter((role) => roles.has(role) && !suppressed.has(role));
    this.suppressRoles(
      framework,
      [...suppressed].filter((role) => roles.has(role) && !framework.suppressed.has(role)),
    );
    this.reviveRoles(framework, revived);
    state.changeCount++;
  }

  private leaveRole(framework: FrameworkState, role: number): void {
    const { state } = this;
    const client = framework.clients.get(role);
    framework.suppressed.delete(role);
    if (client === undefined) return;
    state.setActive(client, false);
    state.filters.clearClient(client);
    if (!this.holdsAnything(client)) state.untrack(framework, role);
  }

  private holdsAnything(client: number): boolean {
    const { agents, holdings } = this.state;
    for (let agent = 0; agent < agents.end; agent++) {
      if (agents.isKnown[agent] === 1 && holdings.find(agent, client) >= 0) return true;
    }
    return false;
  }

  /** TEARDOWN, or the failover timeout has passed: what it holds is free, without a filter. */
  remove(row: number): void {
    const { state } = this;
    const framework = state.clients.framework(row);
    for (let agent = 0; agent < state.agents.end; agent++) {
      if (state.agents.isKnown[agent] === 1) this.dropHoldings(agent, row);
    }
    for (const role of [...framework.clients.keys()]) state.untrack(framework, role);
    state.clearFilters(row);
    state.inverse.clearFramework(row);
    state.clients.frameworks[row] = undefined;
    state.changeCount++;
  }

  /** Takes back everything on the agent from one framework, or from all (-1). */
  dropHoldings(agent: number, framework: number): void {
    const { agents, holdings, clients } = this.state;
    for (let row = agents.firstHolding[agent] as number; row >= 0; ) {
      const next = holdings.next[row] as number;
      if (framework < 0 || clients.frameworkOf[holdings.clients[row] as number] === framework) {
        this.creditRow(agent, row);
      }
      row = next;
    }
  }

  private creditRow(agent: number, row: number): void {
    const { holdings, kinds } = this.state;
    const client = holdings.clients[row] as number;
    const amounts = holdings.amounts.slice(row * kinds.stride, (row + 1) * kinds.stride);
    const ranges = holdings.rangesOf(row);
    this.state.credit(client, agent, row, amounts, 0, ranges === undefined ? undefined : new Map(ranges));
    this.leaveIfDone(client);
  }

  /** A client of a role that its framework has left goes when it holds nothing any more. */
  leaveIfDone(client: number): void {
    const { clients } = this.state;
    const framework = clients.framework(clients.frameworkOf[client] as number);
    const role = clients.roleOf[client] as number;
    if (!framework.roles.has(role) && !this.holdsAnything(client)) this.state.untrack(framework, role);
  }

  /** Re-subscribed: active in all roles that are not suppressed. */
  activate(row: number): void {
    const framework = this.state.clients.framework(row);
    framework.isActive = true;
    for (const role of framework.roles) {
      if (!framework.suppressed.has(role)) this.state.setActive(this.state.track(framework, role), true);
    }
  }

  /** Disconnected: gets no offers; all of its filters end. */
  deactivate(row: number): void {
    const { state } = this;
    const framework = state.clients.framework(row);
    framework.isActive = false;
    for (const client of framework.clients.values()) state.setActive(client, false);
    state.clearFilters(row);
    state.inverse.clearFilters(row);
  }

  /** SUPPRESS; no roles = all. Filters stay. */
  suppress(row: number, roles: readonly number[] = []): void {
    const framework = this.state.clients.framework(row);
    this.suppressRoles(framework, roles.length === 0 ? [...framework.roles] : roles);
  }

  private suppressRoles(framework: FrameworkState, roles: readonly number[]): void {
    for (const role of roles) {
      const client = framework.clients.get(role);
      if (client === undefined) continue;
      this.state.setActive(client, false);
      framework.suppressed.add(role);
    }
  }

  /** REVIVE; no roles = all: the roles' filters end. */
  revive(row: number, roles: readonly number[] = []): void {
    const framework = this.state.clients.framework(row);
    this.reviveRoles(framework, roles.length === 0 ? [...framework.roles] : roles);
    this.state.changeCount++;
  }

  private reviveRoles(framework: FrameworkState, roles: readonly number[]): void {
    const { state } = this;
    state.inverse.clearFilters(framework.row);
    for (const role of roles) {
      const client = framework.clients.get(role);
      if (client === undefined) continue;
      state.filters.clearClient(client);
      framework.suppressed.delete(role);
      if (framework.isActive || this.state.settings.quirks.reviveActivates) state.setActive(client, true);
    }
  }
}
