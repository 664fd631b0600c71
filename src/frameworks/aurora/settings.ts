import type { OptionValues } from '../../model/options.js';

export const auroraOptions = {
  jobs: { type: 'files', default: '', help: 'job JSON of the documented shape; * is expanded' },
  quotas: { type: 'file', default: '', help: 'JSON of quotas per role' },
  unsetQuota: {
    type: 'choice',
    default: 'zero',
    choices: ['zero', 'unlimited'],
    help: 'what the production jobs of a role without a quota may use',
  },
  origin: { type: 'text', default: '2024-01-01T00:00:00Z', help: 'ISO 8601 time at which the run starts, for cron' },
  duration: { type: 'duration', default: '60 s', help: 'run time of ad-hoc tasks that name none' },
  executorCpus: { type: 'number', default: 0.25, range: [0, 1e6], help: 'CPUs of the executor beside each task' },
  executorRam: {
    type: 'number',
    default: 128,
    unit: 'MiB',
    range: [0, 1e9],
    help: 'memory of the executor beside each task',
  },
  firstDelay: { type: 'duration', default: '1 ms', help: 'from PENDING to the first attempt (first_schedule_delay)' },
  attemptsPerSecond: {
    type: 'number',
    default: 40,
    range: [0.001, 1e6],
    help: 'attempts of all groups (max_schedule_attempts_per_sec)',
  },
  tasksPerAttempt: {
    type: 'integer',
    default: 5,
    range: [1, 1e6],
    help: 'tasks of one attempt (scheduling_max_batch_size)',
  },
  backoff: {
    type: 'duration',
    default: '1 s',
    help: 'first delay of a group that found nothing (initial_schedule_backoff)',
  },
  backoffMax: { type: 'duration', default: '60 s', help: 'longest delay of a group (max_schedule_backoff)' },
  quickTries: {
    type: 'boolean',
    default: true,
    help: 'quirk: the delay grows from 1 ms, so that about eighteen tries come in the first second',
  },
  flapThreshold: {
    type: 'duration',
    default: '5 min',
    help: 'tasks that end sooner are flapping (flapping_threshold)',
  },
  flapBackoff: { type: 'duration', default: '30 s', help: 'first delay of a flapping task (initial_flapping_backoff)' },
  flapBackoffMax: {
    type: 'duration',
    default: '5 min',
    help: 'longest delay of a flapping task (max_flapping_backoff)',
  },
  preemptedFlaps: {
    type: 'boolean',
    default: true,
    help: 'quirk: a preempted task counts as flapping however long it ran, and so does one lost through PARTITIONED',
  },
  hold: {
    type: 'text',
    default: '5 min',
    help: 'how long offers are held (min_offer_hold_time), forever (hold_offers_forever)',
  },
  holdJitter: { type: 'duration', default: '60 s', help: 'and up to so much longer (offer_hold_jitter_window)' },
  offerOrder: {
    type: 'text',
    default: 'RANDOM',
    help: 'offers are tried in this order, smallest first: some of CPU, MEMORY, DISK, RANDOM joined by + (offer_order)',
  },
  equalOffersCollapse: {
    type: 'boolean',
    default: true,
    help: 'quirk: without RANDOM in the order, of equal offers only the first is ever looked at',
  },
  unavailabilityThreshold: {
    type: 'duration',
    default: '6 min',
    help: 'agents are left alone so long before their maintenance (unavailability_threshold)',
  },
  revocableTier: {
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'revocable', 'ordinary'],
    help: 'tasks of the tier revocable run on revocable CPUs; auto = where the framework registers REVOCABLE_RESOURCES',
  },
  preempt: { type: 'boolean', default: true, help: 'evict own tasks for those that wait (enable_preemptor)' },
  preemptAfter: {
    type: 'duration',
    default: '3 min',
    help: 'a task waits so long before others are evicted (preemption_delay)',
  },
  preemptInterval: {
    type: 'duration',
    default: '60 s',
    range: [1e6, 1e15],
    help: 'between searches (preemption_slot_search_interval)',
  },
  slotHold: {
    type: 'duration',
    default: '5 min',
    help: 'how long a slot that was found is kept (preemption_slot_hold_time)',
  },
  reservation: {
    type: 'duration',
    default: '3 min',
    help: 'how long an agent is kept for the group that evicted there (preemption_reservation)',
  },
  partitionAware: {
    type: 'boolean',
    default: false,
    help: 'tasks of lost agents are PARTITIONED as their partition_policy says, else LOST at once (partition_aware)',
  },
  transientTimeout: {
    type: 'duration',
    default: '5 min',
    range: [1, 1e15],
    help: 'a task that stays ASSIGNED or is being ended for so long is LOST (transient_task_state_timeout)',
  },
  updateAffinity: {
    type: 'boolean',
    default: false,
    help: 'an update keeps the agent of the task it ends for the next one of the instance (enable_update_affinity)',
  },
  affinityHold: { type: 'duration', default: '3 min', help: 'for so long (update_affinity_reservation_hold_time)' },
  slaKillRetry: {
    type: 'duration',
    default: '1 min',
    help: 'first delay until an sla_aware kill is tried again (sla_aware_kill_retry_min_delay)',
  },
  slaKillRetryMax: { type: 'duration', default: '5 min', help: 'longest such delay (sla_aware_kill_retry_max_delay)' },
  maxLeading: {
    type: 'duration',
    default: '1 d',
    help: 'quirk: the leader gives way to another one after so long (max_leading_duration); 0 = never',
  },
  slaInterval: { type: 'duration', default: '60 s', range: [1e6, 1e15], help: 'between looks at an SLA drain' },
} as const;

export type AuroraOptions = OptionValues<typeof auroraOptions>;
