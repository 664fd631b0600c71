import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameSet } from '../../../src/workloads/name-set.js';

/** Names as traces have them: numbered with and without a prefix, with zeros before, too long for a double, and any text. */
const name = fc.oneof(
  fc.nat(300).map((number) => `j_${number}`),
  fc.nat(300).map(String),
  fc.nat(20).map((number) => `j_0${number}`),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 9n }).map(String),
  fc.bigInt({ min: 10n ** 15n - 3n, max: 10n ** 15n + 9n }).map((number) => `1${number}`),
  fc.constantFrom('', 'j_', '-0', '0', '00', 'a'),
  fc.string({ maxLength: 3 }),
);

describe('names met so far', () => {
  it('are told from new ones as a set of the texts does', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 200 }), fc.array(name, { maxLength: 20 }), (names, asked) => {
        const [known, found] = [new Set<string>(), new NameSet(4)];
        for (const one of names) {
          expect(found.has(one)).toBe(known.has(one));
          expect(found.add(one)).toBe(!known.has(one));
          known.add(one);
          expect(found.count).toBe(known.size);
        }
        for (const one of asked) expect(found.has(one)).toBe(known.has(one));
      }),
      { numRuns: 200 },
    );
  });

  it('may be numbers far apart, for which no bitmaps are kept, and then close together', () => {
    const [known, found] = [new Set<string>(), new NameSet()];
    // 300 numbers in 300 pages of 2^15: from page 256 on they are hashed; the first ones stay where they are.
    const names = Array.from({ length: 300 }, (_, at) => `task${at * 40_000}`);
    const close = Array.from({ length: 2000 }, (_, at) => `task${250 * 40_000 + at * 10}`);
    for (const one of [...names, ...close, ...names]) {
      if (found.add(one) === known.has(one)) expect.fail(`${one} is told wrongly`);
      known.add(one);
    }
    expect(found.count).toBe(known.size);
  });
});
