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

/** Starts the program, sends SIGINT so long after it has begun to write, and waits for its end. */
async function interrupted(afterMs: number, ...words: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...words], { cwd: bench.folder });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
  // A slow machine may take long to begin; the runner's own limit ends a wait that is in vain.
  while (!readdirSync(bench.folder).some((name) => name.startsWith('out'))) {
    await new Promise((done) => setTimeout(done, 10));
  }
  await new Promise((done) => setTimeout(done, afterMs));
  child.kill('SIGINT');
  return { code: await ended, stderr };
}

describe('Ctrl-C', () => {
  it('ends a run with 130 and leaves nothing that looks whole', async () => {
    const { code, stderr } = await interrupted(400, 'run', 'long.yaml', '--out', 'out-run');
    expect(stderr).toContain('interrupted');
    expect(code).toBe(130);
    expect(readdirSync(bench.folder)).toEqual(['long.yaml']);
  });

  // Early moments find the threads while they link their modules, where Node does not bear that they are killed.
  it.each([0, 60, 120, 180, 240, 300, 600])('ends a comparison in threads with 130 after %d ms', async (afterMs) => {
    const { code, stderr } = await interrupted(afterMs, 'compare', 'long.yaml', '--jobs', '2', '--out', 'out-compare');
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'interrupted: nothing was written\n' });
    expect(readdirSync(bench.folder)).toEqual(['long.yaml']);
  });
});
