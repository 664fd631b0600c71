import type { InputPosition } from '../../../core/errors.js';
import { resolveOptions } from '../../../model/options.js';
import { Registry } from '../../../model/plugin.js';
import { bestResponse } from './best-response.js';
import type { Bidder, BidderDefinition } from './bidder.js';
import { budgetPaced } from './budget-paced.js';
import { deadlineUrgency } from './deadline-urgency.js';
import { fixed } from './fixed.js';
import { iterative } from './iterative.js';
import { rollingWindow } from './rolling-window.js';
import { sandwich } from './sandwich.js';
import { shading } from './shading.js';
import { valueDensity } from './value-density.js';

/** How frameworks bid in a market: `frameworks: [{ bidder: "shading[factor=0.5]" }]`. */
export const bidders = new Registry<BidderDefinition>('bidder', [
  valueDensity,
  fixed,
  deadlineUrgency,
  budgetPaced,
  bestResponse,
  shading,
  iterative,
  rollingWindow,
  sandwich,
]);

/** The bidder spelled `name[option=value,…]`; empty = value-density. */
export function bidderFrom(text: string, position: InputPosition = {}): Bidder {
  if (text === '') return valueDensity.create(resolveOptions('bidder value-density', valueDensity.options, {}));
  const { definition, options } = bidders.resolve(text, position);
  return definition.create(options);
}
