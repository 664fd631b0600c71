import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DIVIDE_POLICIES, divide, parseProblem, problemJsonSchema } from '../../../src/experiment/divide.js';

const docs = new URL('../../../docs/', import.meta.url);
const text = readFileSync(new URL('divide.md', docs), 'utf8');
const examples = [...text.matchAll(/```json\n([\s\S]*?)```\n```sh\n([\s\S]*?)```/g)].map((match) => ({
  problem: match[1] as string,
  policies: (match[2] as string)
    .trim()
    .split('\n')
    .map((line) => /--policy "?([^"\s]+)"?/.exec(line)?.[1] ?? 'drf'),
}));

describe('docs/divide.md', () => {
  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(4);
  });

  for (const { problem, policies } of examples) {
    it.each(policies)(`divides its example by %s`, (policy) => {
      const result = divide(parseProblem(problem, 'example.json'), policy);
      expect(result.outcome.fractional ?? result.outcome.whole).toBeDefined();
    });
  }

  it('names every policy', () => {
    for (const name of DIVIDE_POLICIES.names()) expect(text).toContain(`\`${name}`);
  });

  it('has a schema file that is the program’s own', () => {
    const schema: unknown = JSON.parse(readFileSync(new URL('divide.schema.json', docs), 'utf8'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(problemJsonSchema())));
  });
});
