import { Registry } from '../../model/plugin.js';
import type { DividePolicy } from './outcome.js';
import { kelly, marketProportional, tycoon } from './policies-bids.js';
import { ceei, fisher, marketFisher } from './policies-fisher.js';
import { baseRule, marketFirstPrice, marketVcg } from './policies-market.js';
import { assetFair, drf, maxMin } from './policies-shares.js';
import { marketUniform } from './policy-uniform.js';

/** Every policy of `mesosim divide`. */
export const DIVIDE_POLICIES = new Registry<DividePolicy>('divide policy', [
  drf,
  assetFair,
  maxMin,
  ceei,
  fisher,
  marketFisher,
  baseRule,
  marketFirstPrice,
  marketUniform,
  marketVcg,
  marketProportional,
  kelly,
  tycoon,
]);
