import type { OptionValues } from '../model/options.js';
import type { PreemptionSettings } from './preemption.js';

/** Options of every allocator that may end running work for other work. */
export const PREEMPTION_OPTIONS = {
  grace: { type: 'duration', default: '0 s', range: [0, 86_400e6], help: 'notice before a victim is ended' },
  cooldown: {
    type: 'duration',
    default: '0 s',
    range: [0, 365 * 86_400e6],
    help: 'a task is left alone until it has run for this long',
  },
  maxEvictions: {
    type: 'integer',
    default: 0,
    range: [0, 1e6],
    unit: 'evictions',
    help: 'a task that was ended this often is left alone; 0 = no limit',
  },
  maxVictims: { type: 'integer', default: 1000, range: [1, 1e6], unit: 'tasks', help: 'most victims of one run' },
  protect: {
    type: 'choice',
    default: 'none',
    choices: ['none', 'share'],
    help: 'share: frameworks that would hold less than their weighted share of the cluster are left alone',
  },
  protectQuota: {
    type: 'boolean',
    default: true,
    help: "no work of a role ends for another role's where the role would hold less than its quota guarantees",
  },
  putOff: {
    type: 'duration',
    default: '30 s',
    range: [0, 86_400e6],
    help: 'after evictions in vain (the room went to other work) the next ones for the same work are put off, each time twice as long',
  },
  work: {
    type: 'choice',
    default: 'scenario',
    choices: ['scenario', 'kill', 'checkpoint'],
    help: "what becomes of a victim's work: as cluster.checkpoint says, lost, or kept",
  },
} as const;

/** The settings that these options stand for. */
export function preemptionSettings(
  options: OptionValues<typeof PREEMPTION_OPTIONS>,
  more: Pick<PreemptionSettings, 'gap' | 'victims'>,
): PreemptionSettings {
  const { grace, cooldown, maxEvictions, maxVictims, protect, protectQuota, putOff, work } = options;
  return {
    ...more,
    graceUs: grace,
    cooldownUs: cooldown,
    maxEvictions,
    maxVictims,
    putOffUs: putOff,
    protectsQuota: protectQuota,
    protectsShares: protect === 'share',
    keepsWork: work === 'scenario' ? undefined : work === 'checkpoint',
  };
}
