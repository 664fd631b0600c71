import type { ClusterSettings } from '../cluster/world.js';
import { parseDurationUs } from '../model/units.js';
import { generalSettings } from './allocation.js';
import type { ScenarioDocument } from './schema.js';

/** How the cluster is set up by a scenario; `options` are what the run chooses itself. */
export function settingsOf(
  document: ScenarioDocument,
  seed: number,
  options: { readonly isNaive?: boolean | undefined; readonly checksInvariants?: boolean | undefined },
): ClusterSettings {
  const { cluster, network, master } = document;
  const time = (value: string | number | undefined, fallback: number, label: string): number =>
    value === undefined ? fallback : parseDurationUs(String(value), label);
  return {
    seed,
    allocationIntervalUs: Math.max(1, time(master?.allocationInterval, 1e6, 'master.allocationInterval')),
    allocateOnRecover: master?.allocateOn?.includes('recover') ?? false,
    agentOrder: master?.agentOrder ?? 'shuffle',
    networkDelayUs: time(network?.delay, 0, 'network.delay'),
    startDelayUs: time(cluster.startDelay, 0, 'cluster.startDelay'),
    imagePullUs: time(cluster.imagePull, 0, 'cluster.imagePull'),
    imagePulls: new Map(
      Object.entries(cluster.images ?? {}).map(([image, pull]) => [image, time(pull, 0, `cluster.images.${image}`)]),
    ),
    offerTimeoutUs: time(master?.offerTimeout, -1, 'master.offerTimeout'),
    blockReplicas: cluster.blockReplicas ?? 3,
    checkpoint: cluster.checkpoint !== undefined && cluster.checkpoint !== false,
    checkpointEveryUs: typeof cluster.checkpoint === 'boolean' ? 0 : time(cluster.checkpoint, 0, 'cluster.checkpoint'),
    restartUs: time(cluster.restart, 0, 'cluster.restart'),
    general: generalSettings(document),
    masterCount: cluster.masters,
    sessionTimeoutUs: time(master?.sessionTimeout, 10e6, 'master.sessionTimeout'),
    registrationBackoffUs: time(master?.registrationBackoff, 1e6, 'master.registrationBackoff'),
    reregisterTimeoutUs: time(master?.agentReregisterTimeout, 600e6, 'master.agentReregisterTimeout'),
    isNaive: options.isNaive ?? false,
    checksInvariants: options.checksInvariants ?? false,
  };
}
