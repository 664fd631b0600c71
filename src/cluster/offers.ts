import { grown, Rows } from '../core/rows.js';
import type { GrantTerms } from '../model/allocator.js';

/** Outstanding explicit offers: one per (client, agent) and grant. Columns by row. */
export class OfferStore {
  readonly rows: Rows;
  agent!: Int32Array;
  client!: Int32Array;
  amounts!: Float64Array;
  createdUs!: Float64Array;
  /** Number of the offer, for files. */
  number!: Float64Array;
  /** Allocation run that made it. */
  cycle!: Float64Array;
  /** 1 while outstanding. */
  isOut!: Uint8Array;
  /** 1 once rescinded: an ACCEPT that names it fails. */
  isRescinded!: Uint8Array;
  /** Where it is: on its way to the framework, held by it, or answered (see Holdings). */
  holder!: Uint8Array;
  /** Next offer of the same bulk message, then of the same agent's slot; -1 = last. */
  nextInBulk!: Int32Array;
  /** Links of the outstanding offers of one agent. */
  nextOnAgent!: Int32Array;
  previousOnAgent!: Int32Array;
  firstOnAgent = new Int32Array(16).fill(-1);
  /** Whom the agent was last offered to before others, and by which allocation run: tells why those others wait. */
  private lastClient = new Int32Array(16).fill(-1);
  private lastCycle = new Float64Array(16);
  /** What a market's grant costs; undefined for every other offer. */
  readonly terms: (GrantTerms | undefined)[] = [];

  constructor(private readonly width: number) {
    this.rows = new Rows((capacity) => this.resize(capacity));
  }

  take(client: number, agent: number, cycle: number): number {
    const row = this.rows.take();
    this.cycle[row] = cycle;
    this.client[row] = client;
    this.agent[row] = agent;
    this.isRescinded[row] = 0;
    this.isOut[row] = 1;
    this.holder[row] = 0;
    this.nextInBulk[row] = -1;
    if (row < this.terms.length) this.terms[row] = undefined;
    this.link(row, agent);
    return row;
  }

  /** Others stood behind the client when it got the agent in the run of this number. */
  preferred(client: number, agent: number, cycle: number): void {
    this.lastClient[agent] = client;
    this.lastCycle[agent] = cycle;
  }

  /** The run of this number offered the agent to somebody else before this client. */
  wentToAnother(agent: number, client: number, cycle: number): boolean {
    if (agent >= this.lastClient.length || this.lastCycle[agent] !== cycle) return false;
    const last = this.lastClient[agent] as number;
    return last >= 0 && last !== client;
  }

  /** Takes the offer out of its agent's list (answered or rescinded). */
  unlink(row: number): void {
    this.isOut[row] = 0;
    const next = this.nextOnAgent[row] as number;
    const previous = this.previousOnAgent[row] as number;
    if (previous >= 0) this.nextOnAgent[previous] = next;
    else this.firstOnAgent[this.agent[row] as number] = next;
    if (next >= 0) this.previousOnAgent[next] = previous;
  }

  private link(row: number, agent: number): void {
    if (agent >= this.firstOnAgent.length) {
      const old = this.firstOnAgent.length;
      this.firstOnAgent = grown(this.firstOnAgent, Math.max(old * 2, agent + 1));
      this.firstOnAgent.fill(-1, old);
      this.lastClient = grown(this.lastClient, this.firstOnAgent.length);
      this.lastClient.fill(-1, old);
      this.lastCycle = grown(this.lastCycle, this.firstOnAgent.length);
    }
    const first = this.firstOnAgent[agent] as number;
    this.nextOnAgent[row] = first;
    this.previousOnAgent[row] = -1;
    if (first >= 0) this.previousOnAgent[first] = row;
    this.firstOnAgent[agent] = row;
  }

  private resize(capacity: number): void {
    const int = (column?: Int32Array): Int32Array => grown(column ?? new Int32Array(0), capacity);
    const real = (column?: Float64Array, width = 1): Float64Array =>
      grown(column ?? new Float64Array(0), capacity * width);
    this.agent = int(this.agent);
    this.client = int(this.client);
    this.nextInBulk = int(this.nextInBulk);
    this.nextOnAgent = int(this.nextOnAgent);
    this.previousOnAgent = int(this.previousOnAgent);
    this.amounts = real(this.amounts, this.width);
    this.createdUs = real(this.createdUs);
    this.number = real(this.number);
    this.cycle = real(this.cycle);
    this.holder = grown(this.holder ?? new Uint8Array(0), capacity);
    this.isOut = grown(this.isOut ?? new Uint8Array(0), capacity);
    this.isRescinded = grown(this.isRescinded ?? new Uint8Array(0), capacity);
  }
}
