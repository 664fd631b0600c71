import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

// Inside the package's folder its own name resolves to it, as for a user who has installed it.
const folder = resolve('.tmp/render-farm');
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = readFileSync('docs/frameworks/render-farm.md', 'utf8');
const block = (language: string): string => text.split(`\`\`\`${language}\n`)[1]?.split('```')[0] as string;
writeFileSync(join(folder, 'render-farm.mjs'), block('js'));
writeFileSync(join(folder, 'shots.json'), block('json'));
writeFileSync(join(folder, 'render-farm.yaml'), block('yaml'));

/** Seconds after its deadline at which each shot was done, by the command that the page gives. */
function lateness(command: string): Map<string, number> {
  const words = command.replace(/^npx mesosim /, '').split(/\s+/);
  const run = spawnSync(process.execPath, [resolve('dist/cli/main.js'), ...words, '--out', 'out', '--force'], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  });
  expect(run.status, run.stderr).toBe(0);
  const events = readFileSync(join(folder, 'out/events.csv'), 'utf8');
  const rows = [...events.matchAll(/^[\d.]+,shot-done,.*shot=(\w+) late_s=(\d+)/gm)];
  return new Map(rows.map((row) => [row[1] as string, Number(row[2])]));
}

describe('docs/frameworks/render-farm.md', () => {
  const [byDeadline, byArrival] = block('sh').trim().split('\n') as [string, string];

  it('runs as it stands there: every shot that was not cut is done in time, and lost frames are rendered again', () => {
    const late = lateness(byDeadline);
    expect([...late.keys()].sort()).toEqual(['sh010', 'sh020', 'sh030', 'sh040', 'sh050']);
    expect([...late.values()]).toEqual([0, 0, 0, 0, 0]);
    const tasks = readFileSync(join(folder, 'out/tasks.csv'), 'utf8');
    expect(tasks).toContain('agent-lost');
    expect(tasks).toMatch(/^sh0\d0\/frames-\d+,sh0\d0,2,farm,.*,finished,/m);
  });

  it('first come, first served is late by what the page says', () => {
    const [, seconds] = /it is ([\d,]+) s\nlate/.exec(text) ?? [];
    expect(lateness(byArrival).get('sh030')).toBe(Number(String(seconds).replace(',', '')));
  });
});
