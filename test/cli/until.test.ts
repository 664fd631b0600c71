import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench();
  bench.write('small.yaml', SMALL);
});
afterAll(() => bench.remove());

function linesOf(folder: string, table: string): string[] {
  return readFileSync(bench.path(`${folder}/${table}`), 'utf8')
    .trimEnd()
    .split('\n');
}

/** The facts of a run before a time, which is the first column of events.csv. */
function factsBefore(lines: readonly string[], seconds: number): string[] {
  return lines.slice(1).filter((line) => Number(line.split(',')[0]) < seconds);
}

describe('a run that ends before its work does', () => {
  it('is the beginning of the whole run, fact for fact; what is not over is told as such', () => {
    expect(bench.run('run', 'small.yaml', '--events', '--out', 'whole').code).toBe(0);
    const { code, stdout } = bench.run('run', 'small.yaml', '--events', '--until', '1 min', '--out', 'cut');
    expect(code).toBe(0);
    const facts = linesOf('cut', 'events.csv');
    expect(facts.length).toBeGreaterThan(50);
    expect(factsBefore(facts, 60)).toEqual(factsBefore(linesOf('whole', 'events.csv'), 60));
    const known = new Set(linesOf('whole', 'jobs.csv'));
    const over = linesOf('cut', 'jobs.csv')
      .slice(1)
      .filter((line) => line.endsWith(',finished'));
    expect(over.length).toBeGreaterThan(0);
    for (const line of over) expect(known.has(line), line).toBe(true);
    const told = /jobs\s+(\d+) submitted: (\d+) finished, (\d+) \w+(?:, (\d+) \w+)?/.exec(stdout);
    expect(told, stdout).not.toBeNull();
    const [submitted = 0, ...parts] = (told ?? []).slice(1).map((part) => Number(part ?? 0));
    expect(parts[0]).toBe(over.length);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(submitted);
  });

  it('that cannot write its tables says so in one line and leaves nothing', () => {
    const main = JSON.stringify(resolve('dist/cli/main.js'));
    const command = `trap '' XFSZ; ulimit -f 8; ${process.execPath} ${main} run small.yaml --events --offers --out full`;
    const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: bench.folder, encoding: 'utf8' });
    expect(stderr).toMatch(/^error E_IO: EFBIG.*\n$/);
    expect(status).toBe(1);
    expect(readdirSync(bench.folder).filter((name) => name.startsWith('full'))).toEqual([]);
  });

  it.each([
    [['--until', '5x'], 'E_DURATION'],
    [['--until', '0'], 'no job arrives before the run ends at 0 s'],
    [['--until', '1 min', '--fork-at', '2 min', '--set', 'policy.allocator=priority'], 'ends at 60 s, before the fork'],
  ])('%j is refused in one line', (words, message) => {
    const { code, stderr } = bench.run('run', 'small.yaml', ...words, '--out', 'refused');
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
