import { expect, it } from 'vitest';
import { Piece } from '../../../src/scenario/piece.js';

const S = 1e6;

it('pieces grow to ten minutes of simulated time where little happens', () => {
  const piece = new Piece();
  const lengths = Array.from({ length: 12 }, () => piece.nextUs({ eventCount: 0, runCount: 0 }, 100));
  expect(lengths.slice(0, 4)).toEqual([2 * S, 4 * S, 8 * S, 16 * S]);
  expect(lengths.at(-1)).toBe(600 * S);
});

it('a piece with ten times the events is followed by one of a tenth of its length, at least a second', () => {
  const piece = new Piece();
  for (let count = 0; count < 12; count++) piece.nextUs({ eventCount: 0, runCount: 0 }, 100);
  expect(piece.nextUs({ eventCount: 400_000, runCount: 0 }, 100)).toBe(60 * S);
  expect(piece.nextUs({ eventCount: 400_000_000, runCount: 0 }, 100)).toBe(S);
});

it('allocation runs count by the agents that they look at', () => {
  const [few, many] = [new Piece(), new Piece()];
  for (const piece of [few, many])
    for (let count = 0; count < 12; count++) piece.nextUs({ eventCount: 0, runCount: 0 }, 50);
  // 600 runs over 50 agents are the work of 1,200 events; over 50,000 agents that of 600,600.
  expect(few.nextUs({ eventCount: 0, runCount: 600 }, 50)).toBe(600 * S);
  expect(many.nextUs({ eventCount: 0, runCount: 600 }, 50_000)).toBe(Math.floor((600 * S * 40_000) / 600_600));
});

it('pieces of the naive twin stay short', () => {
  const piece = new Piece(true);
  for (let count = 0; count < 12; count++) piece.nextUs({ eventCount: 0, runCount: 0 }, 100);
  expect(piece.nextUs({ eventCount: 0, runCount: 0 }, 100)).toBe(16 * S);
});
