import { describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { scenarioJsonSchema } from '../../../src/scenario/json-schema.js';
import { parseScenario } from '../../../src/scenario/load.js';

const GOOD = `name: a
workload: { synthetic: { jobs: 1, arrivals: 1 s, duration: 5 s } }
cluster:
  agents:
    - { count: 2, cpus: 4 }
`;

/** Lines as the program prints them. */
function mistakes(text: string, overrides: readonly string[] = []): string[] {
  try {
    parseScenario(text, 'a.yaml', overrides);
  } catch (error) {
    if (error instanceof InputError || error instanceof InputErrors) return error.format().split('\n');
    throw error;
  }
  return [];
}

describe('reading a scenario', () => {
  it('takes YAML and JSON alike', () => {
    const yaml = parseScenario(GOOD, 'a.yaml').document;
    const json = parseScenario(
      '{"name":"a","workload":{"synthetic":{"jobs":1,"arrivals":"1 s","duration":"5 s"}},"cluster":{"agents":[{"count":2,"cpus":4}]}}',
      'a.json',
    ).document;
    expect(json).toEqual(yaml);
  });

  it('names every mistake at its place, in the order of the text', () => {
    const text = GOOD.replace('jobs: 1', 'jobs: 0').replace('count: 2', 'cuont: 2').replace('cpus: 4', 'cpus: -4');
    expect(mistakes(text)).toEqual([
      'a.yaml:2:32: error E_SCENARIO_VALUE: workload.synthetic.jobs must be at least 1, got "0"',
      'a.yaml:5:9: error E_KEY_UNKNOWN: unknown key "cuont"',
      '  hint: did you mean "count"?',
      'a.yaml:5:25: error E_SCENARIO_VALUE: cluster.agents.0.cpus must be at least 0, got "-4"',
    ]);
  });

  it('says what is missing, and where', () => {
    expect(mistakes(GOOD.replace('name: a\n', ''))[0]).toBe('a.yaml:1:1: error E_KEY_MISSING: name is missing');
    expect(mistakes(GOOD.replace('arrivals: 1 s, ', ''))[0]).toBe(
      'a.yaml:2:24: error E_KEY_MISSING: workload.synthetic.arrivals is missing',
    );
  });

  it('places a wrong time, amount, choice and type', () => {
    const text = `${GOOD}until: soon\nmaster: { allocationInterval: -1, agentOrder: random }\nseed: 1.5\nchecks: wait\n`;
    expect(mistakes(text)).toEqual([
      'a.yaml:6:8: error E_SCENARIO_VALUE: until must be a time of at least 0 such as "90 s", got "soon"',
      'a.yaml:7:31: error E_SCENARIO_VALUE: master.allocationInterval must be a time of at least 0 such as "90 s", got "-1"',
      'a.yaml:7:47: error E_SCENARIO_VALUE: master.agentOrder must be one of shuffle, id, got "random"',
      'a.yaml:8:7: error E_SCENARIO_VALUE: seed must be a whole number, got "1.5"',
      'a.yaml:9:9: error E_SCENARIO_VALUE: checks must be a list, got "wait"',
    ]);
  });

  it('checks policies and their options before anything runs', () => {
    const text = `${GOOD}policy:\n  allocator: dfr\n  order: fifo\ncompare:\n  - { allocator: "priority[preemption=maybe]" }\n`;
    const lines = mistakes(text);
    expect(lines[0]).toBe('a.yaml:7:14: error E_PLUGIN_UNKNOWN: there is no allocator "dfr"');
    expect(lines[1]).toContain('did you mean "drf"?');
    expect(lines[2]).toMatch(
      /^a\.yaml:10:18: error E_OPTION_VALUE: allocator priority\[preemption\] must be true or false/,
    );
  });

  it('places mistakes in distributions, arrivals and trace formats before anything runs', () => {
    const gaps = GOOD.replace('arrivals: 1 s', 'arrivals: { poison: { rate: 1 } }');
    expect(mistakes(gaps)).toEqual([
      'a.yaml:2:45: error E_SYNTHETIC: arrivals must name an arrival process or a distribution of gaps, got "poison"',
      expect.stringMatching(/^ {2}hint: did you mean "poisson"\? known: poisson, diurnal, mmpp, deterministic, /),
    ]);
    const runTimes = GOOD.replace('duration: 5 s', 'duration: { exponetial: { mean: 5 s } }');
    expect(mistakes(runTimes)).toEqual([
      'a.yaml:2:60: error E_DISTRIBUTION: duration must name one distribution, got "exponetial"',
      expect.stringContaining('did you mean "exponential"?'),
    ]);
    const format = GOOD.replace(/synthetic: .* \} \}/, 'trace: log.txt, format: swff }');
    expect(mistakes(format)).toEqual([
      'a.yaml:2:37: error E_FORMAT_UNKNOWN: there is no trace format "swff"',
      expect.stringContaining('did you mean "swf"?'),
    ]);
  });

  it('points into text that is no YAML', () => {
    expect(mistakes('name: [a\n')[0]).toMatch(/^a\.yaml:\d+:\d+: error E_YAML: /);
    expect(mistakes('- a\n- b\n')[0]).toBe('a.yaml:1:1: error E_SCENARIO: a scenario must be a mapping of keys');
    expect(mistakes(`${GOOD}name: b\n`)[0]).toMatch(/^a\.yaml:6:1: error E_YAML: /);
  });

  it('prints twenty mistakes and counts the rest', () => {
    const keys = Array.from({ length: 30 }, (_, index) => `key${index}: 1\n`).join('');
    const lines = mistakes(GOOD + keys).filter((line) => !line.startsWith('  hint'));
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('… and 10 more');
  });

  it('says that an endless workload needs an end', () => {
    expect(mistakes(GOOD.replace('jobs: 1, ', ''))[0]).toMatch(/^a\.yaml:2:24: error E_NO_END/);
  });
});

describe('an override', () => {
  it('sets a value, makes what is missing on the way, and reaches into lists', () => {
    const { document } = parseScenario(GOOD, 'a.yaml', [
      'network.delay=1 ms',
      'cluster.agents.0.cpus=16',
      'metrics={ warmup: 1 h }',
      'checks=["wait_s_mean < 1"]',
    ]);
    expect(document.network?.delay).toBe('1 ms');
    expect(document.cluster.agents[0]).toMatchObject({ count: 2, cpus: 16 });
    expect(document.metrics?.warmup).toBe('1 h');
    expect(document.checks).toEqual(['wait_s_mean < 1']);
  });

  it('is checked like the text', () => {
    expect(mistakes(GOOD, ['network.dealy=1'])[1]).toContain('did you mean "delay"?');
    expect(mistakes(GOOD, ['seed=x'])[0]).toContain('seed must be a number, got "x"');
    expect(mistakes(GOOD, ['seed'])[0]).toContain('error E_SET');
    expect(mistakes(GOOD, ['__proto__.x=1'])[0]).toContain('error E_SET');
    expect(mistakes(GOOD, ['a.__proto__=1'])[0]).toContain('error E_SET');
  });
});

describe('the JSON Schema', () => {
  it('describes every key', () => {
    const bare: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties, ...rest } = node as { properties?: Record<string, { description?: string }> };
      for (const [key, child] of Object.entries(properties ?? {})) {
        if (child.description === undefined) bare.push(`${path}.${key}`);
        walk(child, `${path}.${key}`);
      }
      for (const [key, child] of Object.entries(rest)) walk(child, `${path}/${key}`);
    };
    walk(JSON.parse(scenarioJsonSchema()), '');
    expect(bare).toEqual([]);
  });
});
