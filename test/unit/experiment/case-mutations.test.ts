import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/core/errors.js';
import { checkCases } from '../../../src/experiment/check-cases.js';
import { fc } from '../../support/properties.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Every place of a document, as paths. */
function placesOf(value: Json, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, child]) =>
    placesOf(child as Json, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

function changed(value: Json, path: readonly (string | number)[], to: Json | undefined): Json {
  const copy = structuredClone(value);
  let node = copy as Record<string | number, Json>;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string | number, Json>;
  const last = path[path.length - 1] as string | number;
  if (to !== undefined) node[last] = to;
  else if (Array.isArray(node)) node.splice(Number(last), 1);
  else delete node[last];
  return copy;
}

const document = JSON.parse(readFileSync('test/conformance/data/allocator-cases.json', 'utf8')) as { cases: Json[] };

describe('case files with a mistake', () => {
  it('are checked or refused with a place and a reason, never with anything else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mesosim-cases-'));
    const file = join(folder, 'cases.json');
    const wrong = fc.constantFrom<Json | undefined>(
      undefined,
      null,
      -1,
      1e300,
      '',
      'x',
      'cpus:-1',
      'cpus:x',
      [],
      {},
      true,
    );
    const mutation = fc.integer({ min: 0, max: document.cases.length - 1 }).chain((index) => {
      const places = placesOf(document.cases[index] as Json).slice(1);
      return fc.record({ index: fc.constant(index), place: fc.constantFrom(...places), to: wrong });
    });
    fc.assert(
      fc.property(mutation, ({ index, place, to }) => {
        const value = changed(document.cases[index] as Json, place, to);
        writeFileSync(file, JSON.stringify({ cases: [value] }));
        try {
          checkCases(file);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).position.file).toBe(file);
        }
      }),
      { numRuns: Number(process.env['RUNS'] ?? 400), seed: 8 },
    );
    rmSync(folder, { recursive: true });
  });
});
