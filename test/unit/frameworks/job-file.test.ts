import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { JobFile, pathText, readJobFile } from '../../../src/frameworks/job-file.js';
import { resolveOptions } from '../../../src/model/options.js';

function mistake(text: string, schema?: z.ZodType): string {
  try {
    const file = new JobFile('jobs.json', text);
    if (schema !== undefined) file.check(schema);
  } catch (error) {
    if (error instanceof InputError || error instanceof InputErrors) return error.format();
    throw error;
  }
  return 'none';
}

const schema = z.object({
  id: z.string().min(1),
  instances: z.int().min(0).optional(),
  kind: z.enum(['fixed', 'any']).optional(),
  list: z.array(z.object({ cpus: z.number() })).optional(),
});

describe('job files', () => {
  it.each([
    ['', 'jobs.json:1:1: error E_JOB_JSON: $ is no JSON: Unexpected end of input found'],
    ['{"a": [1, tru]}', "jobs.json:1:11: error E_JOB_JSON: $ is no JSON: Unexpected identifier 'tru' found"],
    ['{\n "a": 1,\n}', 'jobs.json:3:1: error E_JOB_JSON: $ is no JSON: Unexpected token RBrace found'],
    ["{'a': 1}", "jobs.json:1:2: error E_JOB_JSON: $ is no JSON: Unexpected character ''' found"],
    ['{"a": 1, "b": {"c": 1, "c": 2}}', 'jobs.json:1:24: error E_JOB_JSON: $.b.c occurs twice'],
    ['[0, 1e999]', 'jobs.json:1:5: error E_JOB_JSON: $[1] must be a number that a double can hold'],
    ['[NaN]', "jobs.json:1:2: error E_JOB_JSON: $ is no JSON: Unexpected character 'N' found"],
  ])('%j is no JSON, with its place', (text, message) => {
    expect(mistake(text)).toBe(message);
  });

  it('refuses what is nested too deep instead of overflowing', () => {
    expect(mistake('['.repeat(600) + ']'.repeat(600))).toContain('must not be nested deeper than 500');
    expect(mistake('['.repeat(200_000))).toMatch(/error E_JOB_JSON: \$ is/);
  });

  it('names file, place, JSON path, reason and what was found', () => {
    const text = '{\n  "instances": -1,\n  "kind": "fxed",\n  "list": [{ "cpus": "2" }, {}]\n}';
    expect(mistake(text, schema).split('\n')).toEqual([
      'jobs.json:1:1: error E_JOB_JSON: $.id is missing',
      'jobs.json:2:16: error E_JOB_JSON: $.instances must be at least 0, got "-1"',
      'jobs.json:3:11: error E_JOB_JSON: $.kind must be one of fixed, any, got "fxed"',
      '  hint: did you mean "fixed"? known: fixed, any',
      'jobs.json:4:22: error E_JOB_JSON: $.list[0].cpus must be a number, got "2"',
      'jobs.json:4:29: error E_JOB_JSON: $.list[1].cpus is missing',
    ]);
  });

  it('gives the value, checked, and the place of anything in it', () => {
    const file = new JobFile('jobs.json', '\uFEFF{"id": "a", "list": [\n {"cpus": 1}]}');
    expect(file.check(schema)).toEqual({ id: 'a', list: [{ cpus: 1 }] });
    expect(file.positionOf(['list', 0, 'cpus'])).toEqual({ file: 'jobs.json', line: 2, column: 11 });
    // What is not there stands where the nearest thing around it does.
    expect(file.positionOf(['list', 0, 'mem'])).toEqual({ file: 'jobs.json', line: 2, column: 2 });
    expect(pathText(['a', 0, 'b c'])).toBe('$.a[0]["b c"]');
  });

  describe('on disk', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'mesosim-jobs-'));
      for (const name of ['b.json', 'a.json', 'c.txt']) writeFileSync(join(folder, name), '{}');
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('are named by an option: one, several, a list, or a pattern, relative to the file that names them', () => {
      const specs = { apps: { type: 'files', default: '', help: 'files' } } as const;
      const files = (apps: unknown): readonly string[] =>
        resolveOptions('x', specs, { apps }, { file: join(folder, 'scenario.yaml') }).apps.map((file) =>
          file.slice(folder.length + 1),
        );
      expect(files('a.json')).toEqual(['a.json']);
      expect(files('b.json, a.json')).toEqual(['b.json', 'a.json']);
      expect(files(['b.json', 'c.txt'])).toEqual(['b.json', 'c.txt']);
      expect(files('*.json')).toEqual(['a.json', 'b.json']);
      expect(files('')).toEqual([]);
      expect(() => files('*.yaml')).toThrow('no file matches');
      expect(() => files('nowhere/*.json')).toThrow('cannot be read (ENOENT)');
    });

    it('that cannot be read are E_FILE', () => {
      expect(() => readJobFile(join(folder, 'none.json'))).toThrow('the jobs cannot be read (ENOENT)');
      expect(readJobFile(join(folder, 'a.json')).value).toEqual({});
    });
  });
});
