import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench();
  bench.write('small.yaml', SMALL);
  const { code, stderr } = bench.run('compare', 'small.yaml', '--seeds', '1..3', '--jobs', '2', '--out', 'two');
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
afterAll(() => bench.remove());

/** Every file below a folder, by relative path. */
function filesOf(folder: string, prefix = ''): string[] {
  return readdirSync(folder)
    .sort((a, b) => (a < b ? -1 : 1))
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesOf(path, `${prefix}${name}/`) : [`${prefix}${name}`];
    });
}

describe('mesosim compare', () => {
  it('writes the same bytes however many runs go on at the same time', () => {
    bench.run('compare', 'small.yaml', '--seeds', '1..3', '--jobs', '1', '--out', 'one');
    const files = filesOf(bench.path('two'));
    expect(filesOf(bench.path('one'))).toEqual(files);
    expect(files).toEqual(
      expect.arrayContaining([
        'comparison.csv',
        'comparison_stats.csv',
        'manifest.json',
        'report.html',
        'runs/small/drf-s1/tasks.csv',
      ]),
    );
    for (const file of files) {
      expect(readFileSync(bench.path(`one/${file}`)).equals(readFileSync(bench.path(`two/${file}`))), file).toBe(true);
    }
  });

  it('leaves the arrivals as they were when the allocator is swapped', () => {
    const { runs } = JSON.parse(readFileSync(bench.path('two/manifest.json'), 'utf8')) as {
      runs: { policy: string; seed: number; arrivals_digest: string; replay_digest: string }[];
    };
    for (const seed of [1, 2, 3]) {
      const [drf, market] = runs.filter((run) => run.seed === seed);
      expect(drf?.arrivals_digest).toBe(market?.arrivals_digest);
      expect(drf?.replay_digest).not.toBe(market?.replay_digest);
    }
  });

  it('repeats every run from its manifests', () => {
    const { code, stdout } = bench.run('rerun', 'two');
    expect(stdout.match(/same digest/g)).toHaveLength(6);
    expect(code).toBe(0);
  });

  it('prints stable JSON with the differences to the baseline', () => {
    const { stdout } = bench.run(
      'compare',
      'small.yaml',
      '--seeds',
      '1,2',
      '--baseline',
      'market',
      '--format',
      'json',
      '--no-figures',
      '--out',
      'j',
    );
    const { baseline, stats } = JSON.parse(stdout) as {
      baseline: string;
      stats: { policy: string; metric: string; mean: number; diff: number | null }[];
    };
    expect(baseline).toBe('market');
    const of = (policy: string) => stats.find((row) => row.policy === policy && row.metric === 'wait_s_mean');
    expect(of('market')?.diff).toBeNull();
    expect(of('drf')?.diff).toBeCloseTo((of('drf')?.mean as number) - (of('market')?.mean as number), 9);
  });

  it('cuts a trace into windows that together have all its jobs', () => {
    bench.run('init', 'study');
    const { code } = bench.run(
      'compare',
      'study/scenario.yaml',
      '--allocators',
      'drf',
      '--replicate',
      'windows:4',
      '--no-figures',
      '--out',
      'w',
    );
    expect(code).toBe(0);
    const rows = readFileSync(bench.path('w/comparison.csv'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(',jobs_submitted,'));
    expect(rows.map((row) => row.split(',')[3])).toEqual(['window-1', 'window-2', 'window-3', 'window-4']);
    expect(rows.reduce((sum, row) => sum + Number(row.split(',').at(-1)), 0)).toBe(60);
  });

  it('says that seeds on a trace vary chance only', () => {
    const { stdout } = bench.run(
      'compare',
      'study/scenario.yaml',
      '--allocators',
      'drf',
      '--seeds',
      '1,2',
      '--no-figures',
      '--out',
      'c',
    );
    expect(stdout).toContain('vary chance inside one trace only');
  });
});

describe('mesosim diff', () => {
  it('finds two repetitions equal, and names the first fact in which two policies differ', () => {
    const run = (policy: string, seed: number): string => `two/runs/small/${policy}-s${seed}`;
    const same = bench.run('diff', run('drf', 1), run('drf', 1));
    expect(same.stdout).toBe('the runs are equal, fact by fact\n');
    expect(same.code).toBe(0);
    const other = bench.run('diff', run('drf', 1), run('market', 1), '--format', 'json');
    expect(other.code).toBe(1);
    const found = JSON.parse(other.stdout) as {
      equalFacts: number;
      a: { timeS: number; text: string };
      b: { text: string };
    };
    expect(found.a.text).not.toBe(found.b.text);
    expect(found.a.text.length).toBeGreaterThan(10);
    // Another seed is another workload: the first arrival differs already.
    const seeds = JSON.parse(
      bench.run('diff', run('drf', 1), run('drf', 2), '--format', 'json').stdout,
    ) as typeof found;
    expect(seeds.equalFacts).toBeLessThanOrEqual(found.equalFacts);
    expect(`${seeds.a.timeS} ${seeds.a.text}`).toContain('arrives');
  });
});

describe('every table', () => {
  it('is read by DuckDB without a hint, with the rows and number types that it was written with', async () => {
    bench.run(
      'run',
      'small.yaml',
      '--events',
      '--offers',
      '--out',
      'full',
      '--allocator',
      'market-uniform[interval=5 s]',
    );
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const files = [
      ...filesOf(bench.path('two')).map((file) => `two/${file}`),
      ...filesOf(bench.path('full')).map((file) => `full/${file}`),
    ];
    const tables = files.filter((file) => file.endsWith('.csv'));
    expect(tables.length).toBeGreaterThan(20);
    for (const file of tables) {
      const path = bench.path(file).replaceAll("'", "''");
      const lines = readFileSync(bench.path(file), 'utf8').split('\n').length - 2;
      const count = await connection.runAndReadAll(`SELECT count(*)::INT AS n FROM read_csv('${path}')`);
      expect(count.getRowObjects()[0]?.n, file).toBe(lines);
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_csv('${path}')`);
      for (const { column_name: name, column_type: type } of described.getRowObjects()) {
        // A column of seconds, amounts or counts must not come out as text, unless it is empty throughout.
        if (!/_s$|^(value|cpus|mem_mib|disk_mib|gpus|seed|attempt|price|n)$/.test(String(name))) continue;
        const filled = await connection.runAndReadAll(
          `SELECT count("${String(name)}")::INT AS n FROM read_csv('${path}')`,
        );
        if (filled.getRowObjects()[0]?.n !== 0)
          expect(`${file} ${String(name)} ${String(type)}`).toMatch(/ (BIGINT|DOUBLE)$/);
      }
    }
    connection.closeSync();
  });

  it('has the job that ends first in its first row, and times that add up', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const jobs = bench.path('two/runs/small/drf-s1/jobs.csv').replaceAll("'", "''");
    const tasks = bench.path('two/runs/small/drf-s1/tasks.csv').replaceAll("'", "''");
    const one = async (sql: string): Promise<unknown> => (await connection.runAndReadAll(sql)).getRowObjects()[0]?.n;
    expect(
      await one(
        `SELECT count(*)::INT AS n FROM (SELECT finish_s, lag(finish_s) OVER () AS before FROM read_csv('${jobs}')) WHERE finish_s < before`,
      ),
    ).toBe(0);
    expect(
      await one(
        `SELECT count(*)::INT AS n FROM read_csv('${jobs}') WHERE abs(turnaround_s - (finish_s - submit_s)) > 1e-6`,
      ),
    ).toBe(0);
    expect(
      await one(
        `SELECT count(*)::INT AS n FROM read_csv('${tasks}') WHERE abs(wait_s - (start_s - queued_s)) > 1e-6 OR abs(run_s - (finish_s - start_s)) > 1e-6`,
      ),
    ).toBe(0);
    expect(
      await one(
        `SELECT count(*)::INT AS n FROM (SELECT job_id, min(start_s) AS s FROM read_csv('${tasks}') GROUP BY 1) t JOIN read_csv('${jobs}') j USING (job_id) WHERE abs(t.s - j.first_start_s) > 1e-6`,
      ),
    ).toBe(0);
    connection.closeSync();
  });
});
