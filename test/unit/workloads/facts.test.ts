import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspectTrace } from '../../../src/workloads/inspect.js';

const ROOT = '../shared/traces';
const FILE = `${ROOT}/facts.json`;
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };

/** Sums of decimals agree to twelve digits, whatever the order in which they were added. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(12));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rounded(one)]));
}

/** Facts were computed from the samples by an independent script; most samples may not travel, so this needs them beside the project. */
describe.skipIf(!existsSync(FILE))('facts of the shared samples', () => {
  const facts = existsSync(FILE)
    ? (JSON.parse(readFileSync(FILE, 'utf8')) as { files: Record<string, Record<string, unknown>> }).files
    : {};
  for (const [file, expected] of Object.entries(facts)) {
    it(`agrees on ${file}`, () => {
      const got = inspectTrace([`${ROOT}/${file}`], request)['facts'] as Record<string, unknown>;
      expect(rounded(got)).toMatchObject(rounded(expected) as object);
    });
  }
});
