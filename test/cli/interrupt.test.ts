import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SMALL, Workbench } from './support/program.js';

let bench: Workbench;
beforeAll(() => {
  bench = new Workbench();
  bench.write('long.yaml', SMALL.replace('jobs: 40', 'jobs: 20000000'));
});
afterAll(() => bench.remove());

/** Starts the program, sends SIGINT once it has begun to write, and waits for its end. */
async function interrupted(...words: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...words], { cwd: bench.folder });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
  for (let wait = 0; wait < 400 && !readdirSync(bench.folder).some((name) => name.startsWith('out')); wait++) {
    await new Promise((done) => setTimeout(done, 25));
  }
  await new Promise((done) => setTimeout(done, 400));
  child.kill('SIGINT');
  return { code: await ended, stderr };
}

describe('Ctrl-C', () => {
  it('ends a run with 130 and leaves nothing that looks whole', async () => {
    const { code, stderr } = await interrupted('run', 'long.yaml', '--out', 'out-run');
    expect(stderr).toContain('interrupted');
    expect(code).toBe(130);
    expect(readdirSync(bench.folder)).toEqual(['long.yaml']);
  });

  it('ends a comparison in threads with 130 and leaves nothing', async () => {
    const { code } = await interrupted('compare', 'long.yaml', '--jobs', '2', '--out', 'out-compare');
    expect(code).toBe(130);
    expect(readdirSync(bench.folder)).toEqual(['long.yaml']);
  });
});
