import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

const EXPERIMENT = `name: grid
scenario: small.yaml
axes:
  workload.synthetic.tasks: [1, 2]
  policy.allocator: [drf, fifo]
seeds: 1..2
`;

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench();
  bench.write('small.yaml', SMALL);
  bench.write('grid.yaml', EXPERIMENT);
});
afterAll(() => bench.remove());

const read = (name: string): string => readFileSync(bench.path(name), 'utf8');

describe('mesosim sweep', () => {
  it('lists the grid without running it', () => {
    const { code, stdout } = bench.run('sweep', 'grid.yaml', '--dry-run');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(9);
    expect(stdout).toContain('0003-tasks=2,allocator=fifo-s2');
    expect(existsSync(bench.path('results'))).toBe(false);
  });

  it('writes one row per run and metric, the same for any number of jobs and for shards that are merged', () => {
    expect(bench.run('sweep', 'grid.yaml', '--jobs', '1', '--out', 'whole').code).toBe(0);
    bench.run('sweep', 'grid.yaml', '--jobs', '2', '--shard', '1/2', '--out', 'part-1');
    bench.run('sweep', 'grid.yaml', '--jobs', '2', '--shard', '2/2', '--out', 'part-2');
    expect(bench.run('merge', 'part-1', 'part-2', '--out', 'all').stdout).toContain('0 still missing');
    expect(read('all/sweep.csv')).toBe(read('whole/sweep.csv'));
    const rows = read('whole/sweep.csv').split('\n');
    expect(rows[0]).toBe('cell,workload.synthetic.tasks,policy.allocator,seed,scope,name,metric,unit,value');
    expect(rows.filter((row) => row.includes(',jobs_submitted,'))).toHaveLength(8);
  });

  it('goes on where it was stopped', () => {
    const label = 'runs/0001-tasks=1,allocator=fifo-s2';
    rmSync(bench.path(`whole/${label}`), { recursive: true });
    expect(bench.run('sweep', 'grid.yaml', '--out', 'whole').stderr).toContain('E_OUT_EXISTS');
    expect(bench.run('sweep', 'grid.yaml', '--out', 'whole', '--resume').stdout).toContain('1 runs done, 7 kept');
    expect(read('whole/sweep.csv')).toBe(read('all/sweep.csv'));
  });

  it('marks the points of the Pareto front, over the runs that are there, and tells a metric that no run has', () => {
    const pareto = 'pareto: [wait_s_mean, { metric: utilization_cpus, better: more }]\n';
    bench.write('grid.yaml', EXPERIMENT + pareto);
    const { stdout } = bench.run('sweep', 'grid.yaml', '--out', 'whole', '--resume');
    expect(stdout).toContain('0 runs done, 8 kept');
    expect(stdout).toMatch(/wait_s_mean \(less\) │ utilization_cpus \(more\) │ front/);
    const [head, ...rows] = read('whole/pareto.csv').trim().split('\n');
    expect(head).toBe(
      'point,workload.synthetic.tasks,policy.allocator,runs,wait_s_mean,utilization_cpus,on_front,dominated_by',
    );
    const points = rows.map((row) => row.split(',').map((cell, at) => (at === 2 ? Number.NaN : Number(cell))));
    expect(points.map(([point, , , runs]) => [point, runs])).toEqual([0, 1, 2, 3].map((point) => [point, 2]));
    // By the definition, with means of the two seeds from sweep.csv.
    const mean = (point: number, metric: string): number => {
      const cells = read('whole/sweep.csv')
        .split('\n')
        .map((row) => row.split(','));
      const own = cells.filter(
        ([cell, , , , scope, , name]) =>
          cell !== 'cell' && Math.floor(Number(cell) / 2) === point && scope === 'cluster' && name === metric,
      );
      return own.reduce((sum, row) => sum + Number(row.at(-1)), 0) / own.length;
    };
    for (const [point = 0, , , , wait, use, isOnFront] of points) {
      expect(wait).toBeCloseTo(mean(point, 'wait_s_mean'), 9);
      const isBeaten = points.some(
        ([, , , , otherWait = 0, otherUse = 0]) =>
          otherWait <= (wait as number) && otherUse >= (use as number) && (otherWait !== wait || otherUse !== use),
      );
      expect(isOnFront).toBe(isBeaten ? 0 : 1);
    }
    bench.write('grid.yaml', EXPERIMENT + pareto.replace('wait_s_mean', 'wait_mean'));
    const wrong = bench.run('sweep', 'grid.yaml', '--out', 'whole', '--resume');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('E_EXPERIMENT: pareto: no run has this metric, got "wait_mean"');
    bench.write('grid.yaml', `${EXPERIMENT}pareto: [wait_s_mean]\n`);
    expect(bench.run('sweep', 'grid.yaml', '--dry-run').stderr).toContain('a front needs two metrics');
    bench.write('grid.yaml', EXPERIMENT);
  });

  it('mixes nothing in from another experiment or scenario, and touches no folder of others', () => {
    bench.write('small.yaml', SMALL.replace('cpus: 4', 'cpus: 5'));
    expect(bench.run('sweep', 'grid.yaml', '--out', 'whole', '--resume').stderr).toContain('E_OUT_EXISTS');
    expect(bench.run('sweep', 'grid.yaml', '--out', '.').stderr).toContain('E_OUT_FOREIGN');
    bench.write('small.yaml', SMALL);
  });

  it('finds a wrong setting before the first run', () => {
    bench.write('typo.yaml', EXPERIMENT.replace('synthetic.tasks', 'synthetic.taks'));
    const { code, stderr } = bench.run('sweep', 'typo.yaml', '--out', 'typo');
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "tasks"?');
    expect(existsSync(bench.path('typo'))).toBe(false);
    bench.write('wrong.yaml', 'name: x\naxis: 1\n');
    expect(bench.run('sweep', 'wrong.yaml').stderr).toContain('error E_EXPERIMENT');
    expect(bench.run('sweep', 'grid.yaml', '--shard', '3/2').code).toBe(2);
  });
});
