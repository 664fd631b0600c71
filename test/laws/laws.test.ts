import { expect, test } from 'vitest';
import { FAMILIES } from './families/index.js';
import { type LawContext, lawsMode, readCases } from './support/case.js';
import { differences } from './support/compare.js';

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

for (const law of cases) {
  const family = families.get(law.family);
  if (family === undefined) {
    test.skip(`${law.id}: skipped: family ${law.family} not covered yet`, () => undefined);
  } else {
    test(`${law.id}: ${law.family}`, async () => {
      await family.check(law, context);
    });
  }
}
