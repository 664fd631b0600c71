import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const pages = [
  ...readdirSync('.').filter((file) => file.endsWith('.md')),
  ...['docs', 'bench', 'traces', 'scenarios'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  ),
].filter((file) => file.endsWith('.md') && !file.includes('node_modules'));

/** Text outside of code: blocks between fences and spans between backquotes hold no links. */
const prose = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** Anchors of a page's headings as GitHub makes them. */
function anchorsOf(path: string): Set<string> {
  const headings = readFileSync(path, 'utf8')
    .replace(/^```[\s\S]*?^```/gm, '')
    .matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('links of the documentation', () => {
  it.each(pages)('%s leads to files and headings that exist', (page) => {
    const dead: string[] = [];
    for (const [, target] of prose(readFileSync(page, 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)) {
      const link = target as string;
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      const isThere = existsSync(file) && (anchor === undefined || anchorsOf(file).has(anchor));
      if (!isThere) dead.push(link);
    }
    expect(dead).toEqual([]);
  });

  it('are found at all', () => {
    expect(prose(readFileSync('README.md', 'utf8'))).toContain('](docs/results.md)');
  });

  it('name only scenarios that exist', () => {
    const dead: string[] = [];
    for (const page of pages) {
      for (const [path] of readFileSync(page, 'utf8').matchAll(/\bscenarios\/[\w/-]+\.yaml\b/g))
        if (!existsSync(path)) dead.push(`${page}: ${path}`);
    }
    expect(dead).toEqual([]);
  });
});
