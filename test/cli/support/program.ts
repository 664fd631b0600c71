import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const MAIN = resolve('dist/cli/main.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A working folder of its own for tests of the program. */
export class Workbench {
  readonly folder = mkdtempSync(join(tmpdir(), 'mesosim-cli-'));

  /** Runs the built program in the folder. */
  run(...words: string[]): Ended {
    const env = { ...process.env, NO_COLOR: '1' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
      cwd: this.folder,
      encoding: 'utf8',
      env,
    });
    return { code: status, stdout, stderr };
  }

  write(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text);
    return name;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Forty small jobs on two agents, loaded enough that policies differ. */
export const SMALL = `name: small
workload:
  synthetic:
    jobs: 40
    arrivals: { poisson: { rate: 0.5 /s } }
    tasks: 3
    duration: { exponential: { mean: 6 s } }
    cpus: 1
    mem: 256 MiB
cluster:
  agents: [{ count: 2, cpus: 4, mem: 4 GiB }]
compare:
  - { allocator: drf }
  - { name: market, allocator: "market-uniform[interval=5 s]" }
seed: 3
`;
