import { describe, expect, it } from 'vitest';
import { appOf, type Constraint } from '../../../src/frameworks/marathon/app-definition.js';
import type { Operator } from '../../../src/frameworks/marathon/app-schema.js';
import { type FieldOf, meets } from '../../../src/frameworks/marathon/constraints.js';
import { fc } from '../../support/properties.js';

type Agent = Readonly<Record<string, string>>;
const fieldsOf =
  (agent: Agent): FieldOf =>
  (field) =>
    agent[field];
const appWith = (constraints: readonly Constraint[]) => ({
  ...appOf({ id: '/a' }, { id: '/a', dependencies: [] }),
  constraints,
});
const EXACT = { isGroupByExact: true, groupByNeedsValue: true };

interface Question {
  readonly own: string;
  readonly value: string;
  /** Values of the field where instances run that have it. */
  readonly others: readonly string[];
  readonly placed: readonly Agent[];
  readonly field: string;
  readonly target: number;
}

/** The rules as Marathon's documentation states them, one sentence each, written without the code. */
const SENTENCES: Readonly<Record<Operator, (question: Question) => boolean>> = {
  UNLIKE: ({ own, value }) => own.match(new RegExp(`^(${value})$`)) === null,
  LIKE: ({ own, value }) => own.match(new RegExp(`^(${value})$`)) !== null,
  UNIQUE: ({ own, others }) => !others.includes(own),
  MAX_PER: ({ own, value, others }) => others.filter((other) => other === own).length + 1 <= Number(value),
  CLUSTER: ({ own, value, placed, field }) =>
    value === '' ? placed.length === 0 || placed[0]?.[field] === own : own === value,
  IS: ({ own, value }) => own === value,
  GROUP_BY: ({ own, value, others, placed, target }) => {
    const v = Number(value);
    if (v === 0) return false;
    const groups = [...new Set(others)];
    if (!groups.includes(own)) return groups.length < v;
    // Every group may hold ⌊n/v⌋ instances; n mod v of the groups may hold one more.
    const n = placed.length === 0 ? 1 : target;
    const sizeOf = (group: string): number => others.filter((other) => other === group).length;
    const beyond = groups.reduce((sum, group) => sum + Math.max(0, sizeOf(group) - Math.floor(n / v)), 0);
    const room = Math.floor(n / v) + (beyond < n % v ? 1 : 0);
    return sizeOf(own) < Math.floor(n / v) || (sizeOf(own) === Math.floor(n / v) && sizeOf(own) < room);
  },
};

function naive(
  { field, operator, value }: Constraint,
  agent: Agent,
  placed: readonly Agent[],
  target: number,
): boolean {
  const own = agent[field];
  if (own === undefined) return operator === 'UNLIKE';
  const others = placed.flatMap((other) => (other[field] === undefined ? [] : [other[field]]));
  return SENTENCES[operator]({ own, value, others, placed, field, target });
}

const attribute = fc.constantFrom('rack', 'zone');
const text = fc.constantFrom('r1', 'r2', 'r3', 'r12', '4');
const agentArb: fc.Arbitrary<Agent> = fc.dictionary(attribute, text, { maxKeys: 2 });
const valueFor = (operator: Operator): fc.Arbitrary<string> => {
  if (operator === 'UNIQUE') return fc.constant('');
  if (operator === 'MAX_PER') return fc.integer({ min: 0, max: 4 }).map(String);
  if (operator === 'GROUP_BY') return fc.oneof(fc.constant(''), fc.integer({ min: 0, max: 4 }).map(String));
  if (operator === 'LIKE' || operator === 'UNLIKE') return fc.constantFrom('r.*', 'r1', 'r1|r2', '[0-9]+', 'r[12]');
  if (operator === 'CLUSTER') return fc.oneof(fc.constant(''), text);
  return text;
};
const constraintArb: fc.Arbitrary<Constraint> = fc
  .constantFrom<Operator>('UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS')
  .chain((operator) => fc.record({ field: attribute, operator: fc.constant(operator), value: valueFor(operator) }));

describe('constraints', () => {
  it('agree with a plain statement of each rule on random clusters', () => {
    fc.assert(
      fc.property(
        fc.array(constraintArb, { maxLength: 3 }),
        agentArb,
        fc.array(agentArb, { maxLength: 8 }),
        fc.integer({ min: 0, max: 10 }),
        (constraints, agent, placed, target) => {
          const expected = constraints.every((constraint) => naive(constraint, agent, placed, target));
          expect(meets(appWith(constraints), fieldsOf(agent), placed.map(fieldsOf), target, EXACT)).toBe(expected);
        },
      ),
      { numRuns: 3000, seed: 4 },
    );
  });

  it('spread instances over v groups so that no two differ by more than one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 23 }), (groupCount, target) => {
        const app = appWith([{ field: 'rack', operator: 'GROUP_BY', value: String(groupCount) }]);
        const agents = Array.from({ length: groupCount }, (_, index) => ({ rack: `r${index}` }));
        const placed: FieldOf[] = [];
        // Whoever passes first is taken, whatever the order: the worst a matcher can do.
        for (let index = 0; index < target; index++) {
          const chosen = agents.find((agent) => meets(app, fieldsOf(agent), placed, target, EXACT));
          placed.push(fieldsOf(chosen as Agent));
        }
        const sizes = agents.map(({ rack }) => placed.filter((fieldOf) => fieldOf('rack') === rack).length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it('GROUP_BY without a number matches nothing, unless the quirk is off', () => {
    const app = appWith([{ field: 'rack', operator: 'GROUP_BY', value: '' }]);
    const [first, second] = [fieldsOf({ rack: 'r1' }), fieldsOf({ rack: 'r2' })];
    expect(meets(app, first, [], 3, EXACT)).toBe(false);
    const mended = { ...EXACT, groupByNeedsValue: false };
    expect(meets(app, first, [], 3, mended)).toBe(true);
    // One in r1: a new rack is better than the known one only when that has more than the smallest.
    expect(meets(app, second, [first], 3, mended)).toBe(true);
    expect(meets(app, first, [first, first, second], 3, mended)).toBe(false);
  });

  it('GROUP_BY before 2020 takes a known value only where there are v of them and it has fewest', () => {
    const app = appWith([{ field: 'rack', operator: 'GROUP_BY', value: '2' }]);
    const loose = { isGroupByExact: false, groupByNeedsValue: true };
    const [first, second] = [fieldsOf({ rack: 'r1' }), fieldsOf({ rack: 'r2' })];
    expect(meets(app, first, [first], 4, loose)).toBe(false);
    expect(meets(app, second, [first], 4, loose)).toBe(true);
    expect(meets(app, first, [first, second], 4, loose)).toBe(true);
    expect(meets(app, first, [first, first, second], 4, loose)).toBe(false);
  });

  it('compare numbers of IS with three decimals, and match whole values only', () => {
    const is = (value: string) => appWith([{ field: 'size', operator: 'IS', value }]);
    expect(meets(is('4'), fieldsOf({ size: '4.000' }), [], 1, EXACT)).toBe(true);
    expect(meets(is('4'), fieldsOf({ size: '4.001' }), [], 1, EXACT)).toBe(false);
    const like = appWith([{ field: 'rack', operator: 'LIKE', value: 'r1|r2' }]);
    expect(meets(like, fieldsOf({ rack: 'r12' }), [], 1, EXACT)).toBe(false);
  });
});
