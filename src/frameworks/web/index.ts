import { InputError } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import { gapSampler } from '../../model/arrivals.js';
import { defineFramework, type SchedulerDriver } from '../../model/framework.js';
import type { OptionValues } from '../../model/options.js';
import { readJobFile } from '../job-file.js';
import { readApps } from '../marathon/app-tree.js';
import { MARATHON_OPTIONS, settingsOf } from '../marathon/index.js';
import { Autoscaler } from './autoscaler.js';
import { BALANCER_NAMES, balancerOf } from './balancers.js';
import { Traffic } from './traffic.js';
import { WebService } from './web-service.js';

const LONG_US = 1e15;

const WEB_OPTIONS = {
  app: { type: 'text', default: '', help: 'id of the app that serves; empty = the first one' },
  rate: { type: 'number', default: 10, range: [1e-9, 1e9], unit: '1/s', help: 'mean rate of requests' },
  amplitude: { type: 'number', default: 0, range: [0, 1], help: 'of a sine in the rate: 0 = constant' },
  period: { type: 'duration', default: '1 d', range: [1, LONG_US], help: 'of that sine' },
  requests: { type: 'integer', default: 0, range: [0, 1e12], help: 'requests in all, 0 = no end' },
  from: { type: 'duration', default: '0 s', range: [0, LONG_US], help: 'when they begin' },
  warmup: { type: 'duration', default: '0 s', range: [0, LONG_US], help: 'requests before are not in the quantiles' },
  service: { type: 'duration', default: '100 ms', range: [1, LONG_US], help: 'mean service time of a branch' },
  serviceTime: {
    type: 'choice',
    default: 'exponential',
    choices: ['exponential', 'deterministic'],
    help: 'its distribution',
  },
  servers: { type: 'integer', default: 1, range: [1, 1e6], help: 'servers of an instance: branches served at once' },
  fork: { type: 'integer', default: 1, range: [1, 1e6], help: 'branches of a request, each on another instance' },
  balancer: { type: 'choice', default: 'round-robin', choices: BALANCER_NAMES, help: 'which instance takes a request' },
  choices: { type: 'integer', default: 2, range: [1, 1000], help: 'instances that power-of-d looks at' },
  weights: { type: 'text', default: '1', help: 'weights of instances 1, 2 … in turn, such as "3/1"' },
  interval: { type: 'duration', default: '60 s', range: [1, LONG_US], help: 'between two looks at the load' },
  autoscale: {
    type: 'choice',
    default: 'off',
    choices: ['off', 'utilization', 'step', 'schedule', 'wait-probability'],
    help: 'how the number of instances is chosen',
  },
  target: { type: 'number', default: 0.6, range: [0.001, 1], help: 'utilization: busy share that is aimed at' },
  tolerance: {
    type: 'number',
    default: 0.1,
    range: [0, 1],
    help: 'utilization: relative deviation that changes nothing',
  },
  high: { type: 'number', default: 0.8, range: [0, 1], help: 'step: busy share above which instances are added' },
  low: { type: 'number', default: 0.3, range: [0, 1], help: 'step: busy share below which they are taken away' },
  step: { type: 'integer', default: 1, range: [1, 1e6], help: 'step: how many' },
  schedule: { type: 'text', default: '0 h=1', help: 'schedule: instances from a time on, such as "0 h=2;8 h=10"' },
  schedulePeriod: {
    type: 'duration',
    default: '1 d',
    range: [1, LONG_US],
    help: 'schedule: it begins again after this',
  },
  waitProbability: {
    type: 'number',
    default: 0.2,
    range: [1e-9, 1],
    help: 'wait-probability: chance that a request waits',
  },
  minInstances: { type: 'integer', default: 1, range: [0, 1e6], help: 'the autoscaler never goes below' },
  maxInstances: { type: 'integer', default: 100, range: [0, 1e6], help: 'nor above' },
  cooldownUp: { type: 'duration', default: '0 s', range: [0, LONG_US], help: 'between two growths' },
  cooldownDown: {
    type: 'duration',
    default: '5 min',
    range: [0, LONG_US],
    help: 'shrinks to the largest wish of this long, as Kubernetes does (downscale stabilization)',
  },
} as const;

type Options = OptionValues<typeof WEB_OPTIONS>;

function serviceSampler(options: Options, driver: SchedulerDriver): () => number {
  if (options.serviceTime === 'deterministic') return () => options.service;
  const draw = driver.random('service');
  return () => Math.round(-Math.log(1 - draw()) * options.service);
}

function trafficOf(options: Options, driver: SchedulerDriver): Traffic {
  const rate = `${options.rate} /s`;
  const { amplitude } = options;
  const arrivals =
    amplitude === 0 ? { poisson: { rate } } : { diurnal: { rate, amplitude, period: options.period / 1e6 } };
  const balancer = balancerOf(options.balancer, { random: driver.random('balancer'), choices: options.choices });
  const settings = {
    gapUs: gapSampler(arrivals, driver.random('requests')),
    serviceUs: serviceSampler(options, driver),
    servers: options.servers,
    fork: options.fork,
    limit: options.requests,
    fromUs: options.from,
    warmupUs: options.warmup,
  };
  return new Traffic(driver, settings, balancer);
}

function autoscalerOf(options: Options): Autoscaler {
  return new Autoscaler({
    rule: options.autoscale as 'off',
    target: options.target,
    tolerance: options.tolerance,
    high: options.high,
    low: options.low,
    step: options.step,
    schedule: options.schedule,
    schedulePeriodUs: options.schedulePeriod,
    waitProbability: options.waitProbability,
    serversPerInstance: options.servers,
    minInstances: options.minInstances,
    maxInstances: options.maxInstances,
    cooldownUpUs: options.cooldownUp,
    cooldownDownUs: options.cooldownDown,
  });
}

function weightsOf(text: string): number[] {
  return text.split('/').map((part) => {
    const weight = Number(part);
    if (part.trim() !== '' && weight > 0 && Number.isFinite(weight)) return weight;
    throw new InputError('E_OPTION_VALUE', `weights must be numbers above 0 separated by /, got "${text}"`);
  });
}

export const webService = defineFramework({
  name: 'web-service',
  // It is one of marathon.
  failoverTimeoutUs: 7 * 86_400e6,
  summary: 'an app of marathon under modelled requests, with a load balancer and an autoscaler',
  source: 'its parts: docs/frameworks/web-service.md',
  options: { ...MARATHON_OPTIONS, ...WEB_OPTIONS },
  create: (options, slots, driver) => {
    const tree = readApps(options.apps.map(readJobFile));
    if (options.app !== '' && !tree.has(options.app)) {
      const rule = `framework "${driver.name}" has no app "${options.app}"`;
      throw new InputError('E_OPTION_VALUE', rule, {}, nameHint(options.app, [...tree.keys()]));
    }
    const web = {
      appId: options.app,
      weights: weightsOf(options.weights),
      intervalUs: options.interval,
      workS: (options.service / 1e6) * options.fork,
    };
    const traffic = trafficOf(options, driver);
    return new WebService(driver, slots, settingsOf(options), tree, web, traffic, autoscalerOf(options));
  },
});
