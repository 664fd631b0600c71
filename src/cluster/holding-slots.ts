import { grown, Rows } from '../core/rows.js';
import { HeldAgents } from './held-agents.js';

/**
 * The slots in which frameworks merge what they hold on an agent, one store for all of them: a framework that has once been offered the
 * whole cluster does not keep room for that for ever. A slot's columns are set by who takes it.
 */
export class HoldingSlots {
  /** Held on the agent, `width` columns per slot. */
  amounts = new Float64Array(0);
  /** First offer of the slot, -1 = none. */
  head = new Int32Array(0);
  /** 1 = the agent's part of the blanket is in the amounts. */
  hasBlanketPart = new Uint8Array(0);
  /** Into which a bulk is merged; it changes places with the list of the framework that gets the bulk. */
  spare = new HeldAgents();
  private readonly rows: Rows;
  /** Per agent: serial of the last blanket in which its part has been answered. A blanket has one holder, so that one column does. */
  private answered = new Int32Array(64);

  constructor(width: number) {
    this.rows = new Rows((capacity) => {
      this.head = grown(this.head, capacity);
      this.hasBlanketPart = grown(this.hasBlanketPart, capacity);
      this.amounts = grown(this.amounts, capacity * width);
    });
  }

  take(): number {
    return this.rows.take();
  }

  give(slot: number): void {
    this.rows.release(slot);
  }

  /** Takes back a list that is over for an empty one: room for many agents goes to the next framework that is offered as many. */
  lend(list: HeldAgents): HeldAgents {
    const { spare } = this;
    list.clear();
    if (list.capacity <= spare.capacity) return list;
    this.spare = list;
    spare.clear();
    return spare;
  }

  /** Serial of the last blanket whose part of the agent has been answered, 0 = none. */
  answeredIn(agent: number): number {
    return this.answered[agent] ?? 0;
  }

  noteAnswered(agent: number, blanketSerial: number): void {
    if (agent >= this.answered.length)
      this.answered = grown(this.answered, Math.max(agent + 1, this.answered.length * 2));
    this.answered[agent] = blanketSerial;
  }
}
