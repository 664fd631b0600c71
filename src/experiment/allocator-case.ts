import type { UsedResources } from '../cluster/allocation/agent-book.js';
import type { AllocationSink } from '../cluster/allocation/allocation-run.js';
import { MESOS_QUIRKS } from '../cluster/allocation/allocation-state.js';
import type { FrameworkSpec, MinAllocatable } from '../cluster/allocation/client-table.js';
import { HierarchicalAllocator, NO_FILTER } from '../cluster/allocation/hierarchical-allocator.js';
import { amountsOf, type ParsedAmounts } from '../cluster/allocation/resource-text.js';
import { TimedAllocator } from '../cluster/allocation/timed-allocator.js';
import type { ResourceSpace } from '../model/resources.js';
import { type Difference, expectedGrants, GrantBook } from './case-grants.js';
import type { CaseNode } from './case-node.js';
import {
  agentNamesOf,
  agentTraits,
  entriesOf,
  frameworkCapabilities,
  minAllocatableOf,
  resourceSpaceOf,
  sorterAllocator,
} from './case-world.js';

/** Batch runs in one step: beyond it a number is a slip of the pen. */
const MAX_BATCHES = 100_000;

const DEFAULT_MINIMUM = [
  { name: 'cpus', milli: 10 },
  { name: 'mem', milli: 32_000 },
];

/** Runs one case of kind `allocator`: a step is applied, then the mailbox drained. */
export class AllocatorCase {
  private readonly resources: ResourceSpace;
  private readonly allocator: HierarchicalAllocator;
  private readonly timed: TimedAllocator;
  private readonly intervalUs: number;
  private readonly agentRows: Map<string, number>;
  private readonly agentNames: readonly string[];
  private readonly frameworkRows = new Map<string, number>();
  private readonly frameworkNames: string[] = [];
  private readonly rolePaths: string[] = [];
  private readonly window = new GrantBook();

  /** `skipsIdle` leaves out runs that cannot make an offer: the decisions must be the same. */
  constructor(node: CaseNode, steps: readonly CaseNode[], policy: string, skipsIdle = false) {
    this.resources = resourceSpaceOf(node);
    this.agentNames = agentNamesOf(steps);
    this.agentRows = new Map(this.agentNames.map((name, row) => [name, row]));
    const config = node.find('config');
    config?.allow(['allocationInterval', 'fairnessExclude', 'minAllocatable', 'filterGpuResources', 'agentOrder']);
    const excluded = config?.find('fairnessExclude')?.texts() ?? [];
    const sorters = sorterAllocator(policy, this.resources, excluded);
    const intervalUs = seconds(config?.find('allocationInterval'), 1);
    if (intervalUs <= 0) throw (config as CaseNode).get('allocationInterval').error('more than 0 seconds');
    const settings = {
      seed: 1,
      agentOrder: orderOf(config?.find('agentOrder')),
      allocationIntervalUs: intervalUs,
      minAllocatable: this.minimumOf(config?.find('minAllocatable')),
      filterGpuResources: config?.find('filterGpuResources')?.boolean() ?? true,
      quirks: MESOS_QUIRKS,
    };
    this.allocator = new HierarchicalAllocator(this.resources, settings, (level) => sorters.sorter(level));
    this.intervalUs = intervalUs;
    this.timed = new TimedAllocator(this.allocator, intervalUs, this.sink(), skipsIdle);
  }

  private minimumOf(node: CaseNode | undefined): MinAllocatable {
    if (node !== undefined) return minAllocatableOf(node, this.resources);
    return DEFAULT_MINIMUM.map(({ name, milli }) => this.resources.names.map((other) => (other === name ? milli : 0)));
  }

  private sink(): AllocationSink {
    return {
      offer: (framework, role, agent, amounts, offset, ranges) => {
        const names = [this.frameworkNames[framework], this.pathOf(role), this.agentNames[agent]] as string[];
        this.window.add(names, this.allocator.kinds, amounts, offset, ranges);
      },
      inverseOffer: () => {
        // No case expects inverse offers.
      },
    };
  }

  private pathOf(role: number): string {
    this.rolePaths[role] ??= this.allocator.state.roles.of(role).path;
    return this.rolePaths[role] as string;
  }

  /** Applies a step; the first difference when it is an expectation that is not met. */
  step(node: CaseNode): Difference | undefined {
    if (!node.has('op')) return this.expect(node);
    const operation = node.get('op');
    const name = operation.text();
    const apply = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (apply === undefined) throw operation.unknown('operation', name, Object.keys(OPERATIONS));
    apply(this, node);
    this.timed.drain();
    return undefined;
  }

  private expect(node: CaseNode): Difference | undefined {
    node.allow(['expect', 'expectTotals', 'expectGrantCount']);
    const difference = this.firstDifference(node);
    this.window.clear();
    return difference;
  }

  private firstDifference(node: CaseNode): Difference | undefined {
    const grants = node.find('expect');
    const totals = node.find('expectTotals');
    const count = node.find('expectGrantCount');
    if (grants === undefined && totals === undefined && count === undefined)
      throw node.error('an operation or expectation');
    const difference =
      (grants === undefined ? undefined : this.window.differenceFrom(expectedGrants(grants, 3))) ??
      (totals === undefined ? undefined : this.window.totals().differenceFrom(expectedGrants(totals, 2)));
    if (difference !== undefined || count === undefined) return difference;
    const expected = count.number(0, 'a number of grants');
    if (expected === this.window.count) return undefined;
    const got = String(this.window.count);
    return { framework: '', role: '', agent: '', resource: 'grants', expected: String(expected), got };
  }

  // Operations ------------------------------------------------------------------------------------------------------

  addAgent(node: CaseNode): void {
    node.allow(['op', 'agent', 'resources', 'used', 'capabilities']);
    const agent = this.agentOf(node);
    if (this.allocator.state.agents.isKnown[agent] === 1)
      throw node.get('agent').error('an agent that is not registered yet');
    const total = this.amountsAt(node.get('resources'));
    const used: UsedResources[] = [];
    for (const [framework, roles] of node.find('used')?.entries() ?? []) {
      for (const [role, text] of roles.entries()) {
        const row = this.frameworkRow(framework);
        used.push({ framework: row, role: this.allocator.role(role), ...this.amountsAt(text) });
      }
    }
    const traits = agentTraits(node.get('agent').text(), node.find('capabilities'));
    this.allocator.addAgent(
      agent,
      traits,
      this.widened(total),
      used.map((part) => ({ ...part, ...this.widened(part) })),
    );
  }

  /** Kinds that came later widen the columns. */
  private widened<A extends { amounts: Float64Array }>(parsed: A): A {
    const { stride } = this.allocator.kinds;
    if (parsed.amounts.length === stride) return parsed;
    const amounts = new Float64Array(stride);
    amounts.set(parsed.amounts);
    return { ...parsed, amounts };
  }

  updateAgent(node: CaseNode): void {
    node.allow(['op', 'agent', 'resources']);
    this.allocator.updateAgent(this.knownAgent(node), this.amountsAt(node.get('resources')));
  }

  forAgent(node: CaseNode, apply: (agent: number) => void): void {
    node.allow(['op', 'agent']);
    apply(this.knownAgent(node));
  }

  get engine(): HierarchicalAllocator {
    return this.allocator;
  }

  addFramework(node: CaseNode): void {
    const row = this.frameworkRow(node.get('framework').text());
    if (this.allocator.state.clients.frameworks[row] !== undefined) {
      throw node.get('framework').error('a framework that is not subscribed yet');
    }
    this.allocator.addFramework(row, this.specOf(node));
  }

  updateFramework(node: CaseNode): void {
    this.allocator.updateFramework(this.knownFramework(node), this.specOf(node));
  }

  private specOf(node: CaseNode): FrameworkSpec {
    node.allow(['op', 'framework', 'roles', 'capabilities', 'suppressed', 'active', 'minAllocatable']);
    const minAllocatable = new Map<number, MinAllocatable>();
    for (const [role, list] of node.find('minAllocatable')?.entries() ?? []) {
      minAllocatable.set(this.allocator.role(role), minAllocatableOf(list, this.resources));
    }
    return {
      id: node.get('framework').text(),
      roles: this.rolesAt(node.get('roles')),
      capabilities: frameworkCapabilities(node.find('capabilities')),
      suppressed: this.rolesAt(node.find('suppressed')),
      isActive: node.find('active')?.boolean() ?? true,
      minAllocatable,
    };
  }

  forFramework(node: CaseNode, apply: (framework: number) => void): void {
    node.allow(['op', 'framework']);
    apply(this.knownFramework(node));
  }

  forRoles(node: CaseNode, apply: (framework: number, roles: number[]) => void): void {
    node.allow(['op', 'framework', 'roles']);
    const framework = this.knownFramework(node);
    const roles = this.rolesAt(node.find('roles'));
    const own = this.allocator.state.clients.framework(framework).roles;
    for (const [index, role] of roles.entries()) {
      if (!own.has(role)) throw (node.get('roles').list()[index] as CaseNode).error('a role of the framework');
    }
    apply(framework, roles);
  }

  recover(node: CaseNode): void {
    node.allow(['op', 'framework', 'agent', 'role', 'resources', 'refuseSeconds']);
    const framework = this.frameworkRow(node.get('framework').text());
    const role = this.allocator.role(node.get('role').role());
    const agent = this.agentOf(node);
    const refuseUs = refusal(node.find('refuseSeconds'));
    const { nowUs } = this.timed;
    const resources = node.get('resources');
    if (resources.value === 'all') this.allocator.recoverAll(framework, role, agent, refuseUs, nowUs);
    else {
      const amounts = this.amountsAt(resources);
      this.checkHeld(resources, framework, role, agent, amounts);
      this.allocator.recoverResources(framework, role, agent, amounts, refuseUs, nowUs);
    }
  }

  private checkHeld(node: CaseNode, framework: number, role: number, agent: number, { amounts }: ParsedAmounts): void {
    const { state } = this.allocator;
    const client = this.allocator.clientOf(framework, role);
    if (client < 0 || state.agents.isKnown[agent] !== 1) return;
    const row = state.holdings.find(agent, client);
    for (let kind = 0; kind < amounts.length; kind++) {
      const held = row < 0 ? 0 : (state.holdings.amounts[row * state.kinds.stride + kind] as number);
      if ((amounts[kind] as number) > held) throw node.error('no more than the framework holds there in that role');
    }
  }

  recoverAll(node: CaseNode): void {
    node.allow(['op', 'framework', 'refuseSeconds']);
    const framework = this.knownFramework(node);
    const refuseUs = refusal(node.find('refuseSeconds'));
    const roles = [...this.allocator.state.clients.framework(framework).clients.keys()];
    for (let agent = 0; agent < this.agentNames.length; agent++) {
      if (this.allocator.state.agents.isKnown[agent] !== 1) continue;
      for (const role of roles) this.allocator.recoverAll(framework, role, agent, refuseUs, this.timed.nowUs);
    }
  }

  advance(node: CaseNode): void {
    node.allow(['op', 'seconds']);
    const spanUs = seconds(node.get('seconds'), 0);
    if (spanUs / this.intervalUs > MAX_BATCHES) throw node.get('seconds').error('at most 100,000 allocation intervals');
    this.timed.advance(spanUs);
  }

  updateQuota(node: CaseNode): void {
    node.allow(['op', 'role', 'guarantees', 'limits']);
    const path = node.get('role').role();
    if (path.includes('/')) throw node.get('role').error('a top-level role');
    const guarantees = this.quantities(node.find('guarantees'), 0);
    const limits = this.quantities(node.find('limits'), Number.POSITIVE_INFINITY);
    for (const [name, amount] of guarantees?.entries() ?? []) {
      if (amount > (limits?.[name] ?? Number.POSITIVE_INFINITY))
        throw node.get('limits').error('no less than the guarantees');
    }
    this.allocator.setQuota(this.allocator.role(path), guarantees, limits);
  }

  private quantities(node: CaseNode | undefined, absent: number): Float64Array | undefined {
    if (node === undefined || node.value === null) return undefined;
    const amounts = new Float64Array(this.resources.count).fill(absent);
    const seen = new Set<number>();
    for (const entry of entriesOf(node)) {
      const row = this.resources.indexOf(entry.traits.name);
      if (row < 0 || entry.ranges !== undefined) throw node.error('amounts of scalar resources');
      amounts[row] = (seen.has(row) ? (amounts[row] as number) : 0) + entry.milli;
      seen.add(row);
    }
    return amounts;
  }

  updateWeights(node: CaseNode): void {
    node.allow(['op', 'weights']);
    for (const [path, weight] of node.get('weights').entries()) {
      const value = weight.number(0, 'a number above 0');
      if (value <= 0) throw weight.error('a number above 0');
      this.allocator.setWeight(path, value);
    }
  }

  whitelist(node: CaseNode): void {
    node.allow(['op', 'agents']);
    const agents = node.get('agents');
    this.allocator.setWhitelist(agents.value === null ? undefined : agents.texts());
  }

  /** Unreserved resources become reserved to the role; entries that name a reservation are what they shall become. */
  reserve(node: CaseNode): void {
    node.allow(['op', 'agent', 'role', 'resources']);
    const agent = this.knownAgent(node);
    const role = node.get('role').role();
    const { kinds } = this.allocator;
    const pairs = entriesOf(node.get('resources')).map((entry) => {
      if (entry.ranges !== undefined) throw node.get('resources').error('amounts of scalar resources');
      const kind = kinds.intern(entry.traits);
      const isTarget = entry.traits.reservations.at(-1) === role;
      const from = isTarget ? kinds.unreservedOf(kind) : kind;
      return { from, to: isTarget ? kind : kinds.reservedTo(kind, role), milli: entry.milli };
    });
    const from = new Float64Array(kinds.stride);
    const to = new Float64Array(kinds.stride);
    for (const pair of pairs) {
      from[pair.from] = (from[pair.from] as number) + pair.milli;
      to[pair.to] = (to[pair.to] as number) + pair.milli;
    }
    // More than is free is refused and changes nothing, as in Mesos (updateAvailable).
    this.allocator.convertAvailable(agent, from, to);
  }

  // Look-ups --------------------------------------------------------------------------------------------------------

  private amountsAt(node: CaseNode): ParsedAmounts {
    return amountsOf(entriesOf(node), this.allocator.kinds);
  }

  private rolesAt(node: CaseNode | undefined): number[] {
    return node?.list().map((item) => this.allocator.role(item.role())) ?? [];
  }

  private agentOf(node: CaseNode): number {
    return this.agentRows.get(node.get('agent').text()) as number;
  }

  private knownAgent(node: CaseNode): number {
    const agent = this.agentOf(node);
    if (this.allocator.state.agents.isKnown[agent] !== 1) throw node.get('agent').error('a registered agent');
    return agent;
  }

  private frameworkRow(name: string): number {
    const known = this.frameworkRows.get(name);
    if (known !== undefined) return known;
    const row = this.frameworkNames.push(name) - 1;
    this.frameworkRows.set(name, row);
    return row;
  }

  private knownFramework(node: CaseNode): number {
    const framework = node.get('framework');
    const row = this.frameworkRows.get(framework.text());
    if (row === undefined || this.allocator.state.clients.frameworks[row] === undefined) {
      throw framework.error('a subscribed framework');
    }
    return row;
  }
}

type Operation = (run: AllocatorCase, node: CaseNode) => void;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  addAgent: (run, node) => run.addAgent(node),
  updateAgent: (run, node) => run.updateAgent(node),
  removeAgent: (run, node) => run.forAgent(node, (agent) => run.engine.removeAgent(agent)),
  deactivateAgent: (run, node) => run.forAgent(node, (agent) => run.engine.deactivateAgent(agent)),
  activateAgent: (run, node) => run.forAgent(node, (agent) => run.engine.activateAgent(agent)),
  addFramework: (run, node) => run.addFramework(node),
  updateFramework: (run, node) => run.updateFramework(node),
  removeFramework: (run, node) => run.forFramework(node, (row) => run.engine.removeFramework(row)),
  deactivateFramework: (run, node) => run.forFramework(node, (row) => run.engine.deactivateFramework(row)),
  activateFramework: (run, node) => run.forFramework(node, (row) => run.engine.activateFramework(row)),
  recover: (run, node) => run.recover(node),
  recoverAll: (run, node) => run.recoverAll(node),
  advance: (run, node) => run.advance(node),
  updateQuota: (run, node) => run.updateQuota(node),
  updateWeights: (run, node) => run.updateWeights(node),
  suppress: (run, node) => run.forRoles(node, (row, roles) => run.engine.suppress(row, roles)),
  revive: (run, node) => run.forRoles(node, (row, roles) => run.engine.revive(row, roles)),
  whitelist: (run, node) => run.whitelist(node),
  reserve: (run, node) => run.reserve(node),
};

function seconds(node: CaseNode | undefined, absent: number): number {
  return Math.round((node?.number(0, 'a number of seconds of at least 0') ?? absent) * 1e6);
}

/** null or absent = no filter; negative = the default, as Mesos reads it. */
function refusal(node: CaseNode | undefined): number {
  if (node === undefined || node.value === null) return NO_FILTER;
  return Math.round(node.number(Number.NEGATIVE_INFINITY, 'a number of seconds or null') * 1e6);
}

function orderOf(node: CaseNode | undefined): 'id' | 'shuffle' {
  const order = node?.text() ?? 'id';
  if (order === 'id' || order === 'shuffle') return order;
  throw (node as CaseNode).error('"id" or "shuffle"');
}
