import { readFileSync } from 'node:fs';
import { InputError } from '../../core/errors.js';
import { type OptionSpecs, resolveOptions } from '../../model/options.js';

/** Settings with the values of the real program's own file; an option that is not at its default goes before them. */
export function mergedConf<S extends Readonly<Record<string, unknown>>>(
  settings: S,
  specs: OptionSpecs,
  values: Readonly<Record<string, unknown>>,
): S {
  const defaults: Readonly<Record<string, unknown>> = resolveOptions('defaults', specs, {});
  const open = Object.entries(values).filter(([option]) => settings[option] === defaults[option]);
  return { ...settings, ...Object.fromEntries(open) };
}

/** The text of a file that an option names. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new InputError('E_FILE', `the file cannot be read (${code})`, { file });
  }
}
