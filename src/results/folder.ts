import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../core/errors.js';
import { TableFile } from './table-file.js';

export const MANIFEST = 'manifest.json';

/**
 * A result folder in the making: everything is written into a temporary folder beside the target, which takes its place at the end,
 * so that a crash leaves nothing that looks whole.
 */
export class ResultFolder {
  private readonly place: string;
  private readonly temporary: string;
  private readonly tables = new Map<string, TableFile>();
  /** The topmost folder that had to be made for the target to stand in, if any. */
  private readonly firstMade: string | undefined;
  private isDone = false;

  /** InputError E_OUT_EXISTS when the target may not be replaced. */
  constructor(
    readonly target: string,
    options: { readonly isExplicit: boolean; readonly force: boolean },
  ) {
    checkReplaceable(target, options.isExplicit, options.force);
    // A trailing slash would put the temporary folder inside the target.
    this.place = resolve(target);
    this.temporary = `${this.place}.tmp-${process.pid}`;
    try {
      this.firstMade = mkdirSync(dirname(this.place), { recursive: true });
      clearRemains(this.place);
      rmSync(this.temporary, { recursive: true, force: true });
      mkdirSync(this.temporary, { recursive: true });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new InputError('E_OUT', `the output folder cannot be made (${code})`, { file: target });
    }
  }

  table(file: string, columns: readonly string[]): TableFile {
    const known = this.tables.get(file);
    if (known !== undefined) return known;
    const table = new TableFile(join(this.temporary, file), columns);
    this.tables.set(file, table);
    return table;
  }

  write(file: string, text: string): void {
    const path = join(this.temporary, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Where the folder is while it is being made. */
  get path(): string {
    return this.temporary;
  }

  /** Where a file or folder of it is while it is being made. */
  pathOf(file: string): string {
    return join(this.temporary, file);
  }

  /** Closes the tables, so that what is written can be read before `commit`. */
  flush(): void {
    for (const table of this.tables.values()) table.close();
  }

  /** Rows of each table so far, by file name. */
  rowCounts(): Record<string, number> {
    return Object.fromEntries([...this.tables].map(([file, table]) => [file, table.rowCount]));
  }

  /** Closes the tables and puts the folder in its place. */
  commit(): void {
    this.flush();
    this.isDone = true;
    const former = `${this.place}.old-${process.pid}`;
    const hasFormer = existsSync(this.place);
    if (hasFormer) renameSync(this.place, former);
    renameSync(this.temporary, this.place);
    if (hasFormer) rmSync(former, { recursive: true, force: true });
  }

  /** Leaves nothing behind; harmless after `commit`. */
  discard(): void {
    if (this.isDone) return;
    this.isDone = true;
    for (const table of this.tables.values()) table.abandon();
    rmSync(this.temporary, { recursive: true, force: true });
    if (this.firstMade !== undefined) removeEmpty(dirname(this.place), this.firstMade);
  }
}

/** Clears away what a run into the folder has left in this process, which could not do so itself. */
export function discardUnfinished(target: string): void {
  rmSync(`${resolve(target)}.tmp-${process.pid}`, { recursive: true, force: true });
}

/** What runs into the folder that were killed have left beside it: their processes are gone, so nobody will finish it. */
function clearRemains(place: string): void {
  const name = basename(place);
  for (const entry of readdirSync(dirname(place))) {
    const mark = entry.startsWith(`${name}.`) ? /^\.(?:tmp|old)-(\d+)$/.exec(entry.slice(name.length)) : null;
    // The earlier result of a run that was killed at the very moment of its replacement is all that there is of it.
    if (mark === null || isAlive(Number(mark[1])) || (entry.includes('.old-') && !existsSync(place))) continue;
    rmSync(join(dirname(place), entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Removes empty folders from `folder` up to `top`; one that another run writes into by now is not empty and stays. */
function removeEmpty(folder: string, top: string): void {
  let path = folder;
  while (path.startsWith(top) && isRemoved(path)) path = dirname(path);
}

/** False for a folder that is not empty, or gone already. */
function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** A folder is ours when its manifest says so; one that is not is never overwritten. */
function checkReplaceable(target: string, isExplicit: boolean, force: boolean): void {
  if (!existsSync(target)) return;
  const isFolder = statSync(target).isDirectory();
  if (isFolder && readdirSync(target).length === 0) return;
  if (!isOurs(target)) {
    throw new InputError(
      'E_OUT_FOREIGN',
      'the output folder exists and was not written by mesosim: it is never overwritten',
      { file: target },
    );
  }
  if (isExplicit && !force) {
    throw new InputError('E_OUT_EXISTS', 'the output folder exists', { file: target }, 'use --force to replace it');
  }
}

function isOurs(target: string): boolean {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(target, MANIFEST), 'utf8'));
    return typeof manifest === 'object' && manifest !== null && (manifest as { tool?: unknown }).tool === 'mesosim';
  } catch {
    return false;
  }
}

/** A name or a policy's text as part of a file name: letters, digits, `.=,-_`, no dot in front, never empty. */
export function fileSafe(text: string): string {
  const safe = text
    .replace(/[^\w.=,-]+/g, '_')
    .replace(/^[_.]+|_+$/g, '')
    .slice(0, 120);
  return safe === '' ? 'unnamed' : safe;
}
