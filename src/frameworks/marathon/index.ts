import { InputError } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import { defineFramework, type FrameworkSlots, type SchedulerDriver } from '../../model/framework.js';
import type { OptionValues } from '../../model/options.js';
import { readJobFile } from '../job-file.js';
import { readApps } from './app-tree.js';
import { portOption } from './host-ports.js';
import { Marathon } from './marathon.js';
import { type MarathonSettings, QUIRKS, type Quirk } from './settings.js';

/** Options of Marathon; `web-service` has them too. */
export const MARATHON_OPTIONS = {
  apps: { type: 'files', default: '', help: 'JSON of apps, pods and groups: a file, several, or a pattern with *' },
  startup: {
    type: 'duration',
    default: '0 s',
    range: [0, 1e15],
    help: 'from the start of a task to its first answer to checks; label MESOSIM_STARTUP',
  },
  meanLife: {
    type: 'duration',
    default: '0 s',
    range: [0, 1e18],
    help: 'mean of the exponential time until a task fails, 0 = never; label MESOSIM_MEAN_LIFE',
  },
  startFailure: {
    type: 'number',
    default: 0,
    range: [0, 1],
    help: 'chance that a start fails; label MESOSIM_START_FAILURE',
  },
  meanHealthy: {
    type: 'duration',
    default: '0 s',
    range: [0, 1e18],
    help: 'mean time until a task stops answering checks, 0 = never; label MESOSIM_MEAN_HEALTHY',
  },
  meanUnhealthy: {
    type: 'duration',
    default: '60 s',
    range: [0, 1e18],
    help: 'mean time until it answers again; label MESOSIM_MEAN_UNHEALTHY',
  },
  shutdown: {
    type: 'duration',
    default: '0 s',
    range: [0, 1e15],
    help: 'from the signal to end to the end of a task, at most its grace period; label MESOSIM_SHUTDOWN',
  },
  declineOfferDuration: {
    type: 'duration',
    default: '120 s',
    range: [0, 1e12],
    help: 'filter of offers that nobody takes (decline_offer_duration)',
  },
  maxInstancesPerOffer: {
    type: 'integer',
    default: 5,
    range: [1, 1e6],
    help: 'launches from one offer at most (max_instances_per_offer)',
  },
  launchTokens: {
    type: 'integer',
    default: 100,
    range: [1, 1e9],
    help: 'launches between two refills at most (launch_tokens)',
  },
  launchTokenRefresh: {
    type: 'duration',
    default: '30 s',
    range: [1, 1e12],
    help: 'between two refills (launch_token_refresh_interval)',
  },
  minReviveInterval: {
    type: 'duration',
    default: '5 s',
    range: [0, 1e12],
    help: 'between calls of REVIVE and SUPPRESS (min_revive_offers_interval)',
  },
  suppressOffers: { type: 'boolean', default: true, help: 'SUPPRESS while nothing waits (suppress_offers)' },
  gpuScheduling: {
    type: 'choice',
    default: 'restricted',
    choices: ['restricted', 'unrestricted'],
    help: 'restricted: apps without gpus refuse offers with gpus (gpu_scheduling_behavior)',
  },
  groupBy: {
    type: 'choice',
    default: 'since-2020',
    choices: ['since-2020', 'before-2020'],
    help: 'rule of GROUP_BY: since commit ddd6b19b189d, or as docs/constraints.md describes it',
  },
  overdue: {
    type: 'duration',
    default: '300 s',
    range: [1, 1e15],
    help: 'a launch that does not run by then is killed (task_launch_timeout)',
  },
  ports: {
    type: 'text',
    default: '1-65535',
    help: 'ports of agents without an attribute `ports`: ranges such as 31000-32000,80',
  },
  region: {
    type: 'text',
    default: '',
    help: 'region of the master: apps go elsewhere only by a constraint on @region or @zone',
  },
  drainingSeconds: {
    type: 'duration',
    default: '0 s',
    range: [0, 1e15],
    help: 'offers are refused so long before the maintenance of their agent (draining_seconds)',
  },
  taskReservationTimeout: {
    type: 'duration',
    default: '20 s',
    range: [1, 1e15],
    help: 'a reservation of a resident app that is not offered by then is given up (task_reservation_timeout)',
  },
  quirks: { type: 'text', default: 'all', help: `all, none, or some of ${QUIRKS.join('+')}` },
} as const;

export function settingsOf(options: OptionValues<typeof MARATHON_OPTIONS>): MarathonSettings {
  const quirks = quirksOf(options.quirks);
  return {
    program: {
      startupUs: options.startup,
      meanLifeUs: options.meanLife,
      startFailure: options.startFailure,
      meanHealthyUs: options.meanHealthy,
      meanUnhealthyUs: options.meanUnhealthy,
      shutdownUs: options.shutdown,
    },
    rules: {
      isGroupByExact: options.groupBy === 'since-2020',
      groupByNeedsValue: quirks.has('group-by-needs-value'),
    },
    hasQuirk: (quirk) => quirks.has(quirk),
    declineUs: options.declineOfferDuration,
    maxPerOffer: options.maxInstancesPerOffer,
    tokenCount: options.launchTokens,
    tokenRefillUs: options.launchTokenRefresh,
    reviveUs: options.minReviveInterval,
    suppresses: options.suppressOffers,
    keepsGpus: options.gpuScheduling === 'restricted',
    overdueUs: options.overdue,
    ports: portOption(options.ports),
    region: options.region,
    drainingUs: options.drainingSeconds,
    reservationTimeoutUs: options.taskReservationTimeout,
  };
}

function quirksOf(text: string): ReadonlySet<Quirk> {
  if (text === 'all') return new Set(QUIRKS);
  if (text === 'none') return new Set();
  const names = text.split('+').map((name) => name.trim());
  for (const name of names) {
    if ((QUIRKS as readonly string[]).includes(name)) continue;
    const rule = `quirks must be all, none or names joined by +, got "${name}"`;
    throw new InputError('E_OPTION_VALUE', rule, {}, nameHint(name, QUIRKS));
  }
  return new Set(names as Quirk[]);
}

/** The Marathon of a framework: for frameworks that are made of it. */
export function marathonOf(
  options: OptionValues<typeof MARATHON_OPTIONS>,
  slots: FrameworkSlots,
  driver: SchedulerDriver,
): Marathon {
  return new Marathon(driver, slots, settingsOf(options), readApps(options.apps.map(readJobFile)));
}

export const marathon = defineFramework({
  name: 'marathon',
  // MarathonConf.scala: one week.
  failoverTimeoutUs: 7 * 86_400e6,
  summary: 'long-running apps and pods: constraints, deployments, health checks, back-off, restarts',
  source: 'mesosphere/marathon at commit 90619da70d79 (after 1.10.17)',
  options: MARATHON_OPTIONS,
  create: marathonOf,
});
