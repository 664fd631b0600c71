import { describe, expect, it } from 'vitest';
import { appOf } from '../../../src/frameworks/marathon/app-definition.js';
import { attributeText, type FieldOf, meets } from '../../../src/frameworks/marathon/constraints.js';
import { AgentPorts, portRanges } from '../../../src/frameworks/marathon/host-ports.js';
import { javaRegex } from '../../../src/frameworks/marathon/java-regex.js';
import type { ClusterObserver } from '../../../src/model/observer.js';
import { type MarathonSetup, marathonRun, tell } from '../../support/marathon.js';

// Expected values are those of mesosphere/marathon at 90619da70d79; the file is named at each rule.

interface Start {
  readonly id: string;
  readonly agent: string;
  readonly atS: number;
}

function play(setup: MarathonSetup) {
  const starts: Start[] = [];
  const ends: { id: string; reason: string; atS: number }[] = [];
  const notes: string[] = [];
  const { simulation, marathon } = marathonRun({
    ...setup,
    observe: (cluster) => {
      const observer: ClusterObserver = {
        taskStarted: ({ job, agent }) =>
          void starts.push({ id: job.record.id, agent: cluster.agentName(agent), atS: cluster.nowUs / 1e6 }),
        taskEnded: ({ job, reason }) => void ends.push({ id: job.record.id, reason, atS: cluster.nowUs / 1e6 }),
        event: ({ event, detail }) => void notes.push(`${event} ${detail}`),
      };
      return [observer];
    },
  });
  simulation.run();
  simulation.close();
  return { simulation, marathon, starts, ends, notes };
}

const small = { cpus: 0.1, mem: 16 };
const two = [{ count: 2, cpus: 8, mem: '32 GiB', disk: '100 GiB' }];

describe('ports (tasks/PortsMatcher.scala)', () => {
  const definition = (more: object) => appOf({ id: '/a', ...more } as never, { id: '/a', dependencies: [] });

  it('container mappings win over ports; 0 and what is not required are any free ones', () => {
    const ports = (more: object) => {
      const { hostPorts, freePortCount } = definition(more);
      return [...hostPorts, ...Array.from({ length: freePortCount }, () => 0)];
    };
    expect(ports({})).toEqual([0]);
    expect(ports({ portDefinitions: [{ port: 8080 }, { port: 0 }] })).toEqual([0, 0]);
    expect(ports({ portDefinitions: [{ port: 8080 }, { port: 0 }], requirePorts: true })).toEqual([8080, 0]);
    expect(ports({ ports: [9000], requirePorts: true })).toEqual([9000]);
    const mappings = [{ containerPort: 80, hostPort: 31_080 }, { containerPort: 81 }];
    const bridge = { networks: [{ mode: 'container/bridge' }], container: { portMappings: mappings } };
    expect(ports({ ...bridge, portDefinitions: [{ port: 1 }], requirePorts: true })).toEqual([31_080, 0]);
    // In a network of its own only what is named is taken of the agent.
    expect(ports({ networks: [{ mode: 'container', name: 'dcos' }], container: { portMappings: mappings } })).toEqual([
      31_080,
    ]);
  });

  it('a fixed port must be offered and free; free ones are drawn from a random place on', () => {
    const ports = new AgentPorts(portRanges('[31000-31002]') ?? []);
    const fixed = definition({ portDefinitions: [{ port: 31_001 }], requirePorts: true });
    expect(ports.match(definition({ portDefinitions: [{ port: 80 }], requirePorts: true }), () => 0)).toBeUndefined();
    expect(ports.match(fixed, () => 0)).toEqual([31_001]);
    ports.take([31_001]);
    expect(ports.match(fixed, () => 0)).toBeUndefined();
    // From the second of three on: 31001 is taken, so 31002; then 31000 is left.
    expect(ports.match(definition({}), () => 0.4)).toEqual([31_002]);
    expect(ports.match(definition({ portDefinitions: [{}, {}] }), () => 0.4)).toEqual([31_002, 31_000]);
    expect(ports.match(definition({ portDefinitions: [{}, {}, {}] }), () => 0)).toBeUndefined();
    expect(portRanges('9-3')).toBeUndefined();
    expect(portRanges('80,443, 31000-32000')).toEqual([
      [80, 80],
      [443, 443],
      [31_000, 32_000],
    ]);
  });

  it('bound how many instances an agent takes: one for each fixed port, as many as there are free ones', () => {
    const fixed = { id: '/a', ...small, instances: 3, portDefinitions: [{ port: 8080 }], requirePorts: true };
    expect(play({ apps: [fixed], agents: two }).starts).toHaveLength(2);
    const free = { id: '/a', ...small, instances: 9, portDefinitions: [{}, {}] };
    // Five ports: two instances of two ports each per agent.
    expect(play({ apps: [free], agents: two, options: { ports: '31000-31004' } }).starts).toHaveLength(4);
    // An agent may say which ports it has.
    const agents = [
      { cpus: 8, mem: '8 GiB', attributes: { ports: '80' } },
      { cpus: 8, mem: '8 GiB', attributes: { ports: '31000-32000' } },
    ];
    const web = { id: '/a', ...small, portDefinitions: [{ port: 80 }], requirePorts: true };
    expect(play({ apps: [web], agents }).starts.map(({ agent }) => agent)).toEqual(['agent-0']);
  });
});

describe('where an app goes', () => {
  const agents = [
    { cpus: 8, mem: '8 GiB', attributes: { region: 'east', zone: 'e1' } },
    { cpus: 8, mem: '8 GiB', attributes: { region: 'west', zone: 'w1' } },
  ];

  it('the master’s region, unless a constraint names @region or @zone (mesos/ResourceMatcher.scala)', () => {
    const regions = (app: object, options = { region: 'east' }) =>
      new Set(
        play({ apps: [{ id: '/a', ...small, instances: 12, ...app }], agents, options }).starts.map(
          ({ agent }) => agent,
        ),
      );
    expect([...regions({})]).toEqual(['agent-0']);
    expect([...regions({ constraints: [['@region', 'IS', 'west']] })]).toEqual(['agent-1']);
    expect(regions({ constraints: [['@zone', 'LIKE', '.*']] }).size).toBe(2);
    expect(regions({}, { region: '' }).size).toBe(2);
  });

  it('not an agent that is about to be maintained, drainingSeconds before', () => {
    const maintenance = { agents: ['agent-0'], start: '30 min', duration: '10 min' };
    const late = (drainingSeconds: string) =>
      play({
        apps: [{ id: '/a', ...small, instances: 1, constraints: [['hostname', 'LIKE', 'agent-0']] }],
        agents: two,
        options: { drainingSeconds },
        actions: [{ at: '1 min', maintenance }, tell('20 min', 'scale', { app: '/a', instances: 2 })],
      }).starts.filter(({ atS }) => atS >= 1200 && atS < 1800);
    expect(late('0 s')).toHaveLength(1);
    expect(late('15 min')).toHaveLength(0);
  });
});

describe('roles', () => {
  const agents = [{ count: 2, cpus: 8, mem: '16 GiB', disk: '10 GiB', reserved: { web: { cpus: 2, mem: '4 GiB' } } }];

  function placed(apps: readonly object[], keys: object) {
    const { simulation } = marathonRun({
      apps,
      agents,
      more: {
        frameworks: [{ name: 'marathon', type: 'marathon', ...keys, options: { apps: 'apps.json' } }],
      },
    });
    simulation.run();
    const counts = new Map<string, number>();
    for (const { job, attempt } of simulation.view.liveTasks()) {
      if (attempt < 1) continue;
      const app = job.record.id.split('.')[0] as string;
      counts.set(app, (counts.get(app) ?? 0) + 1);
    }
    const running = simulation.view.runningTaskCount(0);
    simulation.close();
    return { counts, running };
  }

  it('acceptedResourceRoles: unreserved alone, reserved alone, or both by default', () => {
    // Each of two agents has 2 CPUs for web and 6 for all: 4 instances of 1 CPU on reservations, 12 on the rest.
    const app = (acceptedResourceRoles?: string[]) => ({
      id: '/a',
      cpus: 1,
      mem: 16,
      instances: 40,
      acceptedResourceRoles,
    });
    const running = (accepted?: string[]) => placed([app(accepted)], { role: 'web' }).running;
    expect(running()).toBe(16);
    expect(running(['*'])).toBe(12);
    expect(running(['web'])).toBe(4);
    expect(running(['web', '*'])).toBe(16);
    expect(running(['other'])).toBe(0);
  });

  it('of several the app’s own, or that of its group where the group enforces it', () => {
    const roles = { roles: ['web', 'db'] };
    const grow = (more: object) => ({ cpus: 1, mem: 16, instances: 40, ...more });
    // Reservations of web go to apps of web alone: 16 for it, 12 for others.
    expect(placed([grow({ id: '/a', role: 'web' })], roles).running).toBe(16);
    expect(placed([grow({ id: '/a', role: 'db' })], roles).running).toBe(12);
    const group = { id: '/db', enforceRole: true, apps: [grow({ id: '/db/a' })] };
    expect(placed([group], roles).running).toBe(12);
    expect(placed([{ ...group, enforceRole: false }], roles).running).toBe(16);
  });
});

describe('resident apps (core/launcher/impl/InstanceOpFactoryImpl.scala)', () => {
  const resident = {
    id: '/db',
    cpus: 1,
    mem: 64,
    disk: 0,
    instances: 2,
    constraints: [['hostname', 'UNIQUE']],
    container: { type: 'MESOS', volumes: [{ containerPath: 'data', mode: 'RW', persistent: { size: 512 } }] },
  };

  function residents(actions: readonly object[], until: string, keys: object = { role: 'db' }) {
    const starts: Start[] = [];
    const { simulation } = marathonRun({
      apps: [resident],
      agents: [{ count: 3, cpus: 4, mem: '8 GiB', disk: '10 GiB' }],
      actions: actions as never,
      until,
      more: {
        master: { engine: 'general' },
        frameworks: [{ name: 'marathon', type: 'marathon', ...keys, options: { apps: 'apps.json' } }],
      },
      observe: (cluster) => [
        {
          taskStarted: ({ job, agent }) =>
            void starts.push({ id: job.record.id, agent: cluster.agentName(agent), atS: cluster.nowUs / 1e6 }),
        } satisfies ClusterObserver,
      ],
    });
    simulation.run();
    simulation.close();
    return { starts };
  }

  it('reserve first and start by a later offer, and come back to their volume', () => {
    const lost = [
      { at: '10 min', removeAgent: 'agent-0' },
      { at: '10 min', removeAgent: 'agent-1' },
      { at: '20 min', addAgent: { id: 'agent-0', cpus: 4, mem: '8 GiB', disk: '10 GiB' } },
      { at: '20 min', addAgent: { id: 'agent-1', cpus: 4, mem: '8 GiB', disk: '10 GiB' } },
    ];
    const { starts } = residents(lost, '30 min');
    const first = starts.filter(({ atS }) => atS < 600);
    expect(first).toHaveLength(2);
    // RESERVE and CREATE go with the first offers, the launches with the next: a whole allocation interval later.
    expect(Math.min(...first.map(({ atS }) => atS))).toBeGreaterThanOrEqual(1);
    const away = first.filter(({ agent }) => agent !== 'agent-2');
    const again = starts.filter(({ atS }) => atS > 600);
    expect(again.map(({ agent }) => agent).sort()).toEqual(away.map(({ agent }) => agent).sort());
    expect(again.every(({ atS }) => atS >= 1200)).toBe(true);
  });

  it('give back what they had when they are scaled away: volumes first, then reservations', () => {
    // One agent of 4 CPUs, all reserved by /db. /b takes unreserved CPUs alone: it starts when /db is gone and its reservation with it.
    const whole = { ...resident, cpus: 4, instances: 1 };
    const plain = { id: '/b', cpus: 4, mem: 64, instances: 0, acceptedResourceRoles: ['*'] };
    const starts: string[] = [];
    const { simulation } = marathonRun({
      apps: [whole, plain],
      agents: [{ count: 1, cpus: 4, mem: '8 GiB', disk: '10 GiB' }],
      actions: [
        tell('5 min', 'scale', { app: '/b', instances: 1 }),
        tell('20 min', 'scale', { app: '/db', instances: 0 }),
      ],
      until: '30 min',
      more: {
        master: { engine: 'general' },
        frameworks: [{ name: 'marathon', type: 'marathon', role: 'db', options: { apps: 'apps.json' } }],
      },
      observe: (cluster) => [
        {
          taskStarted: ({ job }) => void starts.push(`${job.record.id} ${Math.floor(cluster.nowUs / 60e6)}`),
        } satisfies ClusterObserver,
      ],
    });
    simulation.run();
    simulation.close();
    expect(starts).toEqual(['/db.instance-1 0', '/b.instance-1 20']);
  });

  it('without a role of its own there is nothing to reserve for: instances stay on their agents all the same', () => {
    const { starts } = residents([], '10 min', {});
    expect(starts).toHaveLength(2);
  });
});

describe('small print', () => {
  it('attributes compare as text: three decimals half to even, sets and ranges in order (mesos/Constraints.scala)', () => {
    expect(['1.23456', '1.0', '0.0005', '0.0015', '2.5'].map(attributeText)).toEqual([
      '1.235',
      '1',
      '0',
      '0.002',
      '2.5',
    ]);
    expect(attributeText('{b,a, c}')).toBe('{a,b,c}');
    expect(attributeText('[31000-32000,80-90]')).toBe('[80-90,31000-32000]');
    expect(attributeText('rack-1.20')).toBe('rack-1.20');
    const field: FieldOf = (name) => (name === 'speed' ? attributeText('2.50') : undefined);
    const app = {
      ...appOf({ id: '/a' }, { id: '/a', dependencies: [] }),
      constraints: [{ field: 'speed', operator: 'CLUSTER', value: '2.5' }],
    } as const;
    expect(meets(app, field, [], 1, { isGroupByExact: true, groupByNeedsValue: true })).toBe(true);
  });

  it('regular expressions are Java’s and match the whole value', () => {
    expect(javaRegex('(?i)RACK-[12]').test('rack-1')).toBe(true);
    expect(javaRegex('r.*+').test('rack')).toBe(true);
    expect(javaRegex('\\p{Alpha}+\\d').test('rack1')).toBe(true);
    expect(javaRegex('a|b').test('ab')).toBe(false);
    expect(javaRegex('a\\++').test('a++')).toBe(true);
    expect(() => javaRegex('r(')).toThrow(SyntaxError);
  });

  it('null is as good as absent, undocumented keys are told', () => {
    const app = {
      id: '/a',
      ...small,
      cmd: null,
      container: null,
      residency: null,
      upgradeStrategy: null,
      colour: 'red',
    };
    const { starts, notes } = play({ apps: [app], agents: two });
    expect(starts).toHaveLength(1);
    expect(notes).toContain('keys-ignored app=/a keys=colour');
  });

  it('a launch that does not run is found by a look of every five seconds, more than 300 s later', () => {
    // An image that takes 400 s to pull: launched at 0 s and a bit, older than 300 s at the look of 305 s (OverdueInstancesActor.scala).
    const app = { id: '/a', ...small, container: { docker: { image: 'big' } } };
    const { ends } = play({
      apps: [app],
      more: { cluster: { agents: two, imagePull: '400 s' } },
      until: '400 s',
    });
    expect(ends.filter(({ reason }) => reason === 'overdue').map(({ atS }) => Math.floor(atS))).toEqual([305]);
  });

  it('a task that a drain ends is nobody’s failure: it starts elsewhere without back-off (NotifyRateLimiterStepImpl.scala)', () => {
    const app = { id: '/a', ...small, instances: 2, backoffSeconds: 250 };
    const { starts } = play({
      apps: [app],
      agents: two,
      actions: [{ at: '10 min', drainAgent: 'agent-0' }],
    });
    const again = starts.filter(({ atS }) => atS >= 600);
    expect(again.length).toBeGreaterThan(0);
    expect(Math.max(...again.map(({ atS }) => atS))).toBeLessThan(620);
  });

  it('an agent that an operator calls gone keeps no resident waiting', () => {
    const resident = {
      id: '/db',
      ...small,
      container: { volumes: [{ containerPath: 'd', persistent: { size: 10 } }] },
    };
    const first = play({ apps: [resident], agents: two, until: '5 min' }).starts[0]?.agent as string;
    const actions = [{ at: '10 min', removeAgent: first }, tell('20 min', 'gone', { agent: first })];
    const { starts } = play({ apps: [resident], agents: two, actions });
    expect(starts).toHaveLength(2);
    expect(starts[1]?.agent).not.toBe(first);
    expect(starts[1]?.atS).toBeGreaterThanOrEqual(1200);
  });
});
