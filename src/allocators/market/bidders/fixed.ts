import { defineBidder } from './bidder.js';
import { PRICE_OPTION, pricesOf } from './valuation.js';

export const fixed = defineBidder({
  name: 'fixed',
  summary: 'always the same multiple of the base price; worth as much',
  source: 'posted bids: Buyya et al., CCPE 14:1507–1542, 2002',
  options: {
    price: { type: 'number', default: 1, range: [0, 1e9], unit: 'base prices', help: 'multiple of the base price' },
    ...PRICE_OPTION,
  },
  create: ({ price, prices }) => {
    const named = pricesOf(prices);
    return { ...(named === undefined ? {} : { prices: named }), value: () => price, bid: () => price };
  },
});
