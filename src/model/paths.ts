import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError, type InputPosition } from '../core/errors.js';

/** A path that stands in a file is relative to the folder of that file. */
export function pathFrom(position: InputPosition, path: string): string {
  return resolve(position.file === undefined ? '.' : dirname(position.file), path);
}

/** A `*` in the last part of a path stands for any text; matches come in order of their bytes. */
export function expandedPath(path: string, position: InputPosition): string[] {
  const pattern = basename(path);
  if (!pattern.includes('*')) return [path];
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const isMatch = new RegExp(`^${parts.join('.*')}$`, 's');
  const found = namesIn(dirname(path), position).filter((name) => isMatch.test(name));
  if (found.length === 0) throw new InputError('E_FILE', `no file matches "${path}"`, position);
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map((name) => join(dirname(path), name));
}

function namesIn(folder: string, position: InputPosition): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new InputError('E_FILE', `the folder "${folder}" cannot be read (${code})`, position);
  }
}
