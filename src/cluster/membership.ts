import type { AgentRecord } from '../model/job.js';
import type { Amounts } from '../model/resources.js';
import { FACT_AGENT } from './kinds.js';
import type { StopReason } from './stop-reason.js';
import type { World } from './world.js';

const AGENT_LOST: StopReason = { reason: 'agent-lost', state: 'lost', isRetried: true };
const ADDED = 1;
const REMOVED = 2;
const UPDATED = 3;
const DEACTIVATED = 4;
const ACTIVATED = 5;

/** Agents that join, leave, change and are taken out of service. */
export class Membership {
  /** Called when capacity has been added. */
  onCapacity: () => void = () => undefined;

  constructor(private readonly world: World) {}

  /** Registers an agent, or brings a known one back with its (new) total. Triggers a run on it when `isLate`. */
  join(record: AgentRecord, isLate: boolean): void {
    const { world } = this;
    if (world.mastership.isDown) return world.mastership.ask(() => this.join(record, isLate));
    const { agents, pool, ledger, engine, facts } = world;
    let row = agents.rowOf(record.id);
    if (row < 0) row = agents.add(record);
    else if (agents.isUp[row] === 1) return this.update(row, record.amounts);
    else agents.setTotal(row, record.amounts);
    world.mastership.joined(row);
    pool.reconsider(row, () => {
      agents.isUp[row] = 1;
      agents.isActive[row] = 1;
      agents.free.set(record.amounts, row * world.width);
    });
    ledger.addTotal(record.amounts, 1);
    engine.agentJoined(row);
    facts.record(FACT_AGENT, world.nowUs, row, ADDED);
    facts.agentChanged(row, true);
    if (!isLate) return;
    world.clock.wantRunOn(row);
    this.onCapacity();
  }

  /** The agent is gone: offers rescinded, tasks lost (and tried again), filters forgotten (master.cpp removeSlave). */
  leave(row: number): void {
    const { world } = this;
    const { agents, pool, ledger, engine, facts } = world;
    if (agents.isUp[row] !== 1) return;
    if (!world.mastership.isKnown(row)) world.mastership.died(row);
    // Peeling makes a covered part an offer, so that it can be rescinded like any other.
    pool.clear(row);
    this.rescindAll(row, false);
    while ((agents.firstTask[row] as number) >= 0) world.lifecycle.lose(agents.firstTask[row] as number, AGENT_LOST);
    pool.reconsider(row, () => {
      agents.isUp[row] = 0;
      agents.isActive[row] = 0;
      agents.free.fill(0, row * world.width, (row + 1) * world.width);
    });
    ledger.addTotal(agents.totalOf(row), -1);
    engine.agentLeft(row);
    agents.epoch++;
    facts.record(FACT_AGENT, world.nowUs, row, REMOVED);
    facts.agentChanged(row, false);
  }

  /** A new total: what is offered or allocated stays; what is free changes by the difference, never below zero. */
  update(row: number, amounts: Amounts): void {
    const { world } = this;
    const { agents, pool, ledger, engine, facts, width } = world;
    if (!world.mastership.isKnown(row)) return world.mastership.ask(() => this.update(row, amounts));
    const old = agents.totalOf(row).slice();
    pool.reconsider(row, () => {
      for (let index = 0; index < width; index++) {
        const at = row * width + index;
        agents.free[at] = (agents.free[at] as number) + (amounts[index] as number) - (old[index] as number);
      }
    });
    agents.total.set(amounts, row * width);
    agents.epoch++;
    ledger.addTotal(old, -1);
    ledger.addTotal(amounts, 1);
    engine.agentResized(row);
    facts.record(FACT_AGENT, world.nowUs, row, UPDATED);
    world.clock.wantRunOn(row);
    this.onCapacity();
  }

  /** No new offers from the agent; outstanding ones are rescinded (DEACTIVATE_AGENT, the first half of DRAIN). */
  deactivate(row: number): void {
    const { world } = this;
    const { agents, pool } = world;
    if (!world.mastership.isKnown(row)) return world.mastership.setStanding(row, false);
    if (agents.isActive[row] !== 1) return;
    // What a blanket covers is peeled off by the change and rescinded with the rest.
    pool.reconsider(row, () => {
      agents.isActive[row] = 0;
    });
    world.engine.agentStanding(row, false);
    this.rescindAll(row, true);
    world.facts.record(FACT_AGENT, world.nowUs, row, DEACTIVATED);
  }

  activate(row: number): void {
    const { world } = this;
    if (!world.mastership.isKnown(row)) return world.mastership.setStanding(row, true);
    if (world.agents.isUp[row] !== 1 || world.agents.isActive[row] === 1) return;
    world.pool.reconsider(row, () => {
      world.agents.isActive[row] = 1;
    });
    world.engine.agentStanding(row, true);
    world.facts.record(FACT_AGENT, world.nowUs, row, ACTIVATED);
  }

  private rescindAll(row: number, returnsResources: boolean): void {
    const { offers, master } = this.world;
    for (let offer = offers.firstOnAgent[row] ?? -1; offer >= 0; ) {
      const next = offers.nextOnAgent[offer] as number;
      master.rescind(offer, returnsResources);
      offer = next;
    }
  }
}
