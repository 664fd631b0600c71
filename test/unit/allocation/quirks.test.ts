import { describe, expect, it } from 'vitest';
import { Engine } from '../../support/engine.js';

describe('quirks of the real allocator, and what happens without them', () => {
  it("a child role escapes its parent's limit within a cycle", () => {
    for (const childrenEscapeLimits of [true, false]) {
      const engine = new Engine({}, { childrenEscapeLimits });
      engine.quota('a', '', 'cpus:1');
      engine.framework('f', 'a/b');
      engine.agent('x', 'cpus:4;mem:512');
      expect(engine.take()).toEqual([`f/a/b@x cpus:${childrenEscapeLimits ? 4 : 1};mem:512`]);
    }
  });

  it('the guarantee of a role without frameworks is held back', () => {
    for (const holdsForAbsent of [true, false]) {
      const engine = new Engine({}, { holdsForAbsent });
      engine.quota('absent', 'cpus:3', '');
      engine.framework('f', 'r');
      engine.agent('x', 'cpus:4;mem:512');
      expect(engine.take()).toEqual([`f/r@x cpus:${holdsForAbsent ? 1 : 4};mem:512`]);
    }
  });

  it('a role that makes progress takes all of what it has no guarantee for', () => {
    for (const takesUnguaranteed of [true, false]) {
      const engine = new Engine({}, { takesUnguaranteed });
      engine.quota('q', 'cpus:1', '');
      engine.framework('f', 'q');
      engine.agent('x', 'cpus:1;mem:512');
      // Without the quirk the memory follows in the fair-share stage, to the same framework: one merged offer.
      expect(engine.take()).toEqual(['f/q@x cpus:1;mem:512']);
      engine.framework('g', 'r');
      engine.quota('q', 'cpus:2', '');
      engine.agent('y', 'cpus:1;mem:512');
      const together = ['f/q@y cpus:1;mem:512'];
      expect(engine.take()).toEqual(takesUnguaranteed ? together : ['f/q@y cpus:1', 'g/r@y mem:512']);
    }
  });

  it('idle reservations count as use of the quota', () => {
    for (const reservationsAreUse of [true, false]) {
      const engine = new Engine({}, { reservationsAreUse });
      engine.quota('q', '', 'cpus:2');
      engine.agent('reserved', 'cpus(q):2');
      engine.allocator.deactivateAgent(0);
      engine.framework('f', 'q');
      engine.agent('x', 'cpus:4;mem:512');
      expect(engine.take()).toEqual([reservationsAreUse ? 'f/q@x mem:512' : 'f/q@x cpus:2;mem:512']);
    }
  });

  it('what is held back is held back per resource', () => {
    for (const offersRemainders of [true, false]) {
      const engine = new Engine({}, { offersRemainders });
      engine.quota('absent', 'cpus:4', '');
      engine.framework('f', 'r');
      engine.agent('x', 'cpus:4;mem:512');
      expect(engine.take()).toEqual(offersRemainders ? ['f/r@x mem:512'] : []);
    }
  });

  it('guarantees are given although others can then no longer be met', () => {
    for (const guaranteesFirst of [true, false]) {
      const engine = new Engine({}, { guaranteesFirst });
      engine.quota('p', 'cpus:4', '');
      engine.quota('q', 'cpus:4', '');
      engine.framework('f', 'p');
      engine.agent('x', 'cpus:4;mem:512');
      // 4 CPUs for guarantees of 8: with the quirk the first role in order takes all, without it none may.
      expect(engine.take()).toEqual(guaranteesFirst ? ['f/p@x cpus:4;mem:512'] : ['f/p@x mem:512']);
    }
  });

  it('REVIVE wakes the role of a deactivated framework', () => {
    for (const reviveActivates of [true, false]) {
      const engine = new Engine({}, { reviveActivates });
      engine.framework('f', 'r');
      engine.allocator.deactivateFramework(0);
      engine.agent('x', 'cpus:1');
      engine.apply((allocator) => allocator.revive(0));
      expect(engine.take()).toEqual(reviveActivates ? ['f/r@x cpus:1'] : []);
    }
  });
});
