import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Rules of the house that no linter knows. The finders below are tried on small texts first: a checker that finds nothing anywhere
 * proves nothing.
 */

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

function sourcesOf(folder: string, endings: readonly string[]): Source[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((path) => {
      const text = readFileSync(path, 'utf8');
      return { path, text, lines: text.replace(/\n$/, '').split('\n') };
    });
}

/** `path:line: text` of the lines that match. */
function found(sources: readonly Source[], pattern: RegExp): string[] {
  return sources.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

function source(text: string): Source {
  return { path: 'sample.ts', text, lines: text.split('\n') };
}

const MOST_LINES = 400;
/** The one place that may call it: typed arrays compare as numbers. */
const SORTS_BARE = 'src/core/sort-numbers.ts';

const BARE_SORT = /\.(?:sort|toSorted)\(\s*\)/;
// Words, not parts of words; `Date` as a value, not in a comment's sentence such as "Date: …".
const CHANCE_OR_CLOCK = /\bMath\.random\b|\bnew Date\b|\bDate\.(?:now|parse|UTC)\b|\bperformance\.|\bprocess\.hrtime\b/;
const LOCALE = /\blocaleCompare\b|\btoLocale[A-Z]\w*|\bIntl\./;
const EMPTY_CATCH =
  /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*(?:\/\/[^\n]*\s*|\/\*[\s\S]*?\*\/\s*)*\}|\.catch\(\s*\(\w*\)\s*=>\s*\{\s*\}\s*\)/;
const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK)\b/;
// Folders of one machine; the documents' own examples stay relative or begin with /path/to.
const MACHINE_PATH = /(?<![\w.])\/(?:work|home|root|Users|tmp|mnt)\/\w|\b[A-Z]:\\\\?Users\b/;
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?$/;
const DEFAULT_EXPORT = /^export default\b/;

const src = sourcesOf('src', ['.ts']);
const outsideCli = src.filter(({ path }) => !path.startsWith(join('src', 'cli')));
const code = [
  ...src,
  ...sourcesOf('test', ['.ts']).filter(({ path }) => basename(path) !== 'tidy.test.ts'),
  ...sourcesOf('bench', ['.ts', '.mjs']),
  ...sourcesOf('scripts', ['.mjs']),
];

describe('the finders', () => {
  it.each([
    [BARE_SORT, 'names.sort();', 'names.sort((a, b) => a - b);'],
    [CHANCE_OR_CLOCK, 'const nowUs = Date.now();', 'const nowUs = world.nowUs; // no Date here'],
    [CHANCE_OR_CLOCK, 'pick(Math.random())', 'pick(random())'],
    [LOCALE, 'a.localeCompare(b)', 'compareText(a, b)'],
    [LOCALE, 'count.toLocaleString()', 'count.toString()'],
    [UNFINISHED, '// TODO: later', '// To do is another word.'],
    [MACHINE_PATH, "open('/home/me/log')", "open('./home/log')"],
    [DEFAULT_EXPORT, 'export default drf;', 'export const drf = 1;'],
  ])('%s finds what it is for and nothing else', (pattern, bad, good) => {
    expect(found([source(bad)], pattern)).toHaveLength(1);
    expect(found([source(good)], pattern)).toEqual([]);
  });

  it('empty catches are found over several lines, with or without a comment', () => {
    expect(EMPTY_CATCH.test('try { a(); } catch (error) {\n  // Never mind.\n}')).toBe(true);
    expect(EMPTY_CATCH.test('try { a(); } catch {}')).toBe(true);
    expect(EMPTY_CATCH.test('try { a(); } catch {\n  return false;\n}')).toBe(false);
  });
});

describe('the code', () => {
  it('is read: several hundred files', () => {
    expect(src.length).toBeGreaterThan(300);
    expect(code.length).toBeGreaterThan(src.length);
  });

  it(`no source file has more than ${MOST_LINES} lines`, () => {
    const long = code.filter(({ lines }) => lines.length > MOST_LINES);
    expect(long.map(({ path, lines }) => `${path}: ${lines.length}`)).toEqual([]);
  });

  it('every sort of a plain array has a comparator', () => {
    const sorts = found(
      src.filter(({ path }) => path !== join(...SORTS_BARE.split('/'))),
      BARE_SORT,
    );
    expect(sorts).toEqual([]);
  });

  it('no clock, no chance of the machine and no locale outside src/cli', () => {
    expect(found(outsideCli, CHANCE_OR_CLOCK)).toEqual([]);
    expect(found(outsideCli, LOCALE)).toEqual([]);
  });

  it('files are named in kebab case', () => {
    const names = code.map(({ path }) => [path, basename(path, extname(path))] as const);
    expect(names.filter(([, name]) => !KEBAB.test(name)).map(([path]) => path)).toEqual([]);
  });

  it('exports are named', () => {
    expect(found(src, DEFAULT_EXPORT)).toEqual([]);
  });

  it('no error is swallowed by an empty catch', () => {
    expect(code.filter(({ text }) => EMPTY_CATCH.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('nothing is left unfinished, and no path of one machine is written down', () => {
    const documents = [...sourcesOf('docs', ['.md']), ...sourcesOf('scenarios', ['.yaml', '.md'])];
    const root = readdirSync('.')
      .filter((name) => name.endsWith('.md'))
      .map((path) => ({ ...source(readFileSync(path, 'utf8')), path }));
    const all = [...code, ...documents, ...root];
    expect(found(all, UNFINISHED)).toEqual([]);
    expect(found(all, MACHINE_PATH)).toEqual([]);
  });
});
