import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/core/errors.js';
import { checkCases, renderCaseJson, renderCaseText } from '../../../src/experiment/check-cases.js';

const folder = mkdtempSync(join(tmpdir(), 'cases-'));

function fileOf(value: unknown): string {
  const path = join(folder, 'cases.json');
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

function caseOf(...steps: unknown[]): string {
  return fileOf({ cases: [{ id: 'one', kind: 'allocator', steps }] });
}

function complaint(path: string, allocator?: string): string {
  try {
    checkCases(path, allocator === undefined ? {} : { allocator });
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.rule}`;
    throw error;
  }
  return 'none';
}

const agent = { op: 'addAgent', agent: 'a1', resources: 'cpus:2;mem:1024;ports:[1-3, 7-8]' };
const framework = { op: 'addFramework', framework: 'f1', roles: ['r'] };

describe('checkCases', () => {
  it('reports the first difference of a failing case: step, framework, agent, resource, expected, got', () => {
    const expect1 = { expect: { f1: { r: { a1: 'cpus:2;mem:512;ports:[1-3, 7-8]' } } } };
    const report = checkCases(caseOf(agent, framework, expect1, { expect: { f1: { r: { a1: 'cpus:9' } } } }));
    expect(report).toMatchObject({ passed: 0, failed: 1 });
    expect(report.failures).toEqual([
      {
        case: 'one',
        origin: '',
        step: 2,
        framework: 'f1',
        role: 'r',
        agent: 'a1',
        resource: 'mem',
        expected: '512',
        got: '1024',
      },
    ]);
    expect(renderCaseText(report)).toContain(
      'FAIL one: step 2, framework f1, role r, agent a1, mem: expected 512, got 1024\n0 passed, 1 failed (drf, ',
    );
    expect(JSON.parse(renderCaseJson(report))).toEqual(report);
  });

  it('sums totals over agents, counts grants, and starts a new window after each expectation', () => {
    const other = { ...agent, agent: 'a2', resources: 'cpus:1.0005' };
    const steps = [agent, other, framework];
    const expectTotals = { f1: { r: 'cpus:3.001;mem:1024;ports:[1-3,7-8]' } };
    expect(checkCases(caseOf(...steps, { expectTotals, expectGrantCount: 2 }, { expectGrantCount: 0 })).failed).toBe(0);
    expect(checkCases(caseOf(...steps, { expectGrantCount: 3 })).failures[0]).toMatchObject({
      resource: 'grants',
      expected: '3',
      got: '2',
    });
  });

  it('says at which place an order departs', () => {
    const steps = [
      { op: 'add', client: 'b' },
      { op: 'add', client: 'a' },
      { op: 'add', client: 'c', active: false },
    ];
    const path = fileOf({ cases: [{ id: 's', kind: 'sorter', steps: [...steps, { expectOrder: ['b', 'a'] }] }] });
    expect(checkCases(path).failures[0]).toMatchObject({ resource: 'place 1', expected: 'b a', got: 'a b' });
  });

  it('knows the operations that no shared case uses', () => {
    const grant = (text: string): unknown => ({ expect: { f1: { r: { a1: text } } } });
    const path = caseOf(
      { op: 'addAgent', agent: 'a1', resources: 'cpus:4;mem:2048', capabilities: ['MULTI_ROLE'] },
      { op: 'reserve', agent: 'a1', role: 'r', resources: 'cpus:1' },
      { op: 'addFramework', framework: 'f1', roles: ['x'], active: false },
      { op: 'updateFramework', framework: 'f1', roles: ['r'] },
      { expect: {} },
      { op: 'activateFramework', framework: 'f1' },
      grant('cpus(r):1;cpus:3;mem:2048'),
      { op: 'recover', framework: 'f1', agent: 'a1', role: 'r', resources: 'cpus:1;mem:1024', refuseSeconds: -1 },
      { op: 'advance', seconds: 4 },
      { expect: {} },
      { op: 'advance', seconds: 1.5 },
      grant('cpus:1;mem:1024'),
    );
    expect(renderCaseText(checkCases(path))).toBe(`1 passed, 0 failed (drf, ${path})\n`);
  });

  it('takes its configuration from the case', () => {
    const config = {
      allocationInterval: 10,
      minAllocatable: ['cpus:2', 'custom:1'],
      filterGpuResources: false,
      agentOrder: 'shuffle',
    };
    const steps = [
      framework,
      { op: 'addAgent', agent: 'small', resources: 'cpus:1;mem:4096' },
      { op: 'addAgent', agent: 'gpu', resources: 'custom:1;gpus:1' },
      { expect: { f1: { r: { gpu: 'custom:1;gpus:1' } } } },
      { op: 'recoverAll', framework: 'f1', refuseSeconds: 1 },
      { op: 'advance', seconds: 10 },
      { expect: {} },
      { op: 'advance', seconds: 10 },
      { expectGrantCount: 1 },
    ];
    const path = fileOf({ cases: [{ id: 'one', kind: 'allocator', config, steps }] });
    expect(renderCaseText(checkCases(path))).toBe(`1 passed, 0 failed (drf, ${path})\n`);
  });
});

describe('a file that is no case file', () => {
  const bad: readonly (readonly [string, unknown, string])[] = [
    ['no cases', { cases: [] }, 'E_CASE: the file must be a file with at least one case'],
    ['no list', { cases: 3 }, 'E_CASE: cases must be a list, got 3'],
    [
      'unknown kind',
      { cases: [{ id: 'x', kind: 'sorted', steps: [] }] },
      'E_CASE: cases[0].kind is no known kind of case, got "sorted"',
    ],
    ['no id', { cases: [{ kind: 'sorter', steps: [] }] }, 'E_CASE: cases[0] must have a field "id"'],
  ];
  it.each(bad)('%s', (_name, value, message) => {
    expect(complaint(fileOf(value))).toContain(message);
  });

  const steps: readonly (readonly [string, unknown, string])[] = [
    ['unknown operation', { op: 'addAgnt' }, 'cases[0].steps[2].op is no known operation, got "addAgnt"'],
    [
      'unknown field',
      { ...framework, framework: 'f2', role: 'r' },
      'cases[0].steps[2].role is no known field, got "role"',
    ],
    [
      'negative demand',
      { ...agent, agent: 'a2', resources: 'cpus:-1' },
      'cases[0].steps[2].resources must be a number of at least 0, got "-1"',
    ],
    [
      'not a number',
      { ...agent, agent: 'a2', resources: 'cpus:NaN' },
      'cases[0].steps[2].resources must be a number of at least 0, got "NaN"',
    ],
    [
      'unknown tag',
      { ...agent, agent: 'a2', resources: 'cpus{FAST}:1' },
      'cases[0].steps[2].resources must be a tag of REV',
    ],
    ['bad range', { ...agent, agent: 'a2', resources: 'ports:[9-1]' }, 'cases[0].steps[2].resources must be ranges'],
    ['agent twice', agent, 'cases[0].steps[2].agent must be an agent that is not registered yet, got "a1"'],
    [
      'unknown agent',
      { op: 'removeAgent', agent: 'a9' },
      'cases[0].steps[2].agent must be a registered agent, got "a9"',
    ],
    [
      'unknown framework',
      { op: 'revive', framework: 'f9', roles: [] },
      'cases[0].steps[2].framework must be a subscribed framework',
    ],
    [
      'foreign role',
      { op: 'suppress', framework: 'f1', roles: ['s'] },
      'cases[0].steps[2].roles[0] must be a role of the framework',
    ],
    [
      'unknown capability',
      { ...framework, framework: 'f2', capabilities: ['GPU'] },
      'cases[0].steps[2].capabilities[0] is no known capability',
    ],
    [
      'zero weight',
      { op: 'updateWeights', weights: { r: 0 } },
      'cases[0].steps[2].weights.r must be a number above 0, got 0',
    ],
    [
      'infeasible quota',
      { op: 'updateQuota', role: 'r', guarantees: 'cpus:3', limits: 'cpus:2' },
      'cases[0].steps[2].limits must be no less than the guarantees',
    ],
    [
      'nested quota',
      { op: 'updateQuota', role: 'r/s', limits: 'cpus:2' },
      'cases[0].steps[2].role must be a top-level role',
    ],
    [
      'time backwards',
      { op: 'advance', seconds: -1 },
      'cases[0].steps[2].seconds must be a number of seconds of at least 0, got -1',
    ],
    [
      'too much back',
      { op: 'recover', framework: 'f1', agent: 'a1', role: 'r', resources: 'cpus:3' },
      'cases[0].steps[2].resources must be no more than the framework holds',
    ],
    ['neither operation nor expectation', { expekt: {} }, 'cases[0].steps[2].expekt is no known field'],
  ];
  it.each(steps)('%s in a step', (_name, step, message) => {
    expect(complaint(caseOf(agent, framework, step))).toContain(message);
  });

  it('names a role that Mesos would refuse', () => {
    const reserve = (role: string, resources: string) => caseOf(agent, { op: 'reserve', agent: 'a1', role, resources });
    expect(complaint(reserve('r', 'cpus:2'))).toBe('none');
    expect(complaint(reserve('/r', 'cpus:1'))).toMatch(
      /^E_CASE: cases\[0\]\.steps\[1\]\.role must be \* or a path of names/,
    );
    expect(complaint(caseOf(agent, { ...framework, roles: ['a//b'] }))).toMatch(/steps\[1\]\.roles\[0\] must be/);
  });

  it('names line and column of broken JSON', () => {
    const path = fileOf('{\n  "cases": [,]\n}');
    try {
      checkCases(path);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).format()).toContain(`${path}:2:13: error E_JSON`);
    }
  });

  it('a file that is not there', () => {
    expect(complaint(join(folder, 'none.json'))).toContain('E_FILE: the case file cannot be read (ENOENT)');
  });

  it('an allocator that does not rank, or reads demand, cannot be checked', () => {
    expect(complaint(caseOf(agent), 'null')).toContain('E_CASE_ALLOCATOR');
    expect(complaint(caseOf(agent), 'fifo')).toContain('E_CASE_ALLOCATOR');
  });
});
