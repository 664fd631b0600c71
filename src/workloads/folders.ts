import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.js';
import type { TraceFormat } from '../model/trace-format.js';

/** Whether a path names a folder; a path that cannot be looked at is none, and the reader will say so. */
export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** The format whose trace a folder is, with the files that make it up. InputError E_FORMAT when it is none. */
export function formatOfFolder(folder: string, formats: readonly TraceFormat[]): TraceFormat {
  const names = namesIn(folder);
  const format = formats.find(({ filesOf }) => (filesOf?.(names, (name) => join(folder, name)) ?? []).length > 0);
  if (format !== undefined) return format;
  throw new InputError(
    'E_FORMAT',
    'the folder holds no trace that is recognised',
    { file: folder },
    `folders are read by ${formats
      .filter(({ filesOf }) => filesOf !== undefined)
      .map(({ name }) => name)
      .join(', ')}; name the files otherwise`,
  );
}

/** The format with each folder among its files replaced by the files in it that belong to the format. */
export function withFolders(format: TraceFormat): TraceFormat {
  const { openJobs, readAgents, openMachineEvents, openFailures, facts, holds } = format;
  const list = (files: readonly string[]): string[] => withoutFolders(files, format);
  return {
    ...format,
    ...(openJobs === undefined ? {} : { openJobs: (files, context) => openJobs.call(format, list(files), context) }),
    ...(readAgents === undefined
      ? {}
      : { readAgents: (files, context) => readAgents.call(format, list(files), context) }),
    ...(openMachineEvents === undefined
      ? {}
      : { openMachineEvents: (files, context) => openMachineEvents.call(format, list(files), context) }),
    ...(openFailures === undefined
      ? {}
      : { openFailures: (files, context) => openFailures.call(format, list(files), context) }),
    ...(facts === undefined ? {} : { facts: (files) => facts.call(format, list(files)) }),
    ...(holds === undefined ? {} : { holds: (files) => holds.call(format, list(files)) }),
  };
}

/** The files with each folder replaced by the files in it that belong to the format. */
export function withoutFolders(files: readonly string[], { name, filesOf }: TraceFormat): string[] {
  return files.flatMap((file) => {
    if (!isFolder(file)) return [file];
    const names = filesOf?.(namesIn(file), (entry) => join(file, entry)) ?? [];
    if (names.length > 0) return names.map((entry) => join(file, entry));
    throw new InputError('E_FILE', `a file is needed, got a folder that holds no trace of format ${name}`, { file });
  });
}

const MAX_DEPTH = 3;
const MAX_NAMES = 100_000;

/** Paths of the files in a folder, within it, in order; links to folders are not followed. */
function namesIn(folder: string): string[] {
  const names: string[] = [];
  const walk = (within: string, depth: number): void => {
    for (const entry of readdirSync(join(folder, within), { withFileTypes: true })) {
      const name = within === '' ? entry.name : `${within}/${entry.name}`;
      if (names.length >= MAX_NAMES) return;
      if (entry.isDirectory() && depth < MAX_DEPTH) walk(name, depth + 1);
      else if (!entry.isDirectory()) names.push(name);
    }
  };
  walk('', 1);
  return names.sort((a, b) => (a < b ? -1 : 1));
}
