import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return path.endsWith('.ts') ? [readFileSync(path, 'utf8')] : [];
  });
}

describe('docs/errors.md', () => {
  it('has every code that the program can print, and no other', () => {
    const used = new Set(sources('src').flatMap((text) => text.match(/\bE_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []));
    used.delete('E_CODE'); // The placeholder in doc comments.
    const documented = new Set(readFileSync('docs/errors.md', 'utf8').match(/\bE_[A-Z0-9_]*[A-Z0-9]\b/g));
    expect([...used].filter((code) => !documented.has(code))).toEqual([]);
    expect([...documented].filter((code) => !used.has(code))).toEqual([]);
  });
});
