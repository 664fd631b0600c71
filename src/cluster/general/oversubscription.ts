import { plainKind } from '../allocation/resource-kinds.js';
import { ESTIMATE } from '../kinds.js';
import { RUNNING } from '../tasks.js';
import type { World } from '../world.js';
import type { GeneralEngine } from './general-engine.js';
import type { OversubscriptionSettings } from './settings.js';

/**
 * The agents' resource estimators and QoS controllers (docs/oversubscription.md, semantics §11): at every interval the slack of an agent,
 * what its running tasks ask for less what they use, becomes its revocable resources. Where the estimate has changed, outstanding offers
 * with revocable resources are taken back; where less is left than revocable tasks hold, the youngest of them are ended.
 */
export class Oversubscription {
  private isArmed = false;
  private readonly slack: Float64Array;

  constructor(
    private readonly world: World,
    private readonly engine: GeneralEngine,
    private readonly settings: OversubscriptionSettings,
  ) {
    this.slack = world.resources.zero();
  }

  /** Tasks have been launched: estimates go on, at multiples of the interval, as long as any run. */
  wake(): void {
    if (this.isArmed) return;
    this.isArmed = true;
    const { intervalUs } = this.settings;
    const { nowUs, queue } = this.world;
    queue.push((Math.floor(nowUs / intervalUs) + 1) * intervalUs, ESTIMATE, 0, 0);
  }

  estimate(): void {
    const { agents, tasks, mastership } = this.world;
    this.isArmed = false;
    for (let agent = 0; agent < agents.count; agent++) {
      if (agents.isUp[agent] === 1 && mastership.isKnown(agent)) this.estimateOf(agent);
    }
    if (tasks.rows.liveCount > 0) this.wake();
  }

  private estimateOf(agent: number): void {
    this.measure(agent);
    const { kinds, allocator } = this.engine;
    const changes = this.settings.resources.map((name) => {
      const kind = kinds.intern({ ...plainKind(kinds.resources.names[name] as string), isRevocable: true });
      return { name, kind, milli: Math.floor((this.slack[name] as number) * this.settings.share) };
    });
    const before = this.engine.totalOf(agent);
    const isChanged = changes.some(({ kind, milli }) => before[kind] !== milli);
    if (!isChanged) return;
    this.rescind(agent);
    const added = this.world.resources.zero();
    for (const { name, kind, milli } of changes) {
      added[name] = milli - (before[kind] as number);
      before[kind] = milli;
    }
    this.resize(agent, added);
    allocator.updateAgent(agent, { amounts: before, offset: 0 });
    this.world.clock.wantRunOn(agent);
    this.correct(agent);
  }

  /** An agent comes back without revocable resources. */
  agentLeft(agent: number, total: Float64Array): void {
    const { agents, width } = this.world;
    const { kinds } = this.engine;
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isRevocable[kind] === 0) continue;
      const cell = agent * width + (kinds.nameRows[kind] as number);
      agents.total[cell] = (agents.total[cell] as number) - (total[kind] ?? 0);
    }
  }

  /** Requests less use over the tasks that run on resources of their own. */
  private measure(agent: number): void {
    const { agents, tasks, bundles, usage } = this.world;
    this.slack.fill(0);
    for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
      if (tasks.state[task] !== RUNNING || this.isRevocable(task)) continue;
      const asked = bundles.amountsOf(tasks.bundle[task] as number);
      const used = usage.ofTask(task);
      for (const name of this.settings.resources) {
        const idle = Math.max(0, (asked[name] as number) - (used[name] as number));
        this.slack[name] = (this.slack[name] as number) + idle;
      }
    }
  }

  /** True when the task holds revocable amounts. */
  private isRevocable(task: number): boolean {
    const { kinds, taskKinds } = this.engine;
    const base = taskKinds.at(task);
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isRevocable[kind] === 1 && (taskKinds.amounts[base + kind] as number) > 0) return true;
    }
    return false;
  }

  private rescind(agent: number): void {
    const { offers, master } = this.world;
    const { kinds, offerKinds } = this.engine;
    for (let offer = offers.firstOnAgent[agent] ?? -1; offer >= 0; ) {
      const next = offers.nextOnAgent[offer] as number;
      const base = offerKinds.at(offer);
      const holds = kinds.isRevocable.some((is, kind) => is === 1 && (offerKinds.amounts[base + kind] as number) > 0);
      if (holds) master.rescind(offer, true);
      offer = next;
    }
  }

  /** The world's total and free amounts hold revocable ones too, as the allocator's do. */
  private resize(agent: number, added: Float64Array): void {
    const { agents, pool, ledger, width } = this.world;
    pool.reconsider(agent, () => {
      for (let name = 0; name < width; name++) {
        const cell = agent * width + name;
        agents.total[cell] = (agents.total[cell] as number) + (added[name] as number);
        agents.free[cell] = (agents.free[cell] as number) + (added[name] as number);
      }
    });
    agents.epoch++;
    ledger.addTotal(added, 1);
  }

  /** Ends revocable tasks, the youngest first, until the agent's revocable resources cover the rest (QoS controller). */
  private correct(agent: number): void {
    const { agents, tasks, lifecycle } = this.world;
    const { kinds, allocator, taskKinds } = this.engine;
    const { total, held } = allocator.state.agents;
    const stop = { reason: 'container-preempted', state: 'killed' as const, isRetried: true };
    for (let kind = 0; kind < kinds.count; kind++) {
      if (kinds.isRevocable[kind] === 0) continue;
      const cell = agent * kinds.stride + kind;
      let excess = (held[cell] as number) - (total[cell] as number);
      // The list of an agent's tasks begins with the one that was launched last.
      for (let task = agents.firstTask[agent] as number; task >= 0 && excess > 0; ) {
        const next = tasks.nextOnAgent[task] as number;
        const milli = taskKinds.amounts[taskKinds.at(task) + kind] as number;
        if (milli > 0) {
          lifecycle.kill(task, stop, 0);
          excess -= milli;
        }
        task = next;
      }
    }
  }
}
