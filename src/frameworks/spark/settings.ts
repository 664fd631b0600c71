import type { OptionValues } from '../../model/options.js';
import { luckOptions } from '../inside/luck.js';

const FOREVER = 1e15;
const seconds = (value: string, help: string) =>
  ({ type: 'duration', default: value, range: [0, FOREVER], help }) as const;
/** Follows another option until it is given. */
const follows = (other: string, help: string) =>
  ({ type: 'duration', default: -1, range: [-1, FOREVER], help: `${help}; default: ${other}` }) as const;
const whole = (value: number, help: string) => ({ type: 'integer', default: value, range: [0, 1e9], help }) as const;
const count = (value: number, help: string) => ({ type: 'integer', default: value, range: [1, 1e9], help }) as const;
const ratio = (value: number, help: string) => ({ type: 'number', default: value, range: [0, 1e6], help }) as const;
const yes = (value: boolean, help: string) => ({ type: 'boolean', default: value, help }) as const;

/** Options of `spark`; the comment of each group names where Spark keeps the default. */
export const sparkOptions = {
  conf: { type: 'file', default: '', help: 'a spark-defaults.conf; an option that is given here goes before it' },
  jobs: { type: 'files', default: '', help: 'Spark jobs in JSON, beside the jobs of the workload; * is expanded' },
  mode: {
    type: 'choice',
    default: 'coarse',
    choices: ['coarse', 'fine'],
    help: 'one Mesos task per executor, or one per Spark task (spark.mesos.coarse)',
  },
  // Resources (MesosCoarseGrainedSchedulerBackend, MesosSchedulerUtils, MesosFineGrainedSchedulerBackend).
  coresMax: whole(0, 'cores of the application at most (spark.cores.max); 0 = every one it is offered'),
  wholeExecutors: yes(
    true,
    'coresMax counts in whole executors (SPARK-20483, since 2.1.2 and 2.2); false = as before: what is left over keeps asking',
  ),
  executorCores: whole(0, 'cores of an executor (spark.executor.cores); 0 = all whole ones of the offer'),
  executorMemory: { ...ratio(1024, 'memory of an executor (spark.executor.memory)'), unit: 'MiB' },
  memoryOverhead: {
    type: 'number',
    default: -1,
    range: [-1, 1e9],
    unit: 'MiB',
    help: 'added to it (spark.mesos.executor.memoryOverhead); default: max(10 %, 384 MiB)',
  },
  fineExecutorCores: ratio(1, 'cores that a fine-grained executor holds for life (spark.mesos.mesosExecutor.cores)'),
  taskCpus: { type: 'integer', default: 1, range: [1, 1000], help: 'cores of one task (spark.task.cpus)' },
  extraCores: whole(0, 'slots that an executor shows beyond its cores (spark.mesos.extra.cores)'),
  gpusMax: whole(0, 'GPUs of the application at most, taken greedily (spark.mesos.gpus.max)'),
  image: { type: 'text', default: '', help: 'container image of executors (spark.mesos.executor.docker.image)' },
  constraints: {
    type: 'text',
    default: '',
    help: 'attributes of agents, `rack:r1,r2;ssd:true` (spark.mesos.constraints)',
  },
  refuseUnmet: seconds(
    '120 s',
    'filter where constraints are not met (spark.mesos.rejectOfferDurationForUnmetConstraints)',
  ),
  refuseMaxCores: seconds(
    '120 s',
    'filter once coresMax is reached (spark.mesos.rejectOfferDurationForReachedMaxCores)',
  ),
  refuseFine: seconds('1 s', 'filter on what a fine-grained launch leaves of an offer'),
  maxAgentFailures: whole(2, 'executors that may fail on an agent before it is used no more; 0 = no bound'),
  revives: yes(true, 'REVIVE whenever an executor ends, as the real back end does'),
  revivesOnGrowth: yes(
    false,
    'REVIVE when dynamic allocation wants more executors; false = growth waits for filters, as in the real back end',
  ),
  suppressesWhenFull: yes(false, 'SUPPRESS while no executor is wanted; false = never, as in the real back end'),
  fineTaskMem: { ...ratio(0, 'memory of a fine-grained task; the real back end gives it none'), unit: 'MiB' },
  minRegisteredRatio: ratio(
    0,
    'share of coresMax to wait for before the first task (spark.scheduler.minRegisteredResourcesRatio)',
  ),
  maxRegisteredWait: seconds('30 s', 'longest wait for it (spark.scheduler.maxRegisteredResourcesWaitingTime)'),
  stopWhenIdle: yes(
    true,
    'the application ends with its last job, as under spark-submit; false = a shell, which stays',
  ),
  // Task scheduling (TaskSchedulerImpl, TaskSetManager).
  scheduler: {
    type: 'choice',
    default: 'FIFO',
    choices: ['FIFO', 'FAIR'],
    help: 'jobs inside the application (spark.scheduler.mode)',
  },
  pools: {
    type: 'text',
    default: '',
    help: 'pools of FAIR, `name:weight:minShare;…`; a job is in the pool of its queue, else user',
  },
  localityWait: seconds('3 s', 'wait before a less local level (spark.locality.wait)'),
  localityWaitProcess: follows('localityWait', 'at level PROCESS_LOCAL'),
  localityWaitNode: follows('localityWait', 'at level NODE_LOCAL'),
  localityWaitRack: follows('localityWait', 'at level RACK_LOCAL'),
  localityReset: {
    type: 'choice',
    default: 'launch',
    choices: ['launch', 'round'],
    help: 'what starts the wait anew: a launch (up to 3.0), or a round without a refusal (3.1)',
  },
  noPrefLowers: yes(
    true,
    'a task without preference that is taken in a later pass counts as PROCESS_LOCAL and so lowers the level, as up to 3.0',
  ),
  racks: yes(false, 'agents know their `rack`: the level RACK_LOCAL exists (Spark on Mesos has none)'),
  reviveInterval: {
    type: 'duration',
    default: '1 s',
    range: [1, FOREVER],
    help: 'between rounds over all executors (spark.scheduler.revive.interval)',
  },
  speculation: yes(false, 'second copies of slow tasks (spark.speculation)'),
  speculationQuantile: {
    type: 'number',
    default: 0.75,
    range: [0, 1],
    help: 'share of tasks that must be done first (3.x; 4.x: 0.9)',
  },
  speculationMultiplier: ratio(1.5, 'times the median run time (3.x; 4.x: 3)'),
  speculationInterval: {
    type: 'duration',
    default: '100 ms',
    range: [1, FOREVER],
    help: 'between checks (spark.speculation.interval)',
  },
  speculationEfficiency: yes(
    false,
    'copies only of tasks whose data rate is below that share of the mean of the stage, or that ran for twice the threshold (since 3.4)',
  ),
  speculationRate: ratio(0.75, 'that share (spark.speculation.efficiency.processRateMultiplier)'),
  speculationLongRun: ratio(2, 'and that multiple of the threshold (spark.speculation.efficiency.longRunTaskFactor)'),
  // Keeping off what fails (TaskSetExcludeList, HealthTracker).
  excludeOnFailure: yes(false, 'keep off executors and agents on which tasks fail (spark.excludeOnFailure.enabled)'),
  excludeTaskExecutor: count(1, 'failures of a task after which it keeps off the executor'),
  excludeTaskNode: count(2, 'failures of a task after which it keeps off the agent'),
  excludeStageExecutor: count(2, 'failed tasks of a stage after which it keeps off the executor'),
  excludeStageNode: count(2, 'such executors on an agent after which the stage keeps off the agent'),
  excludeAppExecutor: count(
    2,
    'failed tasks of stages that succeeded, after which the application keeps off the executor',
  ),
  excludeAppNode: count(2, 'such executors on an agent after which the application keeps off the agent'),
  excludeTimeout: seconds('1 h', 'for so long (spark.excludeOnFailure.timeout)'),
  barrierCheckInterval: seconds(
    '15 s',
    'between looks whether a barrier stage has slots for all its tasks; 0 = it waits in the application (spark.scheduler.barrier.maxConcurrentTasksCheck.interval)',
  ),
  barrierChecks: whole(40, 'looks that may fail before its job is refused (….maxFailures)'),
  taskMaxFailures: {
    type: 'integer',
    default: 4,
    range: [1, 1e9],
    help: 'failures of one task that abort its job (spark.task.maxFailures)',
  },
  stageMaxAttempts: {
    type: 'integer',
    default: 4,
    range: [1, 1e9],
    help: 'attempts of a stage (spark.stage.maxConsecutiveAttempts)',
  },
  shuffleService: yes(
    false,
    'map output outlives its executor (spark.shuffle.service.enabled); dynamic allocation implies it',
  ),
  // Dynamic allocation (ExecutorAllocationManager).
  dynamicAllocation: yes(false, 'executors by demand; coarse only (spark.dynamicAllocation.enabled)'),
  minExecutors: whole(0, 'at least'),
  maxExecutors: whole(0, 'at most; 0 = no bound'),
  initialExecutors: { type: 'integer', default: -1, range: [-1, 1e9], help: 'at the start; default: minExecutors' },
  schedulerBacklogTimeout: seconds('1 s', 'tasks wait this long before the first executor is asked for'),
  sustainedBacklogTimeout: follows('schedulerBacklogTimeout', 'and this long before each further increase'),
  executorIdleTimeout: seconds('60 s', 'an executor without tasks goes after'),
  cachedExecutorIdleTimeout: {
    type: 'duration',
    default: FOREVER,
    range: [0, FOREVER],
    help: 'one that holds cached blocks; default: never',
  },
  executorAllocationRatio: {
    type: 'number',
    default: 1,
    range: [0, 1],
    help: 'share of full parallelism that is asked for',
  },
  // What the simulator adds: where the data lie, what distance costs, what goes wrong.
  inputBlocks: yes(true, 'tasks of first stages that name no input read a block of their own each'),
  cacheInputs: yes(false, 'a block that was read stays in the memory of its executor, least recently used out first'),
  cacheBlocks: {
    type: 'integer',
    default: -1,
    range: [-1, 1e9],
    help: 'blocks that fit there; default: 0.6 · (memory − 300 MiB) / 128 MiB',
  },
  cachedFactor: ratio(1, 'run time of a task whose block is cached, by that of one that reads it from the local disk'),
  rackFactor: ratio(1, 'run time when the block is elsewhere in the rack'),
  anyFactor: ratio(1, 'run time when it is farther'),
  ...luckOptions,
} as const;

export type SparkSettings = OptionValues<typeof sparkOptions>;

/** Memory of an executor with its overhead, MiB (MesosSchedulerUtils.executorMemory: max of 10 % and 384 MiB). */
export function executorMemoryMib(settings: SparkSettings): number {
  const { executorMemory, memoryOverhead } = settings;
  return executorMemory + (memoryOverhead >= 0 ? memoryOverhead : Math.floor(Math.max(executorMemory * 0.1, 384)));
}

/** Blocks in the storage memory of an executor (UnifiedMemoryManager: 0.6 of what 300 MiB of reserve leave; HDFS block 128 MiB). */
export function cacheCapacity(settings: SparkSettings): number {
  if (!settings.cacheInputs) return 0;
  if (settings.cacheBlocks >= 0) return settings.cacheBlocks;
  return Math.max(0, Math.floor((0.6 * (settings.executorMemory - 300)) / 128));
}
