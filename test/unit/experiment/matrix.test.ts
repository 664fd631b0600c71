import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/core/errors.js';
import { baselineOf, policiesOf, scenarioNames } from '../../../src/experiment/matrix.js';
import { planReplications } from '../../../src/experiment/replications.js';
import { parseScenario } from '../../../src/scenario/load.js';

const TEXT = `name: a
workload: { synthetic: { jobs: 1, arrivals: 1 s, duration: 5 s } }
cluster: { agents: [{ cpus: 4 }] }
policy: { allocator: fifo }
compare: [ { name: first, allocator: drf }, { order: sjf }, { allocator: drf, placement: best-fit } ]
`;
const scenario = parseScenario(TEXT, 'folder/a.yaml');

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error.code;
    throw error;
  }
  return '';
}

describe('policies of a comparison', () => {
  it('inherit what they leave out, and are named by what they set', () => {
    expect(policiesOf(scenario.document, []).map(({ label, allocator }) => [label, allocator])).toEqual([
      ['first', 'drf'],
      ['fifo+sjf', 'fifo'],
      ['drf+best-fit', 'drf'],
    ]);
  });

  it('come from the command line when it names some', () => {
    const labels = policiesOf(scenario.document, ['drf', 'priority[preemption=true]']).map(({ label }) => label);
    expect(labels).toEqual(['drf', 'priority[preemption=true]']);
    expect(codeOf(() => policiesOf(scenario.document, ['drf', 'drf']))).toBe('E_POLICY_TWICE');
    expect(codeOf(() => policiesOf(scenario.document, ['dfr']))).toBe('E_PLUGIN_UNKNOWN');
  });

  it('are set against the first one, or the one named by label or allocator', () => {
    const policies = policiesOf(scenario.document, []);
    expect(baselineOf(policies, undefined).label).toBe('first');
    expect(baselineOf(policies, 'fifo').label).toBe('fifo+sjf');
    expect(codeOf(() => baselineOf(policies, 'karma'))).toBe('E_BASELINE');
  });
});

describe('scenarios of a comparison', () => {
  it('are told apart by their files where their names are equal', () => {
    const other = parseScenario(TEXT, 'folder/b.yaml');
    expect(scenarioNames([scenario])).toEqual(['a']);
    expect(scenarioNames([scenario, other])).toEqual(['a-a', 'a-b']);
    expect(scenarioNames([scenario, scenario])).toEqual(['a-1', 'a-2']);
  });
});

describe('replications', () => {
  it('are one per seed, with a note on what an interval means', () => {
    const plan = planReplications(scenario, 'seeds', [3, 4]);
    expect(plan.replications.map(({ label, seed }) => [label, seed])).toEqual([
      ['seed-3', 3],
      ['seed-4', 4],
    ]);
    expect(plan.note).toContain('each seed draws a workload of its own');
    expect(planReplications(scenario, 'seeds', [3]).note).toBe('');
  });

  it('by windows or resampling need a trace and a sensible number', () => {
    for (const text of ['windows:1', 'windows:x', 'often', 'windows:3', 'resample:3']) {
      expect(codeOf(() => planReplications(scenario, text, [1]))).toBe('E_REPLICATE');
    }
  });
});
