import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

// Inside the package's folder its own name resolves to it, as for a user who has installed it.
const folder = resolve('.tmp/frameworks');
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function mesosim(...words: string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  const run = spawnSync(process.execPath, [resolve('dist/cli/main.js'), ...words], {
    encoding: 'utf8',
    cwd: folder,
    env,
  });
  return { status: run.status, out: run.stdout, err: run.stderr };
}

describe('frameworks of the program', () => {
  it('can be made of public parts: the example of docs/frameworks/web-service.md runs as it stands there', () => {
    const text = readFileSync('docs/frameworks/web-service.md', 'utf8');
    const block = (language: string): string => text.split(`\`\`\`${language}\n`).at(-1)?.split('```')[0] as string;
    writeFileSync(join(folder, 'flash-crowd.mjs'), block('js'));
    writeFileSync(join(folder, 'web.json'), block('json'));
    writeFileSync(join(folder, 'flash-crowd.yaml'), block('yaml'));
    const run = mesosim('run', 'flash-crowd.yaml', '--plugin', './flash-crowd.mjs', '--out', 'out');
    expect(run.status, run.err).toBe(0);
    const summary = readFileSync(join(folder, 'out/summary.csv'), 'utf8');
    expect(summary).toMatch(/framework,web,requests_done,,\d{5}/);
    // Files that a framework reads are inputs of the run.
    const manifest = JSON.parse(readFileSync(join(folder, 'out/manifest.json'), 'utf8'));
    expect(JSON.stringify(manifest.inputs)).toContain('web.json');
  });

  it('say where an app file is wrong, and exit with 2', () => {
    writeFileSync(
      join(folder, 'bad.json'),
      '[\n  { "id": "/a" },\n  { "id": "/b", "instances": -1, "constraints": [["rack", "NEAR"]] }\n]\n',
    );
    writeFileSync(
      join(folder, 'bad.yaml'),
      'name: bad\ncluster: { agents: [{ count: 1 }] }\nframeworks: [{ name: m, type: marathon, options: { apps: bad.json } }]\nuntil: 1 min\n',
    );
    const run = mesosim('run', 'bad.yaml', '--out', 'bad');
    expect(run.status).toBe(2);
    expect(run.err).toContain('bad.json:3:30: error E_JOB_JSON: $[1].instances must be at least 0, got "-1"');
    const missing = mesosim('run', 'bad.yaml', '--set', 'frameworks.0.options.apps=none.json', '--out', 'bad');
    expect(missing.status).toBe(2);
    expect(missing.err).toContain('none.json: error E_FILE: the jobs cannot be read (ENOENT)');
  });
});
