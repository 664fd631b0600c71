import { InputError } from '../../core/errors.js';
import type { ResourceSpace } from '../../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib } from '../../model/units.js';
import { runTimes, simulationSchema } from '../shared/run-times.js';
import { type AuroraJob, type TaskConfig, type UpdateConfig, updateSchema } from './job.js';
import type { JobChange } from './jobs.js';

/** What the action `update` may change, beside the update's own settings. */
const KEYS = ['cpu', 'ram', 'disk', 'gpu', 'image', 'priority', 'tier', 'simulation'];
const UPDATE_KEYS = Object.keys(updateSchema.shape);

/** The job as an operator wants it: the old one with the values of the action. Amounts are of the task, without the executor. */
export function changeOf(
  job: AuroraJob,
  values: Readonly<Record<string, unknown>>,
  resources: ResourceSpace,
  random: (name: string) => () => number,
): JobChange {
  const update = updateSettings(job, values);
  const isConfigured = KEYS.some((key) => values[key] !== undefined);
  return {
    // The same object = the same configuration: instances that stay are left alone.
    config: isConfigured ? configOf(job, values, resources, random) : job.config,
    instances: numberOf(values['instances'] ?? job.instances, 'instances'),
    update,
  };
}

/** The settings of the update: those of the job with the values of the action. */
function updateSettings(job: AuroraJob, values: Readonly<Record<string, unknown>>): UpdateConfig {
  const known = ['job', 'instances', ...KEYS, ...UPDATE_KEYS];
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    if (!known.includes(key)) {
      const rule = `an update of aurora does not change "${key}"`;
      throw new InputError(
        'E_ACTION',
        rule,
        {},
        `it changes instances, ${KEYS.join(', ')}; set ${UPDATE_KEYS.join(', ')}`,
      );
    }
    if (UPDATE_KEYS.includes(key)) given[key] = value === 'true' ? true : value === 'false' ? false : value;
  }
  const update = updateSchema.safeParse({ ...job.update, ...given });
  if (!update.success) {
    const [issue] = update.error.issues;
    throw new InputError('E_ACTION', `actions.tell.${issue?.path.map(String).join('.')} ${issue?.message ?? ''}`);
  }
  return update.data;
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
