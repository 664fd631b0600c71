import { InputError } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import { type OptionSpecs, resolveOptions } from '../../model/options.js';
import { mergedConf, textOf } from '../inside/conf.js';
import { type SparkSettings, sparkOptions } from './settings.js';

const SPECS: OptionSpecs = sparkOptions;

/** Properties of Spark and the options that they set. */
const PROPERTIES: Readonly<Record<string, string>> = {
  'spark.mesos.coarse': 'mode',
  'spark.cores.max': 'coresMax',
  'spark.executor.cores': 'executorCores',
  'spark.executor.memory': 'executorMemory',
  'spark.mesos.executor.memoryOverhead': 'memoryOverhead',
  'spark.mesos.mesosExecutor.cores': 'fineExecutorCores',
  'spark.task.cpus': 'taskCpus',
  'spark.mesos.extra.cores': 'extraCores',
  'spark.mesos.gpus.max': 'gpusMax',
  'spark.mesos.executor.docker.image': 'image',
  'spark.mesos.constraints': 'constraints',
  'spark.mesos.rejectOfferDurationForUnmetConstraints': 'refuseUnmet',
  'spark.mesos.rejectOfferDurationForReachedMaxCores': 'refuseMaxCores',
  'spark.scheduler.minRegisteredResourcesRatio': 'minRegisteredRatio',
  'spark.scheduler.maxRegisteredResourcesWaitingTime': 'maxRegisteredWait',
  'spark.scheduler.mode': 'scheduler',
  'spark.scheduler.revive.interval': 'reviveInterval',
  'spark.locality.wait': 'localityWait',
  'spark.locality.wait.process': 'localityWaitProcess',
  'spark.locality.wait.node': 'localityWaitNode',
  'spark.locality.wait.rack': 'localityWaitRack',
  'spark.speculation': 'speculation',
  'spark.speculation.quantile': 'speculationQuantile',
  'spark.speculation.multiplier': 'speculationMultiplier',
  'spark.speculation.interval': 'speculationInterval',
  'spark.speculation.efficiency.enabled': 'speculationEfficiency',
  'spark.speculation.efficiency.processRateMultiplier': 'speculationRate',
  'spark.speculation.efficiency.longRunTaskFactor': 'speculationLongRun',
  'spark.scheduler.barrier.maxConcurrentTasksCheck.interval': 'barrierCheckInterval',
  'spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures': 'barrierChecks',
  'spark.excludeOnFailure.enabled': 'excludeOnFailure',
  'spark.excludeOnFailure.timeout': 'excludeTimeout',
  'spark.excludeOnFailure.task.maxTaskAttemptsPerExecutor': 'excludeTaskExecutor',
  'spark.excludeOnFailure.task.maxTaskAttemptsPerNode': 'excludeTaskNode',
  'spark.excludeOnFailure.stage.maxFailedTasksPerExecutor': 'excludeStageExecutor',
  'spark.excludeOnFailure.stage.maxFailedExecutorsPerNode': 'excludeStageNode',
  'spark.excludeOnFailure.application.maxFailedTasksPerExecutor': 'excludeAppExecutor',
  'spark.excludeOnFailure.application.maxFailedExecutorsPerNode': 'excludeAppNode',
  'spark.task.maxFailures': 'taskMaxFailures',
  'spark.stage.maxConsecutiveAttempts': 'stageMaxAttempts',
  'spark.shuffle.service.enabled': 'shuffleService',
  'spark.dynamicAllocation.enabled': 'dynamicAllocation',
  'spark.dynamicAllocation.minExecutors': 'minExecutors',
  'spark.dynamicAllocation.maxExecutors': 'maxExecutors',
  'spark.dynamicAllocation.initialExecutors': 'initialExecutors',
  'spark.dynamicAllocation.schedulerBacklogTimeout': 'schedulerBacklogTimeout',
  'spark.dynamicAllocation.sustainedSchedulerBacklogTimeout': 'sustainedBacklogTimeout',
  'spark.dynamicAllocation.executorIdleTimeout': 'executorIdleTimeout',
  'spark.dynamicAllocation.cachedExecutorIdleTimeout': 'cachedExecutorIdleTimeout',
  'spark.dynamicAllocation.executorAllocationRatio': 'executorAllocationRatio',
};

/** The settings with what their spark-defaults.conf says; an option that is not at its default goes before it. */
export function withConf(settings: SparkSettings): SparkSettings {
  return settings.conf === '' ? settings : mergedConf(settings, SPECS, readConf(settings.conf));
}

/** `key value` or `key=value` per line, `#` begins a comment (Utils.getPropertiesFromFile). */
function readConf(file: string): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [index, line] of textOf(file).split(/\r?\n/).entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const match = /^([^\s=:]+)\s*[\s=:]\s*(.*)$/.exec(text);
    const position = { file, line: index + 1, column: line.indexOf(text) + 1 };
    if (match === null) throw new InputError('E_CONF', `a line must be "property value", got "${text}"`, position);
    const [, property = '', value = ''] = match;
    const option = PROPERTIES[property];
    // Properties that say nothing about scheduling are left to the real program; misspelled ones of ours are not.
    if (option === undefined) checkName(property, position);
    else values[option] = parse(property, option, value.trim(), position);
  }
  return values;
}

function checkName(property: string, position: { file: string; line: number; column: number }): void {
  const hint = nameHint(property, Object.keys(PROPERTIES));
  if (!property.startsWith('spark.'))
    throw new InputError('E_CONF', `a property begins with spark., got "${property}"`, position, hint);
}

function parse(
  property: string,
  option: string,
  value: string,
  position: { file: string; line: number; column: number },
): unknown {
  if (option === 'mode') return value === 'false' ? 'fine' : 'coarse';
  const spec = SPECS[option] as OptionSpecs[string];
  return resolveOptions(property, { [option]: spec }, { [option]: spelled(option, value) }, position)[option];
}

/** Spark writes sizes as `1g` and times as `3s` or bare: memory in MiB, times in seconds (locality waits and intervals: ms). */
function spelled(option: string, value: string): string {
  const size = /^(\d+)\s*([kmgt])b?$/i.exec(value);
  if (size !== null && option.toLowerCase().includes('memory')) {
    const scale = { k: 1 / 1024, m: 1, g: 1024, t: 1024 ** 2 }[
      (size[2] as string).toLowerCase() as 'k' | 'm' | 'g' | 't'
    ];
    return String(Number(size[1]) * scale);
  }
  const isMs = option.startsWith('localityWait') || option.endsWith('Interval') || option === 'maxRegisteredWait';
  return isMs && /^\d+$/.test(value) ? `${value} ms` : value;
}
