import { describe, expect, it } from 'vitest';
import { AllocatorCase } from '../../src/experiment/allocator-case.js';
import { CaseNode } from '../../src/experiment/case-node.js';
import { type Profile, randomCase } from '../support/random-cases.js';

const FLAT = ['a', 'b', 'c', '*'];
const NESTED = ['a', 'a/x', 'a/x/y', 'b', 'b/z', 'c/d', '*'];

/** Replays a random case on the fast allocator; the first difference, with the steps up to it, fails the test. */
function replay(seed: number, profile: Profile): void {
  const value = randomCase(seed, profile);
  const node = new CaseNode(value, '', `seed ${seed}`);
  const steps = node.get('steps').list();
  // Every other world leaves out runs that cannot make an offer.
  const run = new AllocatorCase(node, steps, 'drf', seed % 2 === 1);
  for (const [index, step] of steps.entries()) {
    const difference = run.step(step);
    if (difference === undefined) continue;
    const shown = (value['steps'] as unknown[]).slice(Math.max(0, index - 12), index + 1);
    expect({
      seed,
      index,
      difference,
      config: value['config'],
      shown: shown.map((item) => JSON.stringify(item)),
    }).toEqual({});
  }
}

function sweep(first: number, count: number, profile: Profile): void {
  for (let seed = first; seed < first + count; seed++) replay(seed, profile);
}

const small = { agents: 5, frameworks: 4, steps: 30 };

describe('the fast allocator and one that recomputes everything decide alike', () => {
  it('with flat roles, weights, filters, suppress and revive (3,000 sequences)', () => {
    sweep(0, 3000, { ...small, roles: FLAT });
  });
  it('with nested roles (2,000 sequences)', () => {
    sweep(10_000, 2000, { ...small, roles: NESTED });
  });
  it('with quota guarantees and limits (2,000 sequences)', () => {
    sweep(20_000, 2000, { ...small, roles: FLAT, hasQuota: true });
  });
  it('with reservations, revocable resources, ports and old agents (2,000 sequences)', () => {
    sweep(30_000, 2000, {
      ...small,
      roles: NESTED,
      hasReservations: true,
      hasRevocable: true,
      hasPorts: true,
      hasOldAgents: true,
    });
  });
  it('with everything at once and shuffled agents (2,000 sequences)', () => {
    const all = { hasQuota: true, hasReservations: true, hasRevocable: true, hasPorts: true, isShuffled: true };
    sweep(40_000, 2000, { ...small, agents: 6, roles: NESTED, ...all });
  });
  it('in worlds of 1,000 agents', () => {
    const large = { agents: 1000, frameworks: 8, steps: 40, isPreloaded: true };
    replay(50_000, { ...large, roles: FLAT });
    replay(50_001, { ...large, roles: FLAT, hasQuota: true, isShuffled: true });
    replay(50_002, { ...large, roles: NESTED, hasReservations: true, hasQuota: true });
    replay(50_003, { ...large, roles: NESTED, isShuffled: true, hasPorts: true, hasRevocable: true });
  });
});
