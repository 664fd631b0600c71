import { afterAll, describe, expect, it } from 'vitest';
import { Workbench } from './support/program.js';

const bench = new Workbench();
afterAll(() => bench.remove());
const PAPER = `{
  "resources": { "cpus": 9, "gb": 18 },
  "users": [
    { "name": "A", "demand": { "cpus": 1, "gb": 4 } },
    { "name": "B", "demand": { "cpus": 3, "gb": 1 } }
  ]
}`;

describe('mesosim divide', () => {
  it('prints the division and its audit', () => {
    const problem = bench.write('paper.json', PAPER);
    const run = bench.run('divide', problem);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('0.6667 = 2/3');
    expect(run.stdout).toMatch(/resource monotone\s+│ broken/);
    expect(run.stderr).toBe('');
  });

  it('prints stable JSON with exact values', () => {
    const problem = bench.write('paper.json', PAPER);
    const run = bench.run('divide', problem, '--policy', 'asset-fair', '--format', 'json');
    expect(run.code, run.stderr).toBe(0);
    const view = JSON.parse(run.stdout) as { fractional: { users: { exact: { tasks: string } }[] } };
    expect(view.fractional.users.map((user) => user.exact.tasks)).toEqual(['63/25', '54/25']);
    expect(bench.run('divide', problem, '--policy', 'asset-fair', '--format', 'json').stdout).toBe(run.stdout);
  });

  it('ends with 2 and the place for a bad problem, a missing file, an unknown policy and no problem at all', () => {
    const bad = bench.write('bad.json', PAPER.replace('"gb": 1 }', '"gb": -1 }'));
    const run = bench.run('divide', bad);
    expect(run.code).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(/^bad\.json:5:\d+: error E_PROBLEM: users\[1\]\.demand\.gb: .*got "-1"/);
    expect(bench.run('divide', 'nowhere.json').code).toBe(2);
    expect(bench.run('divide', bench.write('paper.json', PAPER), '--policy', 'drff').code).toBe(2);
    expect(bench.run('divide').code).toBe(2);
  });

  it('prints the JSON Schema of problems', () => {
    const run = bench.run('divide', '--schema');
    expect(run.code, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ type: 'object', required: ['users'] });
  });
});
