import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../core/errors.js';
import { sha256OfFile } from '../results/file-hash.js';
import { MANIFEST } from '../results/folder.js';
import type { Fork } from '../scenario/fork.js';
import { parseScenario, type Scenario } from '../scenario/load.js';
import type { SimulationOptions } from '../scenario/simulation.js';

/** The part of a manifest that a repetition needs (DESIGN §8). */
export interface RunManifest {
  readonly tool?: unknown;
  readonly kind?: string;
  readonly version?: string;
  readonly scenario?: unknown;
  readonly scenario_folder?: string;
  readonly scenario_file?: string;
  readonly policy?: { readonly allocator: string; readonly order: string; readonly placement: string };
  readonly seed?: number;
  readonly until_s?: number | null;
  readonly fork?: { readonly at_s: number; readonly overrides: readonly string[]; readonly scenario: unknown } | null;
  readonly replay_digest?: string;
  readonly inputs?: readonly { readonly files: readonly { readonly path: string; readonly sha256: string }[] }[];
  readonly runs?: readonly { readonly folder: string }[];
}

/** All that a repetition of a run needs. */
export interface PastRun {
  readonly scenario: Scenario;
  readonly options: SimulationOptions;
  readonly digest: string;
}

/** The manifest of a folder, or the file itself. */
export function manifestFile(path: string): string {
  try {
    return statSync(path).isDirectory() ? join(path, MANIFEST) : path;
  } catch {
    throw new InputError('E_FILE', 'the manifest cannot be read (ENOENT)', { file: path });
  }
}

/** InputError E_MANIFEST when it is none of ours. */
export function readManifest(file: string): RunManifest {
  let manifest: RunManifest | null;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as RunManifest | null;
  } catch (error) {
    throw new InputError('E_MANIFEST', `the manifest cannot be read: ${(error as Error).message}`, { file });
  }
  if (manifest?.tool !== 'mesosim') throw new InputError('E_MANIFEST', 'this is no manifest of mesosim', { file });
  return manifest;
}

/** The run of a manifest, ready to be repeated. InputError E_INPUT_CHANGED when an input has other bytes than it had. */
export function pastRun(file: string, manifest: RunManifest, baseFolder: string | undefined): PastRun {
  const { policy, seed, replay_digest: digest } = manifest;
  if (policy === undefined || seed === undefined || digest === undefined || manifest.scenario === undefined) {
    throw new InputError('E_MANIFEST', 'the manifest lacks scenario, policy, seed or replay_digest', { file });
  }
  const folder = resolve(baseFolder ?? manifest.scenario_folder ?? '.');
  checkInputs(manifest, folder, file);
  // Mistakes stand in the manifest; paths are relative to the scenario's folder.
  const parsed = parseScenario(JSON.stringify(manifest.scenario), file);
  const scenario = { ...parsed, folder, file: manifest.scenario_file ?? parsed.file };
  const untilUs = typeof manifest.until_s === 'number' ? Math.round(manifest.until_s * 1e6) : undefined;
  const fork = forkOf(manifest, scenario, file);
  return { scenario, options: { ...policy, seed, untilUs, fork }, digest };
}

function forkOf({ fork }: RunManifest, scenario: Scenario, file: string): Fork | undefined {
  if (fork === undefined || fork === null) return undefined;
  const { document } = parseScenario(JSON.stringify(fork.scenario), file);
  return { atUs: Math.round(fork.at_s * 1e6), overrides: fork.overrides, scenario: { ...scenario, document } };
}

function checkInputs(manifest: RunManifest, folder: string, file: string): void {
  for (const { path, sha256 } of (manifest.inputs ?? []).flatMap((input) => input.files)) {
    if (sha256 === '') continue;
    const input = join(folder, path);
    let got: string;
    try {
      got = sha256OfFile(input);
    } catch {
      throw new InputError(
        'E_FILE',
        'an input of the run cannot be read',
        { file: input },
        `--folder names the folder that paths in ${file} are relative to`,
      );
    }
    if (got !== sha256) {
      throw new InputError('E_INPUT_CHANGED', `the input has other bytes than the run had (SHA-256 ${got})`, {
        file: input,
      });
    }
  }
}
