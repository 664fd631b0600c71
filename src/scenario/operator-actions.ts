import type { Cluster } from '../cluster/cluster.js';
import { InputError } from '../core/errors.js';
import type { ResourceSpace } from '../model/resources.js';
import { parseDurationUs } from '../model/units.js';
import { amountsIn, quotaIn } from './allocation.js';
import type { ActionDocument } from './schema.js';

/** Something that happens to the cluster at a time. */
export interface Step {
  readonly atUs: number;
  run(cluster: Cluster): void;
}

/** Row of an agent by its id. InputError E_ACTION when there is none. */
export function agentNamed(cluster: Cluster, id: string): number {
  const row = cluster.world.agents.rowOf(id);
  if (row < 0) throw new InputError('E_ACTION', `actions name an agent "${id}" that the cluster does not have`);
  return row;
}

/** Row of a framework by its name. InputError E_ACTION when there is none. */
function frameworkNamed({ world }: Cluster, name: string): number {
  const row = world.frameworks.findIndex((framework) => framework.name === name);
  if (row < 0) throw new InputError('E_ACTION', `actions name a framework "${name}" that the run does not have`);
  return row;
}

/** The steps of an action that is about allocation or takes a while: quota, reservations, draining, maintenance, failover. */
export function allocationSteps(action: ActionDocument, resources: ResourceSpace): Step[] {
  const atUs = parseDurationUs(String(action.at), 'actions.at');
  const steps: Step[] = [];
  const then = (us: number, run: (cluster: Cluster) => void): number => steps.push({ atUs: us, run });
  const { setQuota, reserve, unreserve, drainAgent, maintenance } = action;
  if (setQuota !== undefined) {
    const quota = quotaIn(setQuota, resources, 'actions.setQuota');
    then(atUs, (cluster) => cluster.operators.setQuota(setQuota.role, quota, setQuota.force ?? false));
  }
  for (const [given, isUndone] of [
    [reserve, false],
    [unreserve, true],
  ] as const) {
    if (given === undefined) continue;
    const amounts = amountsIn(given.amounts, resources, 'actions.reserve');
    then(atUs, (cluster) => cluster.operators.reserve(agentNamed(cluster, given.agent), given.role, amounts, isUndone));
  }
  if (drainAgent !== undefined) {
    const { agent, grace } = typeof drainAgent === 'string' ? { agent: drainAgent, grace: undefined } : drainAgent;
    const graceUs = grace === undefined ? 0 : parseDurationUs(String(grace), 'actions.drainAgent.grace');
    then(atUs, (cluster) => cluster.operators.drain(agentNamed(cluster, agent), graceUs));
  }
  if (action.failover !== undefined) {
    const { framework, for: away } = action.failover;
    const untilUs = atUs + parseDurationUs(String(away), 'actions.failover.for');
    then(atUs, (cluster) => cluster.world.absences.leave(frameworkNamed(cluster, framework)));
    then(untilUs, (cluster) => cluster.world.absences.comeBack(frameworkNamed(cluster, framework)));
  }
  if (action.failMaster !== undefined) {
    const untilUs = atUs + parseDurationUs(String(action.failMaster.for), 'actions.failMaster.for');
    then(atUs, (cluster) => cluster.world.mastership.fail());
    then(untilUs, (cluster) => cluster.world.mastership.repair());
  }
  if (maintenance !== undefined) steps.push(...maintenanceSteps(atUs, maintenance));
  return steps;
}

function maintenanceSteps(atUs: number, window: NonNullable<ActionDocument['maintenance']>): Step[] {
  const startUs = parseDurationUs(String(window.start), 'actions.maintenance.start');
  if (startUs < atUs) {
    throw new InputError('E_ACTION', `a maintenance window starts before it is scheduled, got "${window.start}"`);
  }
  const durationUs =
    window.duration === undefined ? -1 : parseDurationUs(String(window.duration), 'actions.maintenance.duration');
  const rows = (cluster: Cluster): number[] => window.agents.map((id) => agentNamed(cluster, id));
  const steps: Step[] = [
    { atUs, run: (cluster) => cluster.operators.scheduleMaintenance(rows(cluster), startUs, durationUs) },
    { atUs: startUs, run: (cluster) => cluster.operators.machinesDown(rows(cluster)) },
  ];
  if (durationUs >= 0) {
    steps.push({ atUs: startUs + durationUs, run: (cluster) => cluster.operators.machinesUp(rows(cluster)) });
  }
  return steps;
}
