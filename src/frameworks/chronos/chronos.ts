import { DateTime } from 'luxon';
import { InputError } from '../../core/errors.js';
import { defineFramework } from '../../model/framework.js';
import { readJobFile } from '../job-file.js';
import { Collapse, Skip } from './firing.js';
import { earliestStart, readChronosJobs } from './job.js';
import { ChronosScheduler } from './scheduler.js';

export const chronos = defineFramework({
  name: 'chronos',
  // config/SchedulerConfiguration.scala: one week.
  failoverTimeoutUs: 7 * 86_400e6,
  summary: 'cron for a cluster: ISO 8601 repeating schedules and dependent jobs, from real job JSON',
  source:
    'mesos/chronos at c1348dd (2018-09): jobs/JobScheduler, jobs/JobUtils, mesos/MesosJobFramework, graph/JobGraph; tag 2.5.1',
  options: {
    jobs: { type: 'files', default: '', help: 'job JSON: files of one job or a list of jobs; * is expanded' },
    origin: { type: 'text', default: '', help: 'ISO 8601 time at which the run starts; default the earliest start' },
    catchUp: {
      type: 'choice',
      default: 'collapse',
      choices: ['collapse', 'skip'],
      help: 'missed firings: collapse into one late run (3.x), or are skipped when later than epsilon (2.5.1)',
    },
    epsilon: { type: 'duration', default: '60 s', help: 'catchUp=skip: how late a firing may be (--task_epsilon)' },
    horizon: { type: 'duration', default: '60 s', range: [1e6, 86_400e6], help: 'catchUp=skip: --schedule_horizon' },
    duration: {
      type: 'duration',
      default: '60 s',
      help: 'run time of jobs that say neither simulation.duration nor sleep N',
    },
    retryAfter: { type: 'duration', default: '60 s', help: 'from a failure to its retry (--failure_retry)' },
    disableAfterFailures: {
      type: 'integer',
      default: 0,
      range: [0, 1e6],
      help: 'failures in a row after which a job is disabled; 0 = never (--disable_after_failures)',
    },
    reviveForNewJobs: { type: 'boolean', default: false, help: 'REVIVE when a task is queued, 5 s apart' },
    suppressWhenIdle: {
      type: 'boolean',
      default: false,
      help: 'no offers while nothing is queued; Chronos never does, but a run over months is a hundred times faster',
    },
    missingParents: {
      type: 'choice',
      default: 'error',
      choices: ['error', 'drop'],
      help: 'jobs whose parents are not there: refused as by the API, or left out as when jobs are loaded',
    },
    offerOrder: { type: 'choice', default: 'hash', choices: ['hash', 'id'], help: 'order of the offers of a batch' },
    headBlocks: {
      type: 'boolean',
      default: true,
      help: 'quirk: a task that fits no offer ends the batch for all behind it',
    },
    firstEntryOnly: {
      type: 'boolean',
      default: true,
      help: 'quirk: where a resource is offered both reserved and unreserved, only the reserved entry counts',
    },
    forgetsOnAgentLoss: {
      type: 'boolean',
      default: true,
      help: 'quirk: an agent loss makes it forget what runs elsewhere, so that jobs may overlap themselves',
    },
  },
  create: (options, slots, driver) => {
    const files = options.jobs.map(readJobFile);
    if (files.length === 0) throw new InputError('E_OPTION_VALUE', 'framework chronos needs jobs: a file of job JSON');
    const origin = originOf(options.origin) ?? earliestStart(files) ?? DateTime.fromISO('2024-01-01', { zone: 'utc' });
    let droppedCount = 0;
    const jobs = readChronosJobs(files, {
      now: origin,
      defaultDurationUs: options.duration,
      dropsOrphans: options.missingParents === 'drop',
      random: (name) => driver.random(name),
      dropped: () => {
        droppedCount++;
      },
    });
    const isSkip = options.catchUp === 'skip';
    const settings = {
      originMs: origin.toMillis(),
      droppedJobCount: droppedCount,
      rule: isSkip ? new Skip(options.epsilon / 1000, Math.round(options.horizon / 1000)) : new Collapse(),
      keysByName: !isSkip,
      retryUs: options.retryAfter,
      disableAfterFailures: options.disableAfterFailures,
      revivesForNewJobs: options.reviveForNewJobs,
      suppressesIdle: options.suppressWhenIdle,
      blocksBatch: options.headBlocks,
      forgetsOthers: options.forgetsOnAgentLoss,
      readsFirstEntry: options.firstEntryOnly,
      shuffles: options.offerOrder === 'hash',
    };
    return new ChronosScheduler(jobs, settings, slots, driver);
  },
});

function originOf(text: string): DateTime | undefined {
  if (text === '') return undefined;
  const origin = DateTime.fromISO(text, { setZone: true, zone: 'utc' });
  if (origin.isValid) return origin;
  throw new InputError('E_OPTION_VALUE', `framework chronos[origin] must be an ISO 8601 time, got "${text}"`);
}
