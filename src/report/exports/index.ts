import { join } from 'node:path';
import { InputError } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import { writeWhole } from '../../workloads/bytes/whole-file.js';
import { readResultSet } from '../result-set.js';
import { batsim, batsim4 } from './batsim.js';
import { cook } from './cook.js';
import { google2011 } from './google-2011.js';
import { opendc } from './opendc.js';
import { openMetrics } from './openmetrics.js';
import { perfetto } from './perfetto.js';
import { type RunData, readRun } from './run-data.js';
import { swf } from './swf.js';

type Files = Map<string, string | Uint8Array>;

/** Files of other tools' formats, by name: their content by file name. */
const EXPORTS: Readonly<Record<string, (run: RunData, folder: string) => Files | Promise<Files>>> = {
  batsim,
  batsim4,
  cook,
  swf,
  'google-2011': google2011,
  opendc,
  perfetto,
  openmetrics: (run, folder) => openMetrics(folder, run.manifest),
};

/** Writes `export/<format>/…` into the folder of a run, or of every run of a comparison; returns the names of the files. */
export async function exportResults(folder: string, format: string): Promise<string[]> {
  const make = EXPORTS[format];
  if (make === undefined) {
    throw new InputError(
      'E_EXPORT',
      `there is no export format "${format}"`,
      {},
      nameHint(format, Object.keys(EXPORTS)),
    );
  }
  const files: string[] = [];
  for (const { folder: runFolder } of (await readResultSet(folder)).runs) {
    const made = await make(await readRun(runFolder), runFolder);
    for (const [name, content] of made) {
      const path = join(runFolder, 'export', format, name);
      writeWhole(path, content);
      files.push(path);
    }
  }
  return files;
}
