import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../core/errors.js';
import { MANIFEST } from '../results/folder.js';
import { parseScenario } from '../scenario/load.js';
import { runScenario } from '../scenario/run.js';
import { VERSION } from '../version.js';

/** The part of a manifest that a repetition needs (DESIGN §8). */
interface RunManifest {
  readonly tool?: unknown;
  readonly kind?: string;
  readonly version?: string;
  readonly scenario?: unknown;
  readonly scenario_folder?: string;
  readonly scenario_file?: string;
  readonly policy?: { readonly allocator: string; readonly order: string; readonly placement: string };
  readonly seed?: number;
  readonly until_s?: number | null;
  readonly replay_digest?: string;
  readonly inputs?: readonly { readonly files: readonly { readonly path: string; readonly sha256: string }[] }[];
  readonly runs?: readonly { readonly folder: string }[];
}

export interface RerunOutcome {
  readonly manifest: string;
  readonly expected: string;
  readonly got: string;
  readonly note: string;
}

export interface RerunOptions {
  readonly folder?: string | undefined;
  readonly out?: string | undefined;
  readonly force: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Repeats the run of a manifest, or each run of a comparison's. InputError E_INPUT_CHANGED when an input has other bytes. */
export async function rerun(path: string, options: RerunOptions): Promise<RerunOutcome[]> {
  const file = fileOf(path);
  const manifest = readManifest(file);
  if (manifest.kind !== 'comparison') return [await rerunOne(file, manifest, options)];
  const outcomes: RerunOutcome[] = [];
  for (const { folder } of manifest.runs ?? []) {
    const part = join(dirname(file), folder, MANIFEST);
    const out = options.out === undefined ? undefined : join(options.out, folder);
    outcomes.push(await rerunOne(part, readManifest(part), { ...options, out }));
  }
  return outcomes;
}

function fileOf(path: string): string {
  try {
    return statSync(path).isDirectory() ? join(path, MANIFEST) : path;
  } catch {
    throw new InputError('E_FILE', 'the manifest cannot be read (ENOENT)', { file: path });
  }
}

function readManifest(file: string): RunManifest {
  let manifest: RunManifest | null;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as RunManifest | null;
  } catch (error) {
    throw new InputError('E_MANIFEST', `the manifest cannot be read: ${(error as Error).message}`, { file });
  }
  if (manifest?.tool !== 'mesosim') throw new InputError('E_MANIFEST', 'this is no manifest of mesosim', { file });
  return manifest;
}

async function rerunOne(file: string, manifest: RunManifest, options: RerunOptions): Promise<RerunOutcome> {
  const { policy, seed, replay_digest: expected } = manifest;
  if (policy === undefined || seed === undefined || expected === undefined || manifest.scenario === undefined) {
    throw new InputError('E_MANIFEST', 'the manifest lacks scenario, policy, seed or replay_digest', { file });
  }
  const folder = resolve(options.folder ?? manifest.scenario_folder ?? '.');
  checkInputs(manifest, folder, file);
  // Mistakes stand in the manifest; paths are relative to the scenario's folder.
  const parsed = parseScenario(JSON.stringify(manifest.scenario), file);
  const scenario = { ...parsed, folder, file: manifest.scenario_file ?? parsed.file };
  const result = await runScenario(scenario, {
    ...policy,
    seed,
    out: options.out,
    isExplicitOut: true,
    force: options.force,
    untilUs: typeof manifest.until_s === 'number' ? Math.round(manifest.until_s * 1e6) : undefined,
    signal: options.signal,
  });
  const note = manifest.version === VERSION ? '' : `written by version ${manifest.version}, repeated by ${VERSION}`;
  return { manifest: file, expected, got: result.digest, note };
}

function checkInputs(manifest: RunManifest, folder: string, file: string): void {
  for (const { path, sha256 } of (manifest.inputs ?? []).flatMap((input) => input.files)) {
    if (sha256 === '') continue;
    const input = join(folder, path);
    let got: string;
    try {
      got = createHash('sha256').update(readFileSync(input)).digest('hex');
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
