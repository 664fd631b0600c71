import { InputError } from '../../core/errors.js';
import type { DemandEntry } from '../../model/allocator.js';
import { type OptionSpecs, type OptionValues, resolveOptions } from '../../model/options.js';
import { type PluginDefinition, parsePolicy, Registry } from '../../model/plugin.js';

/** What a bidder may go by. */
export interface BidContext {
  readonly nowUs: number;
  readonly balance: number;
  readonly endowment: number;
  readonly incomePerS: number;
}

/** Multiple of the base price that the client bids for a task of the entry. */
export type Bidder = (entry: DemandEntry, context: BidContext) => number;

interface BidderDefinition extends PluginDefinition {
  create(options: OptionValues<OptionSpecs>): Bidder;
}

const HOUR_S = 3600;

const fixed: BidderDefinition = {
  name: 'fixed',
  summary: 'always the same multiple of the base price',
  source: 'posted bids: Buyya et al., CCPE 14, 2002',
  options: {
    price: { type: 'number', default: 1, range: [0, 1e9], unit: 'base prices', help: 'multiple of the base price' },
  },
  create: (options) => () => Number(options['price']),
};

const valueDensity: BidderDefinition = {
  name: 'value-density',
  summary: 'one base price per priority level, plus one',
  source: 'value per unit of resource: Lehmann, O’Callaghan, Shoham, JACM 49(5), 2002',
  options: {
    base: { type: 'number', default: 1, range: [0, 1e9], unit: 'base prices', help: 'bid of priority 0' },
    perPriority: {
      type: 'number',
      default: 1,
      range: [0, 1e9],
      unit: 'base prices',
      help: 'added per level of priority',
    },
  },
  create: (options) => (entry) =>
    Number(options['base']) + Number(options['perPriority']) * Math.max(0, entry.priority),
};

const deadlineUrgency: BidderDefinition = {
  name: 'deadline-urgency',
  summary: 'bids more as the slack before the deadline runs out',
  source: 'Nimrod-G deadline and budget constraints: Buyya et al., CCPE 14, 2002',
  options: {
    base: { type: 'number', default: 1, range: [0, 1e9], unit: 'base prices', help: 'bid with ample slack' },
    most: {
      type: 'number',
      default: 10,
      range: [0, 1e9],
      unit: 'base prices',
      help: 'bid when the deadline is reached',
    },
  },
  create: (options) => (entry, context) => {
    const base = Number(options['base']);
    if (entry.deadlineUs < 0) return base;
    const spanUs = Math.max(1, entry.deadlineUs - entry.submitUs);
    const spent = Math.min(1, Math.max(0, (context.nowUs - entry.submitUs) / spanUs));
    return base + (Number(options['most']) - base) * spent;
  },
};

const budgetPaced: BidderDefinition = {
  name: 'budget-paced',
  summary: 'scales its value down as the balance falls below a target of hours of income',
  source: 'budget pacing: Balseiro and Gur, Management Science 65(9), 2019',
  options: {
    base: { type: 'number', default: 2, range: [0, 1e9], unit: 'base prices', help: 'bid with a full balance' },
    hours: {
      type: 'number',
      default: 1,
      range: [0.001, 1e6],
      unit: 'hours',
      help: 'balance that counts as full, in hours of income',
    },
  },
  create: (options) => (_entry, context) => {
    const full =
      Math.min(context.endowment, context.incomePerS * HOUR_S * Number(options['hours'])) || context.endowment;
    const level = Number.isFinite(full) && full > 0 ? Math.min(1, Math.max(0, context.balance / full)) : 1;
    return Number(options['base']) * level;
  },
};

export const bidders = new Registry<BidderDefinition & { readonly options: OptionSpecs }>('bidder', [
  valueDensity,
  fixed,
  deadlineUrgency,
  budgetPaced,
]);

/** The bidder spelled `name[option=value,…]`; empty = value-density. */
export function bidderFrom(text: string): Bidder {
  if (text === '') return valueDensity.create(resolveOptions('bidder value-density', valueDensity.options, {}));
  const { definition, options } = bidders.resolve(text);
  if (parsePolicy(text).name !== definition.name) throw new InputError('E_BIDDER', `unknown bidder "${text}"`);
  return definition.create(options);
}
