import { expect, test } from 'vitest';
import { FAMILIES } from '../families/index.js';
import { type LawContext, lawsMode, oneLine, readCases } from './case.js';
import { differences } from './compare.js';

/** Registers every `parts`-th case from `part` on as a test: two files share the cases, so that two cores do. */
export function registerLaws(part: number, parts: number): void {
  const { path, cases } = readCases();
  const families = new Map(FAMILIES.map((family) => [family.family, family]));
  const context: LawContext = {
    mode: lawsMode(),
    expectAll(got, law) {
      expect(differences(got, law.expected, law.tolerance), `${law.id} of ${path}`).toEqual([]);
    },
  };

  test('the case file has cases', () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  for (const [index, law] of cases.entries()) {
    if (index % parts !== part) continue;
    const family = families.get(law.family);
    if (family === undefined) {
      test.skip(`${law.id}: skipped: family ${law.family} not covered yet`, () => undefined);
    } else {
      test(`${law.id}: ${law.family}`, async () => {
        try {
          await family.check(law, context);
        } catch (error) {
          throw oneLine(law.id, error);
        }
      });
    }
  }
}
