import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsAt, HeldAgents } from '../../../src/cluster/held-agents.js';

type Held = Map<number, number>;

interface Step {
  readonly kind: 'add' | 'set' | 'remove' | 'clear';
  readonly agent: number;
  readonly ref: number;
}

/** What a list holds, in its order. */
function entries(list: HeldAgents): [number, number][] {
  return Array.from({ length: list.size }, (_, index) => [list.agentAt(index), list.refAt(index)]);
}

function sorted(held: Held): [number, number][] {
  return [...held].sort(([a], [b]) => a - b);
}

function listOf(held: Held): HeldAgents {
  const list = new HeldAgents();
  for (const [agent, ref] of sorted(held)) list.push(agent, ref);
  return list;
}

const agents = fc.nat(60);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ kind: fc.constantFrom('add', 'remove', 'set', 'clear'), agent: agents, ref: fc.integer() }),
  { maxLength: 200 },
);
const helds = fc.array(fc.tuple(agents, fc.nat(1000))).map((pairs) => new Map(pairs));

/** One step to both; a clear comes now and then, not at every fourth step. */
function apply({ kind, agent, ref }: Step, list: HeldAgents, map: Held): void {
  if (kind === 'clear') {
    if (agent >= 5) return;
    list.clear();
    map.clear();
    return;
  }
  const index = list.indexOf(agent);
  expect(index >= 0).toBe(map.has(agent));
  if ((kind === 'add') === index >= 0) return;
  if (kind === 'add') list.add(agent, ref);
  else if (kind === 'set') list.setRef(index, ref);
  else list.remove(index);
  if (kind === 'remove') map.delete(agent);
  else map.set(agent, ref);
}

describe('agents on which a framework holds something', () => {
  it('are those of a map in ascending order, whatever is added, changed, removed and cleared', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const list = new HeldAgents();
        const map: Held = new Map();
        for (const step of all) {
          apply(step, list, map);
          const below = [...map.keys()].filter((other) => other < step.agent).length;
          expect(list.lowerBound(step.agent)).toBe(below);
        }
        expect(entries(list)).toEqual(sorted(map));
      }),
      { numRuns: 200 },
    );
  });

  it('are merged with new ones as the union of two maps', () => {
    fc.assert(
      fc.property(helds, helds, (old, added) => {
        for (const agent of added.keys()) old.delete(agent);
        const from = listOf(old);
        const merged = new HeldAgents();
        let at = 0;
        for (const [agent, ref] of sorted(added)) {
          at = merged.takeBelow(agent, from, at);
          merged.push(agent, ref);
        }
        merged.takeBelow(Number.POSITIVE_INFINITY, from, at);
        expect(entries(merged)).toEqual(sorted(new Map([...old, ...added])));
      }),
      { numRuns: 200 },
    );
  });

  it('fit a demand when each amount at the offset is at least as large', () => {
    const amounts = Float64Array.from([9, 9, 2, 5]);
    expect(fitsAt(Float64Array.of(2, 5), amounts, 2)).toBe(true);
    expect(fitsAt(Float64Array.of(2, 6), amounts, 2)).toBe(false);
    expect(fitsAt(Float64Array.of(3, 1), amounts, 2)).toBe(false);
    expect(fitsAt(Float64Array.of(9, 9), amounts, 0)).toBe(true);
  });
});
