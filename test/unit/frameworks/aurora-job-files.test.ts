import { describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { runFramework } from '../../support/framework-run.js';

function run(jobs: readonly object[]): void {
  runFramework(
    {
      cluster: { agents: [{ count: 4, cpus: 4, mem: '8 GiB', disk: '64 GiB' }] },
      frameworks: [{ name: 'aurora', type: 'aurora', options: { jobs: 'jobs.json' } }],
      until: '1 h',
    },
    { 'jobs.json': jobs },
  );
}

const job = (name: string, more: object = {}) => ({
  role: 'www',
  environment: 'prod',
  name,
  task: { resources: { cpu: 2, ram: '1 GiB', disk: '1 GiB' } },
  ...more,
});
const service = (name: string, more: object = {}) => job(name, { service: true, ...more });

describe('job files', () => {
  it.each([
    [{ ...job('a'), instances: 0 }, '$.instances must be a whole number of at least 1, got "0"'],
    [{ ...job('a'), instances: 5000 }, '$.instances must be at most 4000'],
    [{ ...job('a'), tier: 'gold' }, '$.tier must be one of preferred, preemptible, revocable'],
    [{ ...job('a'), cron_schedule: '61 * * * *' }, '$.cron_schedule must be a crontab'],
    [{ ...job('a'), cron_schedule: '* * * *' }, '$.cron_schedule must have the five fields'],
    [{ ...service('a'), cron_schedule: '* * * * *' }, '$.cron_schedule must not be given for a service'],
    [{ ...job('a'), constraints: { host: 'limit:none' } }, '$.constraints.host must be limit:n'],
    [{ ...job('a'), constraints: { dedicated: 'ads/x' } }, "$.constraints.dedicated must be of the job's own role www"],
    [{ ...job('a'), task: { resources: { cpu: 'x', ram: 1, disk: 1 } } }, '$.task.resources.cpu must be a number'],
    [{ ...job('a'), task: { resources: { cpu: 1, disk: 1 } } }, '$.task.resources.ram is missing'],
    [{ ...job('a'), instance: 3 }, '$.instance is no known key'],
    [[job('a'), job('a')], '$[1].name is the name of another job of www too'],
  ])('%j is refused', (content, message) => {
    try {
      run(content as object[]);
    } catch (error) {
      if (!(error instanceof InputError || error instanceof InputErrors)) throw error;
      expect(error.format()).toContain(message);
      expect(error.format()).toMatch(/jobs\.json:\d+:\d+: error E_JOB_JSON/);
      return;
    }
    throw new Error('it was accepted');
  });
});
