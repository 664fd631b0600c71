import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { JobFile, readJobFile } from '../../../src/frameworks/job-file.js';
import { readApps } from '../../../src/frameworks/marathon/app-tree.js';

const real = (name: string) => readApps([readJobFile(`traces/marathon/${name}`)]);
const read = (value: unknown) => readApps([new JobFile('apps.json', JSON.stringify(value, null, 1))]);

function mistakes(value: unknown): string[] {
  try {
    read(value);
  } catch (error) {
    if (error instanceof InputError || error instanceof InputErrors) return error.format().split('\n');
    throw error;
  }
  return [];
}

describe('real definitions', () => {
  it('of a group: ids, amounts, constraints, strategies', () => {
    const apps = real('api-example-group.json');
    expect([...apps.keys()]).toEqual(['/tools/oauth-server', '/tools/datadog-agent', '/tools/docker/registry']);
    expect(apps.get('/tools/datadog-agent')).toMatchObject({
      instances: 5,
      resources: { cpus: 1, mem: 512, disk: 0, gpus: 0 },
      constraints: [{ field: 'hostname', operator: 'UNIQUE', value: '' }],
      minimumHealthCapacity: 0.5,
      maximumOverCapacity: 0,
      maxDelayUs: 3600e6,
      image: 'datadog/docker-dd-agent:latest',
    });
    // Its health check says 20 s, 3 failures, 300 s of grace.
    expect(apps.get('/tools/oauth-server')?.healthChecks).toEqual([
      { graceUs: 300e6, intervalUs: 20e6, delayUs: 15e6, maxFailures: 3, isExecutorRun: false },
    ]);
  });

  it('of an app fill in every default (app.raml)', () => {
    expect(real('app-mesos-app.json').get('/mesos-app')).toMatchObject({
      instances: 1,
      backoffUs: 1e6,
      backoffFactor: 1.15,
      maxDelayUs: 300e6,
      minimumHealthCapacity: 1,
      maximumOverCapacity: 1,
      unreachable: { inactiveUs: 0, expungeUs: 0 },
      killsOldest: false,
      isResident: false,
    });
  });

  it('of a pod add up its containers and the executor', () => {
    // 1 CPU, 128 MiB in the container; the executor takes 0.2 CPUs, 64 MiB and 50 MiB of disk.
    expect(real('api-example-pod.json').get('/foo')?.resources).toEqual({ cpus: 1.2, mem: 192, disk: 50, gpus: 0 });
    // Two of 0.1 CPUs and 32 MiB, and the executor's defaults 0.1, 32, 10.
    const simple = real('pod-simple-pod.json').get('/simple-pod')?.resources;
    expect(simple?.cpus).toBeCloseTo(0.3, 12);
    expect(simple).toMatchObject({ mem: 96, disk: 10 });
  });

  it('of resident apps have their volume and a strategy of their own', () => {
    const app = real('app-resident-docker-app.json').get('/resident-docker-app');
    // 100 MiB of disk and a volume of 100 MiB; unreachable: disabled; 0.5 and 0.
    expect(app).toMatchObject({
      isResident: true,
      unreachable: undefined,
      minimumHealthCapacity: 0.5,
      maximumOverCapacity: 0,
    });
    expect(app?.resources.disk).toBe(200);
  });

  it('of 100 apps with no instance are read', () => {
    const apps = real('groups-155-apps-benchmark.json');
    expect(apps.size).toBe(100);
    expect([...apps.values()].every(({ instances }) => instances === 0)).toBe(true);
  });

  it('of host ports: mappings that are fixed, and required ones', () => {
    expect(real('app-pinger-bridge-app.json').get('/pinger-bridge-app')?.hostPorts).toEqual([7777]);
    expect(real('dcos-tomcat.json').get('/tomcat')?.hostPorts).toEqual([80]);
    expect(real('app-readiness-and-health-app.json').get('/readiness-and-health-app')?.hostPorts).toEqual([]);
  });

  it('of relative ids and dependencies stand below their group', () => {
    const apps = read({
      id: '/shop',
      dependencies: ['../base'],
      groups: [{ id: 'web', apps: [{ id: 'front', dependencies: ['../db', '/other'] }] }],
      apps: [{ id: 'db' }],
    });
    expect(apps.get('/shop/web/front')?.dependencies).toEqual(['/base', '/shop/db', '/other']);
    expect(apps.has('/shop/db')).toBe(true);
  });
});

describe('malformed definitions', () => {
  const app = (more: Readonly<Record<string, unknown>>) => ({ id: '/a', ...more });

  it.each([
    [app({ instances: -1 }), 'apps.json:3:15: error E_JOB_JSON: $.instances must be at least 0, got "-1"'],
    [app({ instances: 1.5 }), 'apps.json:3:15: error E_JOB_JSON: $.instances must be a whole number, got "1.5"'],
    [app({ cpus: '1' }), 'apps.json:3:10: error E_JOB_JSON: $.cpus must be a number, got "1"'],
    [app({ cpus: 0 }), 'apps.json:3:10: error E_JOB_JSON: $.cpus must be at least 0.001, got "0"'],
    [app({ mem: -5 }), 'apps.json:3:9: error E_JOB_JSON: $.mem must be at least 0, got "-5"'],
    [
      app({ constraints: [['rack']] }),
      'apps.json:4:3: error E_JOB_JSON: $.constraints[0] must have at least 2 entries, got a list',
    ],
    [
      app({ upgradeStrategy: { minimumHealthCapacity: 2 } }),
      'apps.json:4:28: error E_JOB_JSON: $.upgradeStrategy.minimumHealthCapacity must be at most 1, got "2"',
    ],
    [
      app({ killSelection: 'OLDEST' }),
      'apps.json:3:19: error E_JOB_JSON: $.killSelection must be one of YOUNGEST_FIRST, OLDEST_FIRST, got "OLDEST"',
    ],
    [
      app({ unreachableStrategy: 'never' }),
      'apps.json:3:25: error E_JOB_JSON: $.unreachableStrategy must be disabled, got "never"',
    ],
    [app({ backoffFactor: 0.5 }), 'apps.json:3:19: error E_JOB_JSON: $.backoffFactor must be at least 1, got "0.5"'],
    [
      { id: '/P', containers: [] },
      'apps.json:3:16: error E_JOB_JSON: $.containers must have at least 1 entries, got a list',
    ],
    [{ cmd: 'x' }, 'apps.json:1:1: error E_JOB_JSON: $.id is missing'],
    [app({ id: '/A_b' }), 'apps.json:2:8: error E_JOB_JSON: $.id must be a path of Marathon, got "/A_b"'],
    [[app({}), 7], 'apps.json:5:2: error E_JOB_JSON: $[1] must be an app, a pod or a group, got "7"'],
    [[app({}), app({})], 'apps.json:6:9: error E_JOB_JSON: $[1].id must be unique: /a is there already, got "/a"'],
    [
      { id: '/g', apps: [{ id: '/h/a' }] },
      'apps.json:5:10: error E_JOB_JSON: $.apps[0].id must be below its group /g, got "/h/a"',
    ],
  ])('%j', (value, message) => {
    expect(mistakes(value)[0]).toBe(message);
  });

  it('constraints name what they need', () => {
    const constraint = (...parts: string[]) => mistakes(app({ constraints: [parts] }));
    expect(constraint('rack', 'UNIQ')).toEqual([
      'apps.json:6:4: error E_JOB_JSON: $.constraints[0][1] must be an operator of constraints, got "UNIQ"',
      '  hint: known: UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE, MAX_PER, IS',
    ]);
    expect(constraint('rack', 'unique')[1]).toContain('did you mean "UNIQUE"?');
    expect(constraint('rack', 'UNIQUE', 'x')[0]).toContain(
      '$.constraints[0][2] must not be given with UNIQUE, got "x"',
    );
    expect(constraint('rack', 'MAX_PER')[0]).toContain('$.constraints[0][2] must be a whole number');
    expect(constraint('rack', 'LIKE', 'r(')[0]).toContain('$.constraints[0][2] must be a regular expression, got "r("');
    expect(constraint('rack', 'GROUP_BY', '3')).toEqual([]);
  });

  it('circles of dependencies are named', () => {
    const apps = [
      { id: '/a', dependencies: ['/b'] },
      { id: '/b', dependencies: ['/g'] },
      { id: '/g', apps: [{ id: '/g/c', dependencies: ['/a'] }] },
    ];
    expect(mistakes(apps)[0]).toBe(
      'apps.json:4:19: error E_JOB_JSON: $[0].dependencies has a cycle: /a → /b → /g/c → /a',
    );
  });

  it('several mistakes are told at once, in the order of the text', () => {
    expect(
      mistakes([app({ instances: -1, mem: 'x' }), { id: '/b', cpus: -1 }]).map((line) => line.slice(10, 15)),
    ).toEqual(['4:16:', '5:10:', '9:11:']);
  });

  it('a file of the archive with a key that is wrong says which', () => {
    const text = readFileSync('traces/marathon/group-sleep.json', 'utf8').replace('"mem": 32', '"mem": "32"');
    const file = new JobFile('group-sleep.json', text);
    expect(() => readApps([file])).toThrow('$.groups[0].apps[0].mem must be a number, got "32"');
  });
});
