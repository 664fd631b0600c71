import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { loadExperiment } from '../../../src/experiment/sweep-plan.js';
import { loadScenario, parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

const GOOD = `name: t
workload:
  synthetic: { jobs: 5, arrivals: { poisson: { rate: 1 /s } }, duration: 1 s, cpus: 1 }
cluster: { agents: [ { count: 2, cpus: 4, mem: 8 GiB } ] }
`;
const folder = mkdtempSync(join(tmpdir(), 'mesosim-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines of the error, without hints. */
function told(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError || error instanceof InputErrors)
      return error
        .format()
        .split('\n')
        .filter((line) => !line.startsWith('  hint'));
    throw error;
  }
  return [];
}

const PLAIN: readonly (readonly [string, string, string])[] = [
  ['nothing at all', '', '1:1: error E_SCENARIO: a scenario must be a mapping'],
  ['a list', '- a\n', '1:1: error E_SCENARIO: a scenario must be a mapping'],
  ['a tab', GOOD.replace('  synth', '\tsynth'), '3:1: error E_YAML: tabs must not indent'],
  ['two documents', `${GOOD}---\nname: u\n`, '5:1: error E_YAML: a file must hold one document'],
  ['a key that stands twice', `${GOOD}name: u\n`, '5:1: error E_YAML: a key must stand once'],
  ['an alias without an anchor', `${GOOD}roles: *none\n`, '5:8: error E_YAML: the alias *none'],
  ['a misspelt key that must be there', GOOD.replace('cluster', 'clutser'), '4:1: error E_KEY_UNKNOWN'],
  ['an unknown key of an agent', GOOD.replace('count', 'cuont'), '4:24: error E_KEY_UNKNOWN'],
  ['__proto__', `${GOOD}__proto__: { a: 1 }\n`, '5:1: error E_KEY_UNKNOWN: unknown key "__proto__"'],
  ['more agents than memory', GOOD.replace('count: 2', 'count: 1e12'), '4:31: error E_SCENARIO_VALUE'],
  ['an endless amount', GOOD.replace('cpus: 4', 'cpus: .inf'), '4:40: error E_SCENARIO_VALUE'],
  ['a time between samples of zero', `${GOOD}metrics: { sample: 0 s }\n`, '5:20: error E_SCENARIO_VALUE'],
  ['no time between runs', `${GOOD}master: { allocationInterval: 0 }\n`, '5:31: error E_SCENARIO_VALUE'],
  ['an end before the warm-up', `${GOOD}until: 5\nmetrics: { warmup: 10 }\n`, '6:20: error E_SCENARIO: metrics.warmup'],
  ['an empty window', GOOD.replace('load:\n', 'load:\n  window: { from: 5, to: 5 }\n'), '3:26: error E_SCENARIO'],
  ['a name twice', `${GOOD}frameworks: [ { name: a }, { name: a } ]\n`, '5:36: error E_SCENARIO: two frameworks'],
  ['an unknown template', `${GOOD}frameworks: [ { name: "{usr}" } ]\n`, '5:23: error E_SCENARIO_VALUE'],
  ['an unknown metric', `${GOOD}metrics: { off: [ jbos ] }\n`, '5:19: error E_PLUGIN_UNKNOWN'],
  ['a check in prose', `${GOOD}checks: [ waits are short ]\n`, '5:11: error E_CHECK'],
  [
    'a fault without time',
    `${GOOD}faults: [ { type: agent-failure, mtbf: 0 } ]\n`,
    '5:40: error E_DURATION: faults.mtbf',
  ],
  ['two distributions', GOOD.replace('1 s,', '{ uniform: { high: 1 }, pareto: {} },'), '3:74: error E_DISTRIBUTION'],
  ['a trace that is not there', GOOD.replace(/synthetic.*/, 'trace: no.swf'), '3:10: error E_FILE'],
  [
    'jobs that wait for each other',
    GOOD.replace(/synthetic.*/, 'jobs: [ { id: a, duration: 1, after: [ b ] }, { id: b, duration: 1, after: [ a ] } ]'),
    '3:49: error E_SCENARIO: workload.jobs: a job waits for itself',
  ],
];

describe('a mistake in a scenario is one line with its place', () => {
  it.each(PLAIN)('%s', (_what, text, expected) => {
    const lines = told(() => new Simulation(parseScenario(text, join(folder, 'a.yaml'))).close());
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`a.yaml:${expected}`);
  });

  it('bytes that are no UTF-8', () => {
    const path = join(folder, 'latin.yaml');
    writeFileSync(path, Buffer.concat([Buffer.from(`${GOOD}description: "caf`), Buffer.from([0xe9, 0x22])]));
    expect(told(() => loadScenario(path))).toEqual([`${path}:5:18: error E_FILE: the scenario must be UTF-8 text`]);
  });

  it('a byte order mark and line ends of Windows are none', () => {
    const path = join(folder, 'windows.yaml');
    writeFileSync(path, `\uFEFF${GOOD.replaceAll('\n', '\r\n')}`);
    expect(loadScenario(path).document).toEqual(parseScenario(GOOD, path).document);
  });

  it('an override has the command line as its place, also where the text has the key', () => {
    const line = (override: string) => told(() => parseScenario(GOOD, 'a.yaml', [override]))[0];
    expect(line('cluster.agents.0.cpus=x')).toMatch(/^--set cluster\.agents\.0\.cpus=x: error E_SCENARIO_VALUE: /);
    expect(line('policy.allocator=dfr')).toMatch(/^--set policy\.allocator=dfr: error E_PLUGIN_UNKNOWN: /);
    expect(line('network.dealy=1')).toMatch(/^--set network\.dealy=1: error E_KEY_UNKNOWN: /);
    expect(line('workload.merge.0.load=1')).toMatch(/^--set workload\.merge\.0\.load=1: error /);
    expect(told(() => parseScenario(`${GOOD}sede: 1\n`, 'a.yaml', ['seed=2']))[0]).toMatch(/^a\.yaml:5:1: error/);
  });
});

describe('frameworks', () => {
  it('take the options of their kind beside their other keys, as faults do', () => {
    const beside = `${GOOD}frameworks: [ { name: web, type: marathon, apps: a.json } ]\n`;
    const within = `${GOOD}frameworks: [ { name: web, type: marathon, options: { apps: a.json } } ]\n`;
    expect(parseScenario(beside, 'a.yaml').document).toEqual(parseScenario(within, 'a.yaml').document);
  });
});

describe('a mistake in an experiment', () => {
  it('is told in the words of scenarios', () => {
    const path = join(folder, 'grid.yaml');
    const lines = (text: string): string[] => {
      writeFileSync(path, text);
      return told(() => loadExperiment(path)).map((line) => line.replace(path, 'grid.yaml'));
    };
    expect(lines('{}')).toEqual(
      ['name', 'scenario', 'axes'].map((key) => `grid.yaml:1:1: error E_EXPERIMENT: ${key} is missing`),
    );
    expect(lines('name: a\nscenaro: b.yaml\naxes: { x: 5 }\n')).toEqual([
      'grid.yaml:2:1: error E_EXPERIMENT: unknown key "scenaro"',
      'grid.yaml:3:12: error E_EXPERIMENT: axes.x must be a list, got "5"',
    ]);
  });
});
