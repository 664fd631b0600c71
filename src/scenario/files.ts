import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../core/errors.js';
import type { Path, Places } from './text-document.js';

/** The files that a scenario names at a path, relative to its folder. InputError E_FILE at that place when one is not there. */
export function filesAt(
  { folder, places }: { readonly folder: string; readonly places?: Places | undefined },
  names: string | readonly string[],
  path: Path,
): string[] {
  return [names].flat().map((name, index) => {
    const file = resolve(folder, name);
    if (existsSync(file)) return file;
    const position = places?.ofValue(Array.isArray(names) ? [...path, index] : path) ?? { file };
    throw new InputError('E_FILE', `there is no such file, got "${name}"`, position, `looked for ${file}`);
  });
}
