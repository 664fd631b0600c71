import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench();
  bench.write('small.yaml', SMALL);
  bench.run('run', 'small.yaml', '--events', '--offers', '--out', 'run', '--allocator', 'market-uniform[interval=5 s]');
  bench.run('compare', 'small.yaml', '--no-figures', '--out', 'compare');
});
afterAll(() => bench.remove());

/** Columns by file as docs/results.md lists them: the first table of each section. */
function documented(): Map<string, string[]> {
  const sections = readFileSync('docs/results.md', 'utf8').split(/^## /m).slice(1);
  const columns = new Map<string, string[]>();
  for (const section of sections) {
    const file = /^([a-z_]+\.csv)/.exec(section)?.[1];
    if (file === undefined) continue;
    const table = section.slice(section.indexOf('| column |')).split('\n\n')[0] ?? '';
    columns.set(
      file,
      [...table.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map((match) => match[1] as string),
    );
  }
  return columns;
}

describe('the data dictionary', () => {
  it('has every column of every table, in its order', () => {
    const columns = documented();
    const folders: Record<string, string> = { 'comparison.csv': 'compare', 'comparison_stats.csv': 'compare' };
    for (const [file, names] of columns) {
      // Written only when a framework has something to tell: test/unit/metrics/frameworks.test.ts has its columns.
      if (file === 'frameworks.csv') continue;
      const header = readFileSync(bench.path(`${folders[file] ?? 'run'}/${file}`), 'utf8').split('\n')[0];
      expect(`${file}: ${header}`).toBe(`${file}: ${names.join(',')}`);
    }
    expect(columns.size).toBe(13);
  });

  it('has every metric of the summary', () => {
    const text = readFileSync('docs/results.md', 'utf8');
    const names = new Set(
      readFileSync(bench.path('run/summary.csv'), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[2] as string),
    );
    const known = (name: string): boolean =>
      text.includes(`\`${name}\``) ||
      /^(wait_s|turnaround_s|slowdown|bounded_slowdown)_(mean|p50|p95|p99|max)$/.test(name) ||
      /^(utilization|offered|used)_(cpus|mem|disk|gpus)$/.test(name) ||
      /^tasks_/.test(name) ||
      /^waited_[a-z_]+_s$/.test(name);
    expect([...names].filter((name) => !known(name))).toEqual([]);
  });
});
