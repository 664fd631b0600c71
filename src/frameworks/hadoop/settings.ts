import type { OptionValues } from '../../model/options.js';
import { luckOptions } from '../inside/luck.js';

const FOREVER = 1e15;
const seconds = (value: string, help: string) =>
  ({ type: 'duration', default: value, range: [0, FOREVER], help }) as const;
const whole = (value: number, help: string) => ({ type: 'integer', default: value, range: [0, 1e9], help }) as const;
const amount = (value: number, unit: string, help: string) =>
  ({ type: 'number', default: value, range: [0, 1e9], unit, help }) as const;
const ratio = (value: number, help: string) => ({ type: 'number', default: value, range: [0, 1e6], help }) as const;
const share = (value: number, help: string) => ({ type: 'number', default: value, range: [0, 1], help }) as const;
const yes = (value: boolean, help: string) => ({ type: 'boolean', default: value, help }) as const;

/** Options of `hadoop`; names in brackets are those of mapred-site.xml. */
export const hadoopOptions = {
  conf: { type: 'file', default: '', help: 'a mapred-site.xml; an option that is given here goes before it' },
  jobs: { type: 'files', default: '', help: 'MapReduce jobs in JSON, beside the jobs of the workload; * is expanded' },
  pools: { type: 'file', default: '', help: 'pools of Fair and queues of Capacity, a JSON file' },
  scheduler: {
    type: 'choice',
    default: 'fifo',
    choices: ['fifo', 'fair', 'fair-deficit', 'capacity'],
    help: 'who gets the slots (mapred.mesos.taskScheduler); fair is that of Hadoop 1.x, fair-deficit that of 0.20',
  },
  // Task trackers on Mesos (mesos/hadoop ResourcePolicy, MesosScheduler).
  policy: {
    type: 'choice',
    default: 'variable',
    choices: ['variable', 'fixed'],
    help: 'slots of a tracker: as many as are needed, or always the maximum (mapred.mesos.scheduler.policy.fixed)',
  },
  mapSlots: whole(2, 'map slots of a tracker at most (mapred.tasktracker.map.tasks.maximum)'),
  reduceSlots: whole(2, 'reduce slots of a tracker at most (mapred.tasktracker.reduce.tasks.maximum)'),
  minMapSlots: whole(0, 'map slots that are always held (mapred.mesos.total.map.slots.minimum)'),
  minReduceSlots: whole(0, 'reduce slots that are always held (mapred.mesos.total.reduce.slots.minimum)'),
  trackerCpus: amount(1, 'CPUs', 'of the tracker itself (mapred.mesos.tasktracker.cpus)'),
  trackerMem: amount(1024, 'MiB', 'of the tracker itself (mapred.mesos.tasktracker.mem)'),
  trackerDisk: amount(1024, 'MiB', 'of the tracker itself (mapred.mesos.tasktracker.disk)'),
  slotCpus: amount(1, 'CPUs', 'of a slot (mapred.mesos.slot.cpus)'),
  slotMem: amount(1024, 'MiB', 'of a slot (mapred.mesos.slot.mem)'),
  slotDisk: amount(1024, 'MiB', 'of a slot (mapred.mesos.slot.disk)'),
  image: { type: 'text', default: '', help: 'container image of trackers (mapred.mesos.docker.image)' },
  launchTimeout: seconds('5 min', 'a tracker that is silent for longer is killed'),
  idleCheck: {
    type: 'duration',
    default: '5 s',
    range: [1, FOREVER],
    help: 'between looks for idle trackers (mapred.mesos.tracker.idle.interval)',
  },
  idleChecks: {
    type: 'integer',
    default: 5,
    range: [1, 1e9],
    help: 'looks in a row after which an idle tracker gives its slots back',
  },
  suppresses: yes(
    false,
    'SUPPRESS while no slots are needed, REVIVE when some are; false = plain declines for ever, as in the real code',
  ),
  countsCleanup: yes(true, 'a job that lives counts as one more waiting map, for its clean-up task'),
  memoryQuirk: yes(false, 'slots ask for 1023 MiB that were not checked against the offer, as the real code does'),
  // JobTracker.
  heartbeat: {
    type: 'duration',
    default: '3 s',
    range: [1, FOREVER],
    help: 'between heartbeats of a tracker at least',
  },
  heartbeatLaw: {
    type: 'choice',
    default: 'per-100',
    choices: ['per-100', 'per-50'],
    help: 'and 1 s per 100 trackers, rounded up (0.20, 1.x), or as before: 1 s per 50 trackers, rounded down, and 1 s more',
  },
  outOfBand: yes(false, 'a heartbeat as soon as a task ends (mapreduce.tasktracker.outofband.heartbeat)'),
  slowStart: share(0.05, 'share of maps done before reduces start (mapred.reduce.slowstart.completed.maps)'),
  delayBy: {
    type: 'choice',
    default: 'time',
    choices: ['time', 'skips', 'none'],
    help: 'how Fair waits for data: by time (Hadoop 1.x), by skipped opportunities (the paper), or not',
  },
  nodeWait: {
    type: 'duration',
    default: -1,
    range: [-1, FOREVER],
    help: 'wait for the node (mapred.fairscheduler.locality.delay); default: min(15 s, 1.5 heartbeats)',
  },
  rackWait: { type: 'duration', default: -1, range: [-1, FOREVER], help: 'then for the rack; default: the same' },
  nodeSkips: whole(0, 'skips before a map may run off its node (D1)'),
  rackSkips: whole(0, 'further skips before it may run off its rack (D2)'),
  targetLocality: share(
    0,
    'share of maps on their node; sets D1 of each job by its size and the cluster; 0 = use nodeSkips',
  ),
  assignMultiple: yes(true, 'Fair fills all free slots at a heartbeat (mapred.fairscheduler.assignmultiple)'),
  deficitBoth: yes(false, 'fair-deficit gives a map and a reduce at a heartbeat, as in CDH3, instead of one of them'),
  sizeBasedWeight: yes(false, 'jobs weigh log2(1 + demand) (mapred.fairscheduler.sizebasedweight)'),
  preemption: yes(
    false,
    'Fair kills tasks of pools above their share for those too long below it (mapred.fairscheduler.preemption)',
  ),
  preemptionInterval: {
    type: 'duration',
    default: '15 s',
    range: [1, FOREVER],
    help: 'between looks (mapred.fairscheduler.preemption.interval)',
  },
  speculation: {
    type: 'choice',
    default: 'gap',
    choices: ['gap', 'late', 'off'],
    help: 'second copies: of tasks 0.2 behind the average progress, or of those with the longest time to their end (LATE)',
  },
  speculativeLag: seconds('60 s', 'a task must have run this long before it may have a copy'),
  maxAttempts: {
    type: 'integer',
    default: 4,
    range: [1, 1e9],
    help: 'failures of one task that fail its job (mapred.map.max.attempts)',
  },
  maxTrackerFailures: whole(
    4,
    'failures on a tracker after which a job shuns it (mapred.max.tracker.failures); 0 = no bound',
  ),
  // What the simulator adds: where the data lie, how long tasks take, what goes wrong.
  inputBlocks: yes(true, 'maps that name no input read a block of their own each'),
  durations: {
    type: 'choice',
    default: 'trace',
    choices: ['trace', 'bytes'],
    help: 'run times of the workload, or from the bytes that tasks read and write',
  },
  shuffleShare: share(1 / 3, 'part of the run time of a reduce that is the shuffle'),
  rackFactor: ratio(1, 'run time of a map whose data is elsewhere in the rack'),
  anyFactor: ratio(1, 'run time of a map whose data is farther'),
  startup: seconds('2 s', 'of a task before its first byte (durations=bytes)'),
  readMibS: { ...amount(50, 'MiB/s', 'read from the local disk and computed on'), range: [0.001, 1e9] },
  networkMibS: { ...amount(25, 'MiB/s', 'read from another agent'), range: [0.001, 1e9] },
  shuffleMibS: { ...amount(20, 'MiB/s', 'fetched by a reduce'), range: [0.001, 1e9] },
  writeMibS: { ...amount(40, 'MiB/s', 'written'), range: [0.001, 1e9] },
  ...luckOptions,
} as const;

export type HadoopSettings = OptionValues<typeof hadoopOptions>;
