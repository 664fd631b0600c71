import seedrandom from 'seedrandom';
import { NaiveAllocator } from './naive-allocator.js';
import { type Bundle, bundleOf, type NaiveConfig, size } from './naive-bundle.js';

type Step = Record<string, unknown>;

/** What a world of random cases may contain. */
export interface Profile {
  agents: number;
  frameworks: number;
  steps: number;
  roles: readonly string[];
  hasQuota?: boolean;
  hasReservations?: boolean;
  hasRevocable?: boolean;
  hasPorts?: boolean;
  hasOldAgents?: boolean;
  isShuffled?: boolean;
  /** All agents and frameworks are there before the random steps. */
  isPreloaded?: boolean;
}

const CAPABILITIES = ['GPU_RESOURCES', 'REVOCABLE_RESOURCES', 'RESERVATION_REFINEMENT'];
const AGENT_CAPABILITIES = ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'];

/** A case in the neutral form whose expectations come from the naive allocator. */
export function randomCase(seed: number, profile: Profile): Step {
  return new CaseMaker(seed, profile).make();
}

class CaseMaker {
  private readonly next: () => number;
  private readonly steps: Step[] = [];
  private readonly naive: NaiveAllocator;
  private readonly agentNames: string[];
  private readonly frameworkNames: string[];
  private readonly config: Step;

  constructor(
    private readonly seed: number,
    private readonly profile: Profile,
  ) {
    const alea = seedrandom.alea(`case ${seed}`);
    this.next = () => alea();
    const digits = String(profile.agents).length;
    this.agentNames = Array.from({ length: profile.agents }, (_, row) => `agent${String(row).padStart(digits, '0')}`);
    this.frameworkNames = Array.from({ length: profile.frameworks }, (_, row) => `fw${String(row).padStart(3, '0')}`);
    const interval = this.pick([1, 1, 1, 2, 60]);
    const fairnessExclude = this.pick([[], [], ['disk'], ['gpus', 'disk']]);
    const filterGpuResources = this.next() < 0.9;
    const agentOrder = profile.isShuffled === true ? 'shuffle' : 'id';
    this.config = { allocationInterval: interval, fairnessExclude, filterGpuResources, agentOrder };
    const naiveConfig: NaiveConfig = {
      intervalUs: interval * 1e6,
      fairnessExclude,
      min: [[['cpus', 10]], [['mem', 32_000]]],
      isShuffled: profile.isShuffled === true,
      filterGpus: filterGpuResources,
      // Rows follow the agents that occur; here all of them do.
      agentNames: this.agentNames,
    };
    this.naive = new NaiveAllocator(naiveConfig);
  }

  make(): Step {
    if (this.profile.isPreloaded) {
      for (const name of this.agentNames) this.addAgent(name);
      for (const name of this.frameworkNames) this.addFramework(name);
    }
    for (let index = 0; index < this.profile.steps; index++) this.step();
    // Agents that never came would shift the rows of the others.
    for (const name of this.agentNames) {
      if (!this.steps.some((step) => step['agent'] === name)) this.addAgent(name);
    }
    const last = this.config['allocationInterval'] === 60 ? 65 : 6;
    this.put({ op: 'advance', seconds: last }, () => this.naive.advance(last * 1e6));
    return { id: `random-${this.seed}`, kind: 'allocator', config: this.config, steps: this.steps };
  }

  private step(): void {
    const roll = this.next();
    const absent = this.agentNames.filter((name) => !this.naive.agents.has(name));
    const missing = this.frameworkNames.filter((name) => !this.naive.frameworks.has(name));
    if (roll < 0.16 && absent.length > 0) this.addAgent(this.pick(absent));
    else if (roll < 0.28 && missing.length > 0) this.addFramework(this.pick(missing));
    else if (roll < 0.31 || (roll < 0.45 && this.profile.isPreloaded)) this.recoverAll();
    else if (roll < 0.56) this.recover();
    else if (roll < 0.72) this.advance();
    else if (roll < 0.78) this.operator();
    else if (roll < 0.84) this.agentChange();
    else this.frameworkChange();
  }

  /** Writes a step, applies it, and writes down what was granted. */
  private put(step: Step, apply: () => void): void {
    apply();
    this.naive.drain();
    this.steps.push(step);
    const expect: Record<string, Record<string, Record<string, string>>> = {};
    for (const { framework, role, agent, bundle } of this.naive.grants) {
      expect[framework] ??= {};
      const byRole = expect[framework];
      byRole[role] ??= {};
      const byAgent = byRole[role];
      const before = byAgent[agent];
      byAgent[agent] = before === undefined ? textOf(bundle) : `${before};${textOf(bundle)}`;
    }
    this.steps.push({ expect });
    this.naive.grants = [];
  }

  // Steps -----------------------------------------------------------------------------------------------------------

  private addAgent(name: string): void {
    const total = this.agentBundle();
    const capabilities =
      this.profile.hasOldAgents && this.next() < 0.1 ? this.pick([[], ['MULTI_ROLE']]) : AGENT_CAPABILITIES;
    const step: Step = { op: 'addAgent', agent: name, resources: textOf(total) };
    if (capabilities !== AGENT_CAPABILITIES) step['capabilities'] = capabilities;
    const used: { framework: string; role: string; agent: string; bundle: Bundle }[] = [];
    const present = [...this.naive.frameworks.keys()];
    if (present.length > 0 && this.next() < 0.15) {
      const framework = this.pick(present);
      const role = this.pick(this.naive.frameworks.get(framework)?.roles ?? []);
      const bundle = bundleOf([['cpus', Math.min(1000, total.scalars.get('cpus') ?? 0)]]);
      if (size(bundle) > 0) used.push({ framework, role, agent: name, bundle });
      if (used.length > 0) step['used'] = { [framework]: { [role]: textOf(bundle) } };
    }
    this.put(step, () => this.naive.addAgent(name, total, capabilities, used));
  }

  private agentBundle(): Bundle {
    const { profile } = this;
    const scalars = new Map<string, number>();
    const put = (kind: string, milli: number): void => {
      scalars.set(kind, milli);
    };
    put('cpus', this.pick([0, 500, 1000, 2000, 4000, 4000, 8000, 333]));
    put('mem', this.pick([16, 512, 1024, 1024, 2048, 4096]) * 1000);
    if (this.next() < 0.4) put('disk', this.pick([100, 1000, 5000]) * 1000);
    if (this.next() < 0.12) put('gpus', this.pick([1, 2]) * 1000);
    if (this.next() < 0.1) put('disk{MOUNT}', 100_000);
    if (profile.hasReservations && this.next() < 0.5) {
      const role = this.pick(profile.roles.filter((path) => path !== '*'));
      put(`cpus(${role})`, this.pick([500, 1000, 2000]));
      if (this.next() < 0.5) put(`mem(${role})`, 512_000);
      if (this.next() < 0.2) put(`mem(${role}>${role}/sub)`, 256_000);
    }
    if (profile.hasRevocable && this.next() < 0.25) put('cpus{REV}', this.pick([1000, 2500]));
    return bundleOf(scalars, profile.hasPorts && this.next() < 0.4 ? [1, 2, 3, 7, 8] : []);
  }

  private addFramework(name: string): void {
    const framework = this.framework();
    const step = { op: 'addFramework', ...this.frameworkStep(name, framework) };
    this.put(step, () => this.naive.addFramework(name, framework));
  }

  private framework() {
    const roles = [
      ...new Set([this.pick(this.profile.roles), ...(this.next() < 0.4 ? [this.pick(this.profile.roles)] : [])]),
    ];
    const suppressed = new Set(roles.filter(() => this.next() < 0.1));
    const capabilities = new Set(CAPABILITIES.filter(() => this.next() < 0.5));
    const min = new Map<string, [string, number][][]>();
    if (this.next() < 0.1)
      min.set(
        roles[0] as string,
        this.pick([
          [],
          [
            [
              ['cpus', 1000],
              ['mem', 512_000],
            ],
          ],
        ]),
      );
    return { roles, suppressed, isActive: this.next() < 0.95, capabilities, min };
  }

  private frameworkStep(
    name: string,
    { roles, suppressed, isActive, capabilities, min }: ReturnType<CaseMaker['framework']>,
  ): Step {
    const minAllocatable = Object.fromEntries(
      [...min].map(([role, list]) => [role, list.map((wanted) => textOf(bundleOf(wanted)))]),
    );
    return {
      framework: name,
      roles,
      suppressed: [...suppressed],
      active: isActive,
      capabilities: [...capabilities],
      ...(min.size > 0 ? { minAllocatable } : {}),
    };
  }

  private recover(): void {
    const { holdings } = this.naive;
    if (holdings.length === 0) return;
    const holding = { ...this.pick(holdings) };
    const refuseSeconds = this.pick([null, null, 0, 1, 2, 5, 5, 30, -1]);
    const isAll = this.next() < 0.7;
    const scalars = [...holding.bundle.scalars].filter(([kind]) => !kind.includes('MOUNT'));
    const half = bundleOf(scalars.map(([kind, milli]) => [kind, Math.floor(milli / 2)] as [string, number]));
    const bundle = isAll ? holding.bundle : half;
    if (size(bundle) === 0) return;
    const { framework, agent, role } = holding;
    const step = { op: 'recover', framework, agent, role, resources: isAll ? 'all' : textOf(bundle), refuseSeconds };
    this.put(step, () => this.naive.recover(holding, bundle, refuseSeconds));
  }

  private recoverAll(): void {
    const present = [...this.naive.frameworks.keys()];
    if (present.length === 0) return;
    const framework = this.pick(present);
    const refuseSeconds = this.pick([null, 0, 2, 5]);
    this.put({ op: 'recoverAll', framework, refuseSeconds }, () => {
      for (const holding of this.naive.holdings) {
        if (holding.framework === framework) this.naive.recover({ ...holding }, holding.bundle, refuseSeconds);
      }
    });
  }

  private advance(): void {
    const seconds = this.pick([0.5, 1, 1, 1, 2, 3, 5]);
    this.put({ op: 'advance', seconds }, () => this.naive.advance(seconds * 1e6));
  }

  private operator(): void {
    const roll = this.next();
    if (roll < 0.4 || !this.profile.hasQuota) {
      const role = this.pick([...this.profile.roles, this.pick(this.profile.roles).split('/')[0] as string]);
      const weight = this.pick([0.5, 1, 2, 3]);
      this.put({ op: 'updateWeights', weights: { [role]: weight } }, () => this.naive.setWeight(role, weight));
    } else this.quota();
  }

  private quota(): void {
    const role = this.pick(this.profile.roles).split('/')[0] as string;
    const guarantees = new Map<string, number>();
    const limits = new Map<string, number>();
    if (this.next() < 0.6) guarantees.set('cpus', this.pick([1, 2, 6]) * 1000);
    if (this.next() < 0.5) guarantees.set('mem', this.pick([512, 2048]) * 1000);
    if (this.next() < 0.4) limits.set('cpus', (guarantees.get('cpus') ?? 0) + this.pick([0, 1, 3]) * 1000);
    if (this.next() < 0.3) limits.set('mem', (guarantees.get('mem') ?? 0) + this.pick([0, 1024]) * 1000);
    if (this.next() < 0.2) limits.set('disk', this.pick([0, 50, 150]) * 1000);
    const step: Step = { op: 'updateQuota', role };
    if (guarantees.size > 0) step['guarantees'] = textOf({ scalars: guarantees, ports: new Set() });
    if (limits.size > 0) step['limits'] = textOf({ scalars: limits, ports: new Set() });
    this.put(step, () => {
      if (guarantees.size + limits.size === 0) this.naive.quotas.delete(role);
      else this.naive.quotas.set(role, { guarantees, limits });
    });
  }

  private agentChange(): void {
    const present = [...this.naive.agents.keys()];
    if (present.length === 0) return;
    const agent = this.pick(present);
    const roll = this.next();
    if (roll < 0.25) this.put({ op: 'removeAgent', agent }, () => this.naive.removeAgent(agent));
    else if (roll < 0.5) {
      const isActive = this.next() < 0.6;
      const op = isActive ? 'activateAgent' : 'deactivateAgent';
      this.put({ op, agent }, () => this.naive.setAgentActive(agent, isActive));
    } else if (roll < 0.7) this.updateTotal(agent);
    else if (roll < 0.8) {
      const agents = this.agentNames.filter(() => this.next() < 0.8);
      this.put({ op: 'whitelist', agents }, () => this.naive.setWhitelist(agents));
    } else if (this.profile.hasReservations) {
      const role = this.pick(this.profile.roles.filter((path) => path !== '*'));
      const bundle = bundleOf([
        ['cpus', this.pick([250, 500])],
        ['mem', 128_000],
      ]);
      this.put({ op: 'reserve', agent, role, resources: textOf(bundle) }, () =>
        this.naive.reserve(agent, role, bundle),
      );
    }
  }

  /** Scalars only: what is in use of ranges may not vanish. */
  private updateTotal(agent: string): void {
    const old = this.naive.agents.get(agent)?.total ?? bundleOf([]);
    const factor = this.pick([0.5, 1, 2]);
    const total = bundleOf(
      [...old.scalars].map(
        ([kind, milli]) => [kind, kind.includes('MOUNT') ? milli : Math.floor(milli * factor)] as [string, number],
      ),
      old.ports,
    );
    this.put({ op: 'updateAgent', agent, resources: textOf(total) }, () => this.naive.updateAgent(agent, total));
  }

  private frameworkChange(): void {
    const present = [...this.naive.frameworks.keys()];
    if (present.length === 0) return;
    const framework = this.pick(present);
    const own = this.naive.frameworks.get(framework)?.roles ?? [];
    const roles = this.next() < 0.5 ? [] : [this.pick(own)];
    const roll = this.next();
    if (roll < 0.3) this.put({ op: 'suppress', framework, roles }, () => this.naive.suppress(framework, roles));
    else if (roll < 0.65) this.put({ op: 'revive', framework, roles }, () => this.naive.revive(framework, roles));
    else if (roll < 0.75)
      this.put({ op: 'deactivateFramework', framework }, () => this.naive.deactivateFramework(framework));
    else if (roll < 0.85)
      this.put({ op: 'activateFramework', framework }, () => this.naive.activateFramework(framework));
    else if (roll < 0.93) {
      const next = { ...this.framework(), isActive: true };
      this.put({ op: 'updateFramework', ...this.frameworkStep(framework, next) }, () =>
        this.naive.updateFramework(framework, next),
      );
    } else this.put({ op: 'removeFramework', framework }, () => this.naive.removeFramework(framework));
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T;
  }
}

function textOf(bundle: Bundle): string {
  const parts = [...bundle.scalars].map(([kind, milli]) => `${kind}:${milli / 1000}`);
  if (bundle.ports.size > 0)
    parts.push(
      `ports:[${[...bundle.ports]
        .sort((a, b) => a - b)
        .map((port) => `${port}-${port}`)
        .join(', ')}]`,
    );
  return parts.join(';');
}
