import { InputError } from '../../../core/errors.js';
import type { DemandEntry } from '../../../model/allocator.js';

/** What every bidder that does not bid its worth says of it. */
export const VALUE_OPTIONS = {
  value: {
    type: 'number',
    default: 4,
    range: [0, 1e9],
    unit: 'base prices',
    help: 'what a task of priority 0 is worth to the framework',
  },
  perPriority: {
    type: 'number',
    default: 0,
    range: [0, 1e9],
    unit: 'base prices',
    help: 'added per level of priority',
  },
} as const;

/** Prices that replace the market's base prices. */
export const PRICE_OPTION = {
  prices: {
    type: 'text',
    default: '',
    help: 'price per unit and second of each resource instead of base prices, as cpus:2;mem:0.001',
  },
} as const;

/** Worth by priority. */
export function valuation(options: {
  readonly value: number;
  readonly perPriority: number;
}): (entry: DemandEntry) => number {
  return (entry) => options.value + options.perPriority * Math.max(0, entry.priority);
}

/** `cpus:2;mem:0.001` → prices by resource; undefined for an empty text. */
export function pricesOf(text: string): Readonly<Record<string, number>> | undefined {
  if (text.trim() === '') return undefined;
  const prices: Record<string, number> = {};
  for (const part of text.split(';')) {
    const [name, value] = part.split(':').map((piece) => piece.trim());
    const price = value === undefined || value === '' ? Number.NaN : Number(value);
    if (name === undefined || name === '' || !Number.isFinite(price) || price < 0) {
      throw new InputError('E_BIDDER', `prices must be written resource:price;…, got "${text}"`);
    }
    prices[name] = price;
  }
  return prices;
}
