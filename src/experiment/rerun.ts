import { dirname, join } from 'node:path';
import { MANIFEST } from '../results/folder.js';
import { runScenario } from '../scenario/run.js';
import { VERSION } from '../version.js';
import { manifestFile, pastRun, type RunManifest, readManifest } from './past-run.js';

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
  const file = manifestFile(path);
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

async function rerunOne(file: string, manifest: RunManifest, options: RerunOptions): Promise<RerunOutcome> {
  const past = pastRun(file, manifest, options.folder);
  const result = await runScenario(past.scenario, {
    ...past.options,
    out: options.out,
    isExplicitOut: true,
    force: options.force,
    signal: options.signal,
  });
  const note = manifest.version === VERSION ? '' : `written by version ${manifest.version}, repeated by ${VERSION}`;
  return { manifest: file, expected: past.digest, got: result.digest, note };
}
