import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench();
  bench.write('small.yaml', SMALL);
});
afterAll(() => bench.remove());

const read = (name: string): string => readFileSync(bench.path(name), 'utf8');

describe('mesosim run', () => {
  it('prints a summary and writes a folder at the default place', () => {
    const { code, stdout, stderr } = bench.run('run', 'small.yaml');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('40 submitted: 40 finished');
    expect(stdout).toContain('results/small/drf-s3');
    const files = readdirSync(bench.path('results/small/drf-s3')).sort((a, b) => (a < b ? -1 : 1));
    expect(files).toEqual(
      expect.arrayContaining([
        'fairness.csv',
        'jobs.csv',
        'manifest.json',
        'summary.csv',
        'tasks.csv',
        'utilization.csv',
      ]),
    );
    expect(read('results/small/drf-s3/tasks.csv').trim().split('\n')).toHaveLength(1 + 40 * 3);
  });

  it('writes the same bytes again, with or without other metrics beside', () => {
    bench.run('run', 'small.yaml', '--out', 'again');
    bench.run('run', 'small.yaml', '--out', 'more', '--events', '--offers');
    for (const file of ['tasks.csv', 'jobs.csv', 'summary.csv', 'fairness.csv', 'utilization.csv']) {
      expect(read(`again/${file}`)).toBe(read(`results/small/drf-s3/${file}`));
      expect(read(`more/${file}`)).toBe(read(`again/${file}`));
    }
    expect(read('again/manifest.json')).toBe(read('results/small/drf-s3/manifest.json'));
    expect(existsSync(bench.path('more/events.csv'))).toBe(true);
    expect(existsSync(bench.path('more/offers.csv'))).toBe(true);
  });

  it('gives the same digest by the slow twin and with invariants on', () => {
    const digest = (words: string[]): string =>
      (
        JSON.parse(bench.run('run', 'small.yaml', '--format', 'json', '--out', 'x', '--force', ...words).stdout) as {
          replay_digest: string;
        }
      ).replay_digest;
    const plain = digest([]);
    expect(plain).toMatch(/^[0-9a-f]{16}$/);
    expect(digest(['--naive'])).toBe(plain);
    expect(digest(['--invariants'])).toBe(plain);
    expect(digest(['--seed', '4'])).not.toBe(plain);
  });

  it('keeps an explicit folder unless forced, and says how', () => {
    bench.run('run', 'small.yaml', '--out', 'kept');
    const refused = bench.run('run', 'small.yaml', '--out', 'kept');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('error E_OUT_EXISTS');
    expect(refused.stderr).toContain('--force');
    expect(bench.run('run', 'small.yaml', '--out', 'kept', '--force').code).toBe(0);
  });

  it('runs one task without a scenario', () => {
    const { code, stdout } = bench.run(
      'run',
      '--execute',
      'cpus:2;mem:1024;disk:512',
      '--duration',
      '90 s',
      '--out',
      'one',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('1 submitted: 1 finished');
    const [head = '', row = ''] = read('one/tasks.csv').split('\n');
    const cell = (name: string): string | undefined => row.split(',')[head.split(',').indexOf(name)];
    expect(cell('run_s')).toBe('90');
    expect(cell('cpus')).toBe('2');
    expect(cell('mem_mib')).toBe('1024');
    expect(cell('disk_mib')).toBe('512');
  });

  it('ends with 1 when a check of the scenario fails, and still writes the results', () => {
    bench.write('checked.yaml', `${SMALL}checks: ["wait_s_mean < 0.000001", "jobs_finished == 40"]\n`);
    const { code, stderr } = bench.run('run', 'checked.yaml', '--out', 'checked');
    expect(code).toBe(1);
    expect(stderr).toBe('check failed: wait_s_mean < 0.000001\n');
    expect(existsSync(bench.path('checked/manifest.json'))).toBe(true);
  });
});

describe('wrong input', () => {
  it('names file, line and column, the rule and the nearest key, ends with 2 and leaves no folder', () => {
    bench.write('wrong.yaml', SMALL.replace('agents:', 'agent:'));
    const { code, stdout, stderr } = bench.run('run', 'wrong.yaml', '--out', 'never');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^wrong\.yaml:\d+:\d+: error E_KEY_UNKNOWN: unknown key "agent"/m);
    expect(stderr).toContain('did you mean "agents"?');
    expect(existsSync(bench.path('never'))).toBe(false);
    expect(readdirSync(bench.folder).filter((name) => name.startsWith('never'))).toEqual([]);
  });

  it.each([
    [['run', 'missing.yaml'], 'E_FILE'],
    [['run', 'small.yaml', '--allocator', 'dfr'], 'E_PLUGIN_UNKNOWN'],
    [['run', 'small.yaml', '--allocator', 'drf[nope=1]'], 'E_OPTION_UNKNOWN'],
    [['run', 'small.yaml', '--set', 'nothing'], 'E_SET'],
    [['run', 'small.yaml', '--until', 'soon'], 'E_DURATION'],
    [['run', '--execute', 'cores:1'], 'E_RESOURCES'],
    [['run', 'small.yaml', '--plugin', 'missing.js'], 'E_FILE'],
    [['compare', 'small.yaml', '--baseline', 'nobody'], 'E_BASELINE'],
    [['compare', 'small.yaml', '--replicate', 'often'], 'E_REPLICATE'],
    [['compare', 'small.yaml', '--replicate', 'windows:3'], 'E_REPLICATE'],
    [['compare', 'small.yaml', '--allocators', 'drf,drf'], 'E_POLICY_TWICE'],
    [['rerun', 'missing.json'], 'E_FILE'],
    [['report', '.'], 'E_RESULT'],
  ])('%j ends with 2 and %s', (words, code) => {
    const ended = bench.run(...words);
    expect(ended.stderr).toContain(`error ${code}:`);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe('');
  });

  it.each([
    [['rum']],
    [['run', 'small.yaml', '--sed', '1']],
    [['run', 'small.yaml', '--seed', '1.5']],
    [['compare', 'small.yaml', '--seeds', '5..1']],
    [['run']],
    [['list', 'nothing']],
    [['run', 'small.yaml', '--format', 'xml']],
  ])('wrong usage %j ends with 2', (words) => {
    const ended = bench.run(...words);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^error:/m);
  });

  it('suggests the command that was meant', () => {
    expect(bench.run('rum').stderr).toContain('run');
  });
});

describe('help and lists', () => {
  it('prints help with examples and ends with 0', () => {
    for (const words of [['--help'], ['run', '--help'], ['compare', '--help'], ['report', '--help']]) {
      const { code, stdout } = bench.run(...words);
      expect(code).toBe(0);
      expect(stdout).toContain('Example');
    }
  });

  it('lists what is built in, as a table or as JSON', () => {
    expect(bench.run('list').stdout).toContain('market-uniform');
    const { allocators } = JSON.parse(bench.run('list', 'allocator', '--format', 'json').stdout) as {
      allocators: { name: string }[];
    };
    expect(allocators.map(({ name }) => name)).toContain('drf');
  });

  it('prints a JSON Schema that knows the keys of a scenario', () => {
    const schema = JSON.parse(bench.run('schema').stdout) as {
      properties: Record<string, unknown>;
      additionalProperties: boolean;
    };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['workload', 'cluster', 'policy', 'compare']),
    );
    expect(schema.additionalProperties).toBe(false);
  });
});

describe('init and rerun', () => {
  it('makes a folder that runs as it is, once', () => {
    expect(bench.run('init', 'study').code).toBe(0);
    expect(bench.run('init', 'study').stderr).toContain('E_OUT_EXISTS');
    expect(bench.run('run', 'study/scenario.yaml', '--out', 'study-run').code).toBe(0);
    expect(bench.run('rerun', 'study-run').stdout).toContain('same digest');
  });

  it('ends with 1 when a digest differs, and with 2 when an input has changed', () => {
    const manifest = JSON.parse(read('study-run/manifest.json')) as Record<string, unknown>;
    bench.write('other.json', JSON.stringify({ ...manifest, replay_digest: '0'.repeat(16) }));
    const differs = bench.run('rerun', 'other.json');
    expect(differs.stdout).toContain('DIFFERENT');
    expect(differs.code).toBe(1);
    bench.write('study/workload-tasks.csv', read('study/workload-tasks.csv').replace('j1,work,4', 'j1,work,5'));
    const changed = bench.run('rerun', 'study-run');
    expect(changed.stderr).toContain('E_INPUT_CHANGED');
    expect(changed.code).toBe(2);
  });

  it('finds the installation sound', () => {
    const { code, stdout } = bench.run('doctor');
    expect(stdout).not.toContain('✗');
    expect(code).toBe(0);
  });
});

describe('a plugin of the user', () => {
  const PLUGIN = `export const orders = [{
  name: 'shortest-name', summary: 'jobs with short names first', source: 'test', options: {},
  create: () => ({ isDynamic: false, rank: (pending) => pending.job.record.id.length }),
}];
`;

  it('is listed and used like a built-in one', () => {
    bench.write('mine.mjs', PLUGIN);
    expect(bench.run('list', 'orders', '--plugin', 'mine.mjs').stdout).toContain('shortest-name');
    const { code, stdout } = bench.run(
      'run',
      'small.yaml',
      '--plugin',
      'mine.mjs',
      '--order',
      'shortest-name',
      '--out',
      'p',
    );
    expect(stdout).toContain('order shortest-name');
    expect(code).toBe(0);
  });

  it('is told what is wrong with it', () => {
    bench.write('empty.mjs', 'export const helper = 1;\n');
    bench.write('typo.mjs', 'export const ordrs = [];\n');
    bench.write('broken.mjs', 'export const orders = [{ name: 1 }];\n');
    for (const file of ['empty.mjs', 'typo.mjs', 'broken.mjs']) {
      const { code, stderr } = bench.run('list', '--plugin', file);
      expect(stderr).toContain('error E_PLUGIN:');
      expect(code).toBe(2);
    }
  });
});
