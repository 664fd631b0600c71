import { bidderFrom } from '../allocators/market/bidders/index.js';
import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import type { BidderSettings } from '../model/allocator.js';
import type { ResourceSpace } from '../model/resources.js';
import { parseDurationUs } from '../model/units.js';
import type { PlannedFramework } from './routing.js';

/** Bidders and budgets of the frameworks as the scenario states them, read once and checked before the run. */
export class Bidding {
  private readonly settings: BidderSettings[];

  constructor(frameworks: readonly PlannedFramework[], resources: ResourceSpace, file: string) {
    this.settings = frameworks.map(({ name, document: { bidder, budget } }) => {
      if (bidder !== undefined) checkBidder(name, bidder, resources, file);
      return {
        bidder: bidder ?? '',
        endowment: budget?.endowment ?? Number.POSITIVE_INFINITY,
        incomePerS: budget?.income ?? 0,
        cap: budget?.cap ?? Number.POSITIVE_INFINITY,
        refill: budget?.refill ?? 0,
        taxRate: budget?.tax ?? 0,
        periodUs: budget === undefined ? 0 : parseDurationUs(String(budget.period ?? '1 h'), 'budget.period'),
      };
    });
  }

  of(framework: number): BidderSettings {
    return this.settings[framework] as BidderSettings;
  }
}

/** A market makes its bidders when they first bid; what is wrong with one shows before the run. */
function checkBidder(framework: string, text: string, resources: ResourceSpace, file: string): void {
  const { prices } = bidderFrom(text, { file });
  for (const resource of Object.keys(prices ?? {})) {
    if (resources.indexOf(resource) >= 0) continue;
    const rule = `the bidder of framework "${framework}" has a price of "${resource}", which is no resource`;
    throw new InputError('E_BIDDER', rule, { file }, nameHint(resource, resources.names));
  }
}
