import { mix32 } from '../core/digest.js';
import type { AgentStore } from './agents.js';

/** Draws after which a rule about racks is given up: the cluster may have one rack only. */
const MAX_DRAWS = 64;
const RACK = 'rack';

/**
 * Where the copies of blocks of input data lie: a function of seed and name alone, so nothing is kept per block. As HDFS places them
 * (BlockPlacementPolicyDefault.chooseTarget, with a writer outside the cluster): the first on any agent, the second on another rack,
 * the third on the second's rack, more anywhere. Racks are the agents' attribute `rack`; without it any distinct agents do.
 */
export class BlockMap {
  /** Agents at the start of the run: those that join later hold no blocks. */
  private agentCount = -1;
  private readonly replicas: number[] = [];

  constructor(
    private readonly agents: AgentStore,
    private readonly seed: number,
    private readonly replicaCount: number,
  ) {}

  replicasOf(block: string): readonly number[] {
    if (this.agentCount < 0) this.agentCount = this.agents.count;
    const { replicas } = this;
    replicas.length = 0;
    let state = mix32(this.seed);
    for (let index = 0; index < block.length; index++) state = mix32(state ^ block.charCodeAt(index));
    const wanted = Math.min(this.replicaCount, this.agentCount);
    for (let draw = 0; replicas.length < wanted; draw++) {
      state = mix32(state + 0x9e3779b9);
      const agent = (state >>> 0) % this.agentCount;
      if (replicas.includes(agent) || (draw < MAX_DRAWS && !this.isRackRight(agent))) continue;
      replicas.push(agent);
    }
    return replicas;
  }

  private isRackRight(agent: number): boolean {
    const { replicas } = this;
    if (replicas.length === 1) return this.rackOf(agent) !== this.rackOf(replicas[0] as number);
    return replicas.length !== 2 || this.rackOf(agent) === this.rackOf(replicas[1] as number);
  }

  private rackOf(agent: number): string | undefined {
    return this.agents.attributes[agent]?.[RACK];
  }
}
