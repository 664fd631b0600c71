import type { ActionSource, Cluster } from '../cluster/cluster.js';
import type { MachineEvent } from '../model/job.js';
import type { ResourceSpace } from '../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib } from '../model/units.js';
import type { FaultBoard } from './faults.js';
import { agentNamed, allocationSteps, type Step } from './operator-actions.js';
import type { ActionDocument } from './schema.js';

/** Operator actions, machine events and faults in order of time: stage 1 of an instant. */
export class Timeline implements ActionSource {
  private readonly steps: Step[];
  private index = 0;
  private pending: MachineEvent | null;

  constructor(
    actions: readonly ActionDocument[],
    private readonly resources: ResourceSpace,
    private readonly machines: { next(): MachineEvent | null; close(): void } | undefined,
    /** Steps that come before the actions of their time. */
    steps: readonly Step[] = [],
    private readonly faults?: FaultBoard,
  ) {
    const acts = actions.map((action) => ({
      atUs: parseDurationUs(String(action.at), 'actions.at'),
      run: (cluster: Cluster) => this.carryOut(action, cluster),
    }));
    const more = actions.flatMap((action) => allocationSteps(action, resources));
    this.steps = [...steps, ...acts, ...more].sort((a, b) => a.atUs - b.atUs);
    this.pending = machines?.next() ?? null;
  }

  /** An operator's action by API, at a time that has not come yet; after those of the scenario for the same time. */
  at(atUs: number, run: (cluster: Cluster) => void): void {
    const later = this.steps.findIndex((step, index) => index >= this.index && step.atUs > atUs);
    this.steps.splice(later < 0 ? this.steps.length : later, 0, { atUs, run });
  }

  nextUs(): number {
    return Math.min(this.nextPlannedUs(), this.faults?.nextUs() ?? Number.POSITIVE_INFINITY);
  }

  nextHelpUs(): number {
    return Math.min(this.nextPlannedUs(), this.faults?.nextRepairUs() ?? Number.POSITIVE_INFINITY);
  }

  private nextPlannedUs(): number {
    const step = this.steps[this.index];
    return Math.min(
      step === undefined ? Number.POSITIVE_INFINITY : step.atUs,
      this.pending === null ? Number.POSITIVE_INFINITY : this.pending.timeUs,
    );
  }

  act(nowUs: number, cluster: Cluster): void {
    for (let step = this.steps[this.index]; step !== undefined && step.atUs <= nowUs; step = this.steps[++this.index])
      step.run(cluster);
    while (this.pending !== null && this.pending.timeUs <= nowUs) {
      this.applyMachine(this.pending, cluster);
      this.pending = this.machines?.next() ?? null;
    }
    this.faults?.act(nowUs, cluster);
  }

  close(): void {
    this.machines?.close();
    this.faults?.close();
  }

  private applyMachine(event: MachineEvent, cluster: Cluster): void {
    const { membership, world } = cluster;
    const row = world.agents.rowOf(event.agent);
    if (event.event === 'remove') {
      if (row >= 0) membership.leave(row);
    } else if (event.amounts !== undefined) {
      membership.join({ id: event.agent, amounts: event.amounts, attributes: event.attributes }, true);
    } else if (row >= 0 && world.agents.isUp[row] !== 1) {
      membership.join(
        { id: event.agent, amounts: world.agents.totalOf(row).slice(), attributes: event.attributes },
        true,
      );
    }
  }

  private carryOut(action: ActionDocument, cluster: Cluster): void {
    if (action.setWeight !== undefined) cluster.setWeight(action.setWeight.role, action.setWeight.weight);
    if (action.killJob !== undefined) cluster.killJob(action.killJob);
    if (action.pauseJob !== undefined) cluster.pauseJob(action.pauseJob);
    if (action.resumeJob !== undefined) cluster.resumeJob(action.resumeJob);
    if (action.removeAgent !== undefined) cluster.membership.leave(agentNamed(cluster, action.removeAgent));
    if (action.deactivateAgent !== undefined)
      cluster.membership.deactivate(agentNamed(cluster, action.deactivateAgent));
    if (action.activateAgent !== undefined) cluster.membership.activate(agentNamed(cluster, action.activateAgent));
    if (action.policy !== undefined) {
      const { action: word, ...values } = action.policy;
      cluster.world.clock.tellPolicy(word, values);
    }
    if (action.tell !== undefined) {
      const { framework, action: word, ...values } = action.tell;
      cluster.tell(framework, word, values);
    }
    if (action.addAgent !== undefined) {
      const { id, cpus, mem, disk, gpus } = action.addAgent;
      const amounts = this.resources.of({ cpus, gpus: gpus ?? 0 });
      amounts[1] = parseMemoryMilliMib(String(mem), 'actions.addAgent.mem');
      amounts[2] = parseMemoryMilliMib(String(disk ?? 0), 'actions.addAgent.disk');
      cluster.membership.join({ id, amounts, attributes: {} }, true);
    }
  }
}
