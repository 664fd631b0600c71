import { InputError } from '../../core/errors.js';
import type { ResourceSpace } from '../../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib } from '../../model/units.js';
import { runTimes, simulationSchema } from '../shared/run-times.js';
import type { AuroraJob, TaskConfig } from './job.js';
import type { JobChange } from './jobs.js';

/** What the action `update` may change, beside the update's own settings. */
const KEYS = ['cpu', 'ram', 'disk', 'gpu', 'image', 'priority', 'tier', 'instances', 'simulation'];
const UPDATE_KEYS = {
  batch_size: true,
  watch_secs: true,
  max_per_shard_failures: true,
  max_total_failures: true,
  rollback_on_failure: true,
  wait_for_batch_completion: true,
};

/** The job as an operator wants it: the old one with the values of the action. Amounts are of the task, without the executor. */
export function changeOf(
  job: AuroraJob,
  values: Readonly<Record<string, unknown>>,
  resources: ResourceSpace,
  random: (name: string) => () => number,
): JobChange {
  for (const key of Object.keys(values)) {
    if (key !== 'job' && !KEYS.includes(key) && !(key in UPDATE_KEYS)) {
      throw new InputError(
        'E_ACTION',
        `an update of aurora does not change "${key}"`,
        {},
        `it changes ${KEYS.join(', ')}`,
      );
    }
  }
  const update = { ...job.update };
  for (const key of Object.keys(UPDATE_KEYS)) {
    const value = values[key];
    if (value === undefined) continue;
    const isFlag = typeof Reflect.get(update, key) === 'boolean';
    Reflect.set(update, key, isFlag ? value === true || value === 'true' : numberOf(value, key));
  }
  return {
    config: configOf(job, values, resources, random),
    instances: numberOf(values['instances'] ?? job.instances, 'instances'),
    update,
  };
}

function configOf(
  { config, key }: AuroraJob,
  values: Readonly<Record<string, unknown>>,
  resources: ResourceSpace,
  random: (name: string) => () => number,
): TaskConfig {
  const amounts = Float64Array.from(config.amounts);
  const set = (name: string, row: number, milli: number): void => {
    if (values[name] !== undefined) amounts[row] = milli;
  };
  set('cpu', 0, Math.round(numberOf(values['cpu'] ?? 0, 'cpu') * 1000));
  set('ram', 1, parseMemoryMilliMib(String(values['ram'] ?? 0), 'actions.tell.ram'));
  set('disk', 2, parseMemoryMilliMib(String(values['disk'] ?? 0), 'actions.tell.disk'));
  set('gpu', resources.indexOf('gpus'), Math.round(numberOf(values['gpu'] ?? 0, 'gpu') * 1000));
  const tier = values['tier'] ?? config.tier;
  if (tier !== 'preferred' && tier !== 'preemptible' && tier !== 'revocable') {
    throw new InputError(
      'E_ACTION',
      `actions.tell.tier must be preferred, preemptible or revocable, got "${String(tier)}"`,
    );
  }
  return {
    ...config,
    amounts,
    tier,
    image: String(values['image'] ?? config.image),
    priority: numberOf(values['priority'] ?? config.priority, 'priority'),
    times: values['simulation'] === undefined ? config.times : timesOf(values['simulation'], config, key, random),
  };
}

function timesOf(simulation: unknown, config: TaskConfig, key: string, random: (name: string) => () => number) {
  const fail = (rule: string): InputError => new InputError('E_ACTION', `actions.tell.simulation ${rule}`);
  const checked = simulationSchema.safeParse(simulation);
  if (!checked.success) throw fail(`is not right: ${checked.error.issues[0]?.message ?? ''}`);
  const fallbackUs = config.isService ? Number.POSITIVE_INFINITY : parseDurationUs('60 s');
  return runTimes(checked.data, fallbackUs, (name) => random(`${key}/update/${name}`), fail);
}

function numberOf(value: unknown, label: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number >= 0) return number;
  throw new InputError('E_ACTION', `actions.tell.${label} must be a number of at least 0, got "${String(value)}"`);
}
