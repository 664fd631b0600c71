import { describe, expect, it } from 'vitest';
import { Budgets } from '../../../src/allocators/market/budgets.js';
import { weightAt } from '../../../src/allocators/market/reserve.js';
import type { BidderSettings } from '../../../src/model/allocator.js';
import { fc } from '../../support/properties.js';

const S = 1e6;
const base: BidderSettings = { bidder: '', endowment: 100, incomePerS: 1, cap: 150 };

interface BudgetEvent {
  readonly atS: number;
  readonly kind: string;
  readonly price: number;
  readonly id: number;
}

/** Balance after 250 s of tasks that begin and end; a curious reader asks for the balance in between. */
function playBudget(events: readonly BudgetEvent[], settings: BidderSettings, isCurious: boolean): number {
  const budgets = new Budgets(() => settings);
  const running: number[] = [];
  for (const { atS, kind, price, id } of events) {
    if (kind === 'ask' && isCurious) budgets.balance(0, atS * S);
    if (kind === 'begin') budgets.begin(0, running[running.push(id) - 1] as number, price, price, atS * S);
    if (kind === 'end') budgets.end(0, running.shift() ?? -1, atS * S);
  }
  return budgets.balance(0, 250 * S);
}

describe('budgets', () => {
  it('move by income and by the price of running tasks, up to the cap', () => {
    // 100 + 1 per second; a task at 3 per second from 10 s (110) to 20 s (90); 60 s later the cap of 150 cuts the income off.
    const budgets = new Budgets(() => base);
    budgets.begin(0, 7, 3, 5, 10 * S);
    budgets.end(0, 7, 20 * S);
    expect(budgets.balance(0, 20 * S)).toBeCloseTo(90, 9);
    expect(budgets.balance(0, 90 * S)).toBe(150);
    // Spent 30, worth 50; income is what arrived: 150 − 100 + 30.
    const flows = budgets.takeFlows(0, 90 * S);
    expect([flows.spent, flows.value, flows.income]).toEqual([30, 50, 80]);
  });

  it('tax what is left at the end of every period, then refill', () => {
    // Periods of 10 s: 100 + 10 = 110, less a tenth 99, plus 20 = 119; then 129 · 0.9 + 20 = 136.1.
    const budgets = new Budgets(() => ({ ...base, taxRate: 0.1, refill: 20, periodUs: 10 * S }));
    expect(budgets.balance(0, 10 * S)).toBeCloseTo(119, 9);
    expect(budgets.balance(0, 20 * S)).toBeCloseTo(136.1, 9);
  });

  it('come out the same however often they are asked', () => {
    const event = fc.record({
      atS: fc.integer({ min: 0, max: 200 }),
      kind: fc.constantFrom('ask', 'ask', 'begin', 'end'),
      price: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const settings = { ...base, taxRate: 0.25, refill: 7, periodUs: 30 * S };
        const sorted = events.map((entry, id) => ({ ...entry, id })).sort((a, b) => a.atS - b.atS || a.id - b.id);
        const play = (isCurious: boolean): number => playBudget(sorted, settings, isCurious);
        expect(play(true)).toBeCloseTo(play(false), 6);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it('name the newest tasks to end, each once, until income carries the rest', () => {
    // Three tasks at 1 per second and an income of 1: empty after 100 / 2 = 50 s; two of the three must go.
    const budgets = new Budgets(() => base);
    for (const task of [1, 2, 3]) budgets.begin(0, task, 1, 1, 0);
    expect(budgets.exhaustedUs(0, 0)).toBe(50 * S);
    expect(budgets.beyondMeans(0, 40 * S)).toEqual([]);
    expect(budgets.beyondMeans(0, 50 * S)).toEqual([3, 2]);
    expect(budgets.beyondMeans(0, 51 * S)).toEqual([]);
    expect(budgets.exhaustedUs(0, 51 * S)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('reserve curves', () => {
  it('weigh an unused resource 1 and a full one by the steepness', () => {
    for (const curve of ['linear', 'exponential', 'hyperbolic']) {
      const rule = { reserve: 1, curve, steepness: 16 };
      expect(weightAt(0, rule), curve).toBeCloseTo(1, 9);
      expect(weightAt(1, rule), curve).toBeCloseTo(16, 9);
    }
  });

  it('rise in between as they say: half used 8.5, 4 and 32/17 at steepness 16', () => {
    // 1 + 15/2; √16; 1 / (1 − 15/32).
    const at = (curve: string): number => weightAt(0.5, { reserve: 1, curve, steepness: 16 });
    expect([at('linear'), at('exponential'), at('flat')]).toEqual([8.5, 4, 1]);
    expect(at('hyperbolic')).toBeCloseTo(32 / 17, 12);
  });
});
