import type { PendingGroup } from '../../model/order.js';
import { type Constraint, constraintOf } from './constraints.js';
import type { TaskConfig } from './job.js';

const configs = new WeakMap<object, TaskConfig>();

/** A group of a trace's job as an ad-hoc job of its user: preemptible, with the trace's priority. */
export function foreignConfig(pending: PendingGroup): TaskConfig {
  const { record } = pending.job;
  const { group } = pending;
  let config = configs.get(group);
  if (config === undefined) {
    config = {
      key: `${record.user === '' ? 'nobody' : record.user}/trace/${record.id}${group.name === '' ? '' : `/${group.name}`}`,
      role: record.user,
      amounts: group.amounts,
      priority: record.priority,
      tier: 'preemptible',
      isService: false,
      maxFailures: 1,
      constraints: group.constraints.split(';').flatMap(constraintsOf),
      dedicated: '',
      image: group.image,
      times: { durationUs: () => group.durationUs, isFailure: () => false },
      healthUs: 0,
      sla: { percentage: 0, count: 0, durationUs: 0 },
      partition: { reschedules: true, delayUs: 0 },
    };
    configs.set(group, config);
  }
  return config;
}

/** `rack=r1|r2` and `gpu!=old` of native traces are `r1,r2` and `!old` here. */
function constraintsOf(term: string): Constraint[] {
  const match = /^([^=!]+)(!?=)(.*)$/.exec(term.trim());
  if (match === null) return [];
  const text = `${match[2] === '!=' ? '!' : ''}${(match[3] as string).replaceAll('|', ',')}`;
  return [constraintOf(match[1] === 'hostname' ? 'host' : (match[1] as string), text, () => neverFails())];
}

function neverFails(): never {
  throw new TypeError('a constraint of a trace without a value');
}
