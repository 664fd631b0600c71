import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../../src/core/errors.js';
import { fileSafe, ResultFolder } from '../../../src/results/folder.js';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'mesosim-folder-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function finish(target: string, options = { isExplicit: true, force: false }): void {
  const folder = new ResultFolder(target, options);
  folder.table('tasks.csv', ['a']).text('x').end();
  folder.write('manifest.json', '{"tool":"mesosim"}');
  folder.commit();
}

function codeOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error.code;
    throw error;
  }
  return '';
}

describe('a result folder', () => {
  it('appears whole at its place and leaves no temporary folder', () => {
    const target = join(base, 'deep', 'er', 'run');
    finish(target);
    expect(readFileSync(join(target, 'tasks.csv'), 'utf8')).toBe('a\nx\n');
    expect(readdirSync(join(base, 'deep', 'er'))).toEqual(['run']);
  });

  it('given up, takes away the folders that were made for it, and only those', () => {
    mkdirSync(join(base, 'mine'));
    const folder = new ResultFolder(join(base, 'mine', 'results', 'a', 'run'), { isExplicit: false, force: false });
    folder.discard();
    expect(readdirSync(base)).toEqual(['mine']);
    expect(readdirSync(join(base, 'mine'))).toEqual([]);
  });

  it('given up, leaves the folder that another run has been put into meanwhile', () => {
    const folder = new ResultFolder(join(base, 'results', 'a', 'run-1'), { isExplicit: false, force: false });
    finish(join(base, 'results', 'a', 'run-2'));
    folder.discard();
    expect(readdirSync(join(base, 'results', 'a'))).toEqual(['run-2']);
  });

  it('leaves nothing when it is given up before its end', () => {
    const folder = new ResultFolder(join(base, 'run'), { isExplicit: false, force: false });
    folder.table('tasks.csv', ['a']);
    folder.discard();
    expect(readdirSync(base)).toEqual([]);
  });

  it('keeps an earlier result until the new one is whole', () => {
    const target = join(base, 'run');
    finish(target);
    const folder = new ResultFolder(target, { isExplicit: true, force: true });
    expect(existsSync(join(target, 'tasks.csv'))).toBe(true);
    folder.discard();
    expect(existsSync(join(target, 'tasks.csv'))).toBe(true);
  });

  it('replaces a result of ours at the default place, but at an explicit one only with force', () => {
    const target = join(base, 'run');
    finish(target);
    finish(target, { isExplicit: false, force: false });
    expect(codeOf(() => finish(target))).toBe('E_OUT_EXISTS');
    finish(target, { isExplicit: true, force: true });
  });

  it('never overwrites a folder that is not ours, force or not', () => {
    const target = join(base, 'thesis');
    mkdirSync(target);
    writeFileSync(join(target, 'chapter-1.tex'), 'years of work');
    for (const force of [true, false]) {
      expect(codeOf(() => finish(target, { isExplicit: true, force }))).toBe('E_OUT_FOREIGN');
    }
    writeFileSync(join(target, 'manifest.json'), '{"tool":"another"}');
    expect(codeOf(() => finish(target, { isExplicit: true, force: true }))).toBe('E_OUT_FOREIGN');
    expect(readFileSync(join(target, 'chapter-1.tex'), 'utf8')).toBe('years of work');
  });

  it('refuses a file in its place', () => {
    writeFileSync(join(base, 'run'), 'a file');
    expect(codeOf(() => finish(join(base, 'run')))).toBe('E_OUT_FOREIGN');
  });

  it('takes an empty folder that the user made', () => {
    mkdirSync(join(base, 'run'));
    finish(join(base, 'run'));
    expect(existsSync(join(base, 'run', 'manifest.json'))).toBe(true);
  });
});

describe('a policy as part of a file name', () => {
  it('keeps letters, digits and options, and nothing that a shell or a file system would take amiss', () => {
    expect(fileSafe('priority[preemption=true,grace=5 s]')).toBe('priority_preemption=true,grace=5_s');
    expect(fileSafe('../../etc/passwd')).not.toContain('/');
    expect(fileSafe('..')).not.toBe('..');
    expect(fileSafe('')).not.toBe('');
  });
});
