import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, describe, expect, it } from 'vitest';

const MAIN = resolve('dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'mesosim-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function mesosim(...args: string[]) {
  const run = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

function scenario(name: string, text: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, text);
  return path;
}

const manifestOf = (out: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Record<string, unknown>;

describe('the program', () => {
  it('runs a scenario, says where the results are, and repeats it byte for byte', () => {
    const outs = ['a', 'b'].map((name) => join(folder, name));
    for (const out of outs) {
      const run = mesosim('run', 'scenarios/tiny.yaml', '--out', out);
      expect(run.status, run.err).toBe(0);
      expect(run.out).toContain(out);
    }
    for (const file of ['tasks.csv', 'jobs.csv', 'summary.csv', 'fairness.csv', 'utilization.csv', 'manifest.json']) {
      expect(readFileSync(join(outs[0] as string, file), 'utf8'), file).toBe(
        readFileSync(join(outs[1] as string, file), 'utf8'),
      );
    }
  });

  it('gives the same digest fast and naive, with invariants, with offers and events written, and replays its manifest', () => {
    const out = join(folder, 'base');
    expect(mesosim('run', 'scenarios/tiny.yaml', '--out', out).status).toBe(0);
    const digest = manifestOf(out)['replay_digest'];
    for (const flags of [['--naive'], ['--invariants'], ['--offers', '--events']]) {
      const other = join(folder, `base${flags.join('')}`);
      const run = mesosim('run', 'scenarios/tiny.yaml', '--out', other, ...flags);
      expect(run.status, run.err).toBe(0);
      expect(manifestOf(other)['replay_digest'], flags.join(' ')).toBe(digest);
    }
    const rerun = mesosim('rerun', join(out, 'manifest.json'));
    expect(rerun.status, rerun.out + rerun.err).toBe(0);
  });

  it('names file, line and column of an unknown key, hints at the nearest one, exits 2 and writes nothing', () => {
    const path = scenario(
      'typo',
      'name: typo\nworkload:\n  synthetic: { jobs: 1, arrivals: 1 s, duration: 1 s }\ncluster:\n  agnets: [{ cpus: 1 }]\n',
    );
    const out = join(folder, 'typo-out');
    const run = mesosim('run', path, '--out', out);
    expect(run.status).toBe(2);
    expect(run.err).toMatch(/typo\.yaml:5:\d+: error E_KEY_UNKNOWN: unknown key "agnets"/);
    expect(run.err).toContain('did you mean "agents"?');
    expect(existsSync(out)).toBe(false);
  });

  it('refuses a workload without jobs, a missing trace, an unknown allocator and a bad flag with exit 2', () => {
    const empty = scenario(
      'empty',
      'name: empty\nworkload: { trace: empty.swf }\ncluster: { agents: [{ cpus: 1 }] }\n',
    );
    writeFileSync(join(folder, 'empty.swf'), '; MaxProcs: 1\n');
    expect(mesosim('run', empty, '--out', join(folder, 'e1')).status).toBe(2);
    const missing = scenario(
      'missing',
      'name: missing\nworkload: { trace: nowhere.swf }\ncluster: { agents: [{ cpus: 1 }] }\n',
    );
    const run = mesosim('run', missing, '--out', join(folder, 'e2'));
    expect(run.status).toBe(2);
    expect(run.err).toContain('E_FILE');
    const unknown = mesosim('run', 'scenarios/tiny.yaml', '--set', 'policy.allocator=dfr', '--out', join(folder, 'e3'));
    expect(unknown.status).toBe(2);
    expect(unknown.err).toContain('did you mean "drf"');
    expect(mesosim('run', 'scenarios/tiny.yaml', '--sed', '1').status).toBe(2);
  });

  it('does not replace an explicit folder without --force, and never one that is not its own', () => {
    const out = join(folder, 'twice');
    expect(mesosim('run', 'scenarios/tiny.yaml', '--out', out).status).toBe(0);
    expect(mesosim('run', 'scenarios/tiny.yaml', '--out', out).status).toBe(2);
    expect(mesosim('run', 'scenarios/tiny.yaml', '--out', out, '--force').status).toBe(0);
    const foreign = mkdtempSync(join(folder, 'foreign-'));
    writeFileSync(join(foreign, 'notes.txt'), 'mine');
    expect(mesosim('run', 'scenarios/tiny.yaml', '--out', foreign, '--force').status).toBe(2);
    expect(readFileSync(join(foreign, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('compares policies over seeds with the same results for any number of jobs at a time', () => {
    const outs = ['1', '2'].map((jobs) => {
      const out = join(folder, `compare-${jobs}`);
      const run = mesosim(
        'compare',
        'scenarios/tiny.yaml',
        '--allocators',
        'drf,priority[preemption=true,grace=1 s],fifo',
        '--seeds',
        '1..3',
        '--jobs',
        jobs,
        '--out',
        out,
      );
      expect(run.status, run.err).toBe(0);
      return out;
    });
    for (const file of ['comparison.csv', 'comparison_stats.csv']) {
      expect(readFileSync(join(outs[0] as string, file), 'utf8')).toBe(
        readFileSync(join(outs[1] as string, file), 'utf8'),
      );
    }
  });

  it('runs the plugins of docs/extending.md as they stand there', () => {
    const text = readFileSync('docs/extending.md', 'utf8');
    const blocks = [...text.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)];
    const names = blocks.map(([, name]) => name);
    expect(names.slice(0, 3)).toEqual(['my-order.mjs', 'half.mjs', 'fewest-grants.mjs']);
    const files = blocks.map(([, name, code]) => {
      const path = join(folder, name as string);
      writeFileSync(path, code as string);
      return path;
    });
    const order = mesosim(
      'run',
      'scenarios/tiny.yaml',
      '--plugin',
      files[0] as string,
      '--set',
      'policy.order=widest-first',
      '--out',
      join(folder, 'p1'),
    );
    expect(order.status, order.err).toBe(0);
    const allocator = mesosim(
      'run',
      'scenarios/tiny.yaml',
      '--plugin',
      files[2] as string,
      '--set',
      'policy.allocator=fewest-grants',
      '--out',
      join(folder, 'p2'),
    );
    expect(allocator.status, allocator.err).toBe(0);
    const bidder = mesosim(
      'run',
      'scenarios/budget-war.yaml',
      '--plugin',
      files[1] as string,
      '--set',
      'frameworks.0.bidder=half[worth=6]',
      '--out',
      join(folder, 'p3'),
    );
    expect(bidder.status, bidder.err).toBe(0);
    expect(readFileSync(join(folder, 'p3', 'summary.csv'), 'utf8')).toContain('framework,rich,bid_to_value,ratio,0.5,');
  });

  it.each([
    ['prefer.mjs', 'scenarios/tiny.yaml', 'policy.placement=prefer[value=agent-2]', 'tasks.csv', ',agent-2,'],
    ['longest-wait.mjs', 'scenarios/tiny.yaml', 'seed=1', 'summary.csv', 'cluster,,wait_s_longest,s,'],
    // Half of four agents, down for 30 s each.
    [
      'power-cut.mjs',
      'scenarios/tiny.yaml',
      'faults=[{ type: power-cut, at: 60 s }]',
      'summary.csv',
      'agents_down_s,s,60,',
    ],
    ['plain-log.mjs', 'plain.yaml', 'seed=1', 'manifest.json', '"E_PLAIN_ROW": 1'],
    [
      'one-by-one.mjs',
      'scenarios/tiny.yaml',
      'frameworks=[{ name: mine, type: one-by-one }]',
      'summary.csv',
      'jobs_finished,jobs,200,',
    ],
  ])('runs %s of docs/extending.md as it stands there', (name, scenario, setting, file, expected) => {
    const text = readFileSync('docs/extending.md', 'utf8');
    const [, code] = new RegExp(`\`\`\`js\\n// ${name.replace('.', '\\.')}\\n([\\s\\S]*?)\`\`\``).exec(
      text,
    ) as unknown as [string, string];
    // Inside the package's folder its own name resolves to it.
    mkdirSync('.tmp', { recursive: true });
    const path = resolve('.tmp', name);
    writeFileSync(path, code);
    writeFileSync(join(folder, 'jobs.plain'), '0 1 5\n1 2 5\nnot a job\n2 1 1\n');
    writeFileSync(
      join(folder, 'plain.yaml'),
      'name: plain\nworkload: { trace: ./jobs.plain, format: plain-log }\ncluster: { agents: [{ count: 2, cpus: 2, mem: 2 GiB }] }\n',
    );
    const out = join(folder, `extending-${name}`);
    const given = scenario === 'plain.yaml' ? join(folder, scenario) : scenario;
    const run = mesosim('run', given, '--plugin', path, '--set', setting, '--invariants', '--out', out);
    expect(run.status, run.err).toBe(0);
    expect(readFileSync(join(out, file), 'utf8')).toContain(expected);
    if (name !== 'plain-log.mjs') return;
    // The bad row is the third line; under `strict` it is the user's mistake.
    const strict = mesosim('run', given, '--plugin', path, '--set', 'workload.strict=true');
    expect(strict.status).toBe(2);
    expect(strict.err).toMatch(/jobs\.plain:3: error E_PLAIN_ROW: .*got "not a job"/);
    const { inputs } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    expect(inputs.at(-1)).toMatchObject({
      format: 'plugin',
      files: [{ sha256: createHash('sha256').update(code).digest('hex') }],
    });
  });

  it("runs README's library example as it stands there", () => {
    const [, code] = /```ts\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) as unknown as [string, string];
    // Inside the package's folder its own name resolves to it, as for a user who has installed it.
    mkdirSync('.tmp', { recursive: true });
    const path = resolve('.tmp/readme-example.mjs');
    writeFileSync(path, `${code}\nif (!/^[0-9a-f]{16}$/.test(simulation.digest)) throw new Error('no digest');\n`);
    const run = spawnSync(process.execPath, [path], { encoding: 'utf8' });
    expect(run.status, run.stderr).toBe(0);
  });

  it('writes tables that DuckDB reads without a fix-up, with typed columns', async () => {
    const out = join(folder, 'duck');
    const run = mesosim(
      'run',
      'scenarios/quick-start.yaml',
      '--set',
      'policy.allocator=market-uniform',
      '--offers',
      '--events',
      '--until',
      '1200 s',
      '--out',
      out,
    );
    expect(run.status, run.err).toBe(0);
    const db = await (await DuckDBInstance.create()).connect();
    const rows = manifestOf(out)['rows'] as Record<string, number>;
    expect(Object.keys(rows).sort((a, b) => (a < b ? -1 : 1))).toEqual([
      'budgets.csv',
      'events.csv',
      'fairness.csv',
      'jobs.csv',
      'market.csv',
      'offers.csv',
      'tasks.csv',
      'utilization.csv',
      'waits.csv',
    ]);
    for (const [file, count] of Object.entries(rows)) {
      const result = await db.runAndReadAll(
        `select count(*)::int as n from read_csv('${join(out, file)}', header = true, strict_mode = true)`,
      );
      expect(result.getRows()[0]?.[0], file).toBe(count);
    }
    const types = await db.runAndReadAll(
      `describe select wait_s, cpus, start_s, attempt from '${join(out, 'tasks.csv')}'`,
    );
    // Whole seconds and counts are read as BIGINT, anything else as DOUBLE; never as text.
    for (const row of types.getRows()) expect(['DOUBLE', 'BIGINT'], String(row[0])).toContain(row[1]);
    const summary = await db.runAndReadAll(
      `select value from '${join(out, 'summary.csv')}' where metric = 'utilization_cpus' and scope = 'cluster'`,
    );
    expect(Number(summary.getRows()[0]?.[0])).toBeGreaterThan(0);
  });

  it('lists, prints the schema, makes a folder that runs, and checks the installation', () => {
    expect(mesosim('list', 'allocator').out).toContain('market-uniform');
    expect(JSON.parse(mesosim('schema').out)).toHaveProperty('properties.workload');
    const made = join(folder, 'made');
    expect(mesosim('init', made).status).toBe(0);
    expect(mesosim('doctor').status).toBe(0);
  });

  it('replays allocator cases and ends with 1 when one differs', () => {
    expect(mesosim('check-cases', 'test/conformance/data/allocator-cases.json').status).toBe(0);
    const cases = JSON.parse(readFileSync('test/conformance/data/allocator-cases.json', 'utf8')) as {
      cases: { steps: Record<string, unknown>[] }[];
    };
    const first = cases.cases[0] as { steps: Record<string, unknown>[] };
    first.steps[3] = { expect: { fw9: { role1: { agent1: 'cpus:2;mem:1024' } } } };
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, JSON.stringify({ ...cases, cases: [first] }));
    expect(mesosim('check-cases', broken).status).toBe(1);
  });
});
