import { describe, expect, it } from 'vitest';
import { checkCases, renderCaseText } from '../../src/experiment/check-cases.js';

const CASES = new URL('./data/allocator-cases.json', import.meta.url).pathname;

describe('the allocator cases taken from Mesos', () => {
  it('all come out as the real allocator decided them', () => {
    const report = checkCases(CASES);
    expect(renderCaseText(report)).toBe(`104 passed, 0 failed (drf, ${CASES})\n`);
  });
});
