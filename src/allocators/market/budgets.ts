import type { BidderSettings } from '../../model/allocator.js';

/** Rates of one running task, currency per second. */
interface TaskRates {
  readonly client: number;
  readonly price: number;
  readonly value: number;
}

/** Money of one client. */
interface Account {
  balance: number;
  settledUs: number;
  /** Currency per second that running tasks cost and are worth to the client. */
  priceRate: number;
  valueRate: number;
  /** Since the flows were taken last. */
  spent: number;
  income: number;
  value: number;
}

/** What moved since it was asked last. */
export interface Flows {
  readonly spent: number;
  readonly income: number;
  readonly value: number;
}

/**
 * Balances of the clients: endowment, income, refills in; the price of running tasks and the savings tax out. Settled lazily, but as if
 * it were settled all the time: between two changes of rates a balance moves along a line that the cap cuts off, and the ends of tax
 * periods are instants of their own. The tax and the refill together are the profit sharing of Mirage (Chun et al., EmNetS 2005).
 */
export class Budgets {
  private readonly accounts: Account[] = [];
  private readonly taskRates = new Map<number, TaskRates>();
  /** Tasks that are being ended for lack of money. */
  private readonly ending = new Set<number>();

  constructor(private readonly settingsOf: (client: number) => BidderSettings) {}

  /** What the client could spend now; below zero when running tasks have overdrawn it. */
  balance(client: number, nowUs: number): number {
    return this.settle(client, nowUs).balance;
  }

  takeFlows(client: number, nowUs: number): Flows {
    const account = this.settle(client, nowUs);
    const { spent, income, value } = account;
    account.spent = 0;
    account.income = 0;
    account.value = 0;
    return { spent, income, value };
  }

  /** A task has been launched at a price and with a worth per second. */
  begin(client: number, task: number, price: number, value: number, nowUs: number): void {
    const account = this.settle(client, nowUs);
    account.priceRate += price;
    account.valueRate += value;
    this.taskRates.set(task, { client, price, value });
  }

  end(client: number, task: number, nowUs: number): void {
    const rates = this.taskRates.get(task);
    if (rates === undefined) return;
    this.taskRates.delete(task);
    this.ending.delete(task);
    const account = this.settle(client, nowUs);
    account.priceRate -= rates.price;
    account.valueRate -= rates.value;
  }

  /** Tasks of an overdrawn client to end, launched last first, until its income carries the rest. Each is named once. */
  beyondMeans(client: number, nowUs: number): number[] {
    if (this.settle(client, nowUs).balance > 0) return [];
    const income = this.settingsOf(client).incomePerS * (1 + 1e-9);
    const chosen: number[] = [];
    for (const [task, rates] of [...this.taskRates].reverse()) {
      if (this.lastingRate(client) <= income) break;
      if (rates.client !== client || rates.price === 0 || this.ending.has(task)) continue;
      this.ending.add(task);
      chosen.push(task);
    }
    return chosen;
  }

  /** When running tasks will have used up the client's balance; Infinity when they will not. */
  exhaustedUs(client: number, nowUs: number): number {
    const { balance } = this.settle(client, nowUs);
    const { incomePerS } = this.settingsOf(client);
    const rate = this.lastingRate(client);
    if (rate <= incomePerS * (1 + 1e-9)) return Number.POSITIVE_INFINITY;
    return balance <= 0 ? nowUs : nowUs + Math.ceil((balance / (rate - incomePerS)) * 1e6);
  }

  /** What the client's tasks cost per second, without those that are being ended. */
  private lastingRate(client: number): number {
    let rate = 0;
    for (const [task, { client: owner, price }] of this.taskRates) {
      if (owner === client && !this.ending.has(task)) rate += price;
    }
    return rate;
  }

  private settle(client: number, nowUs: number): Account {
    const settings = this.settingsOf(client);
    const account = this.accountOf(client, settings);
    const periodUs = settings.periodUs ?? 0;
    if (periodUs > 0) {
      let endUs = (Math.floor(account.settledUs / periodUs) + 1) * periodUs;
      for (; endUs <= nowUs; endUs += periodUs) {
        advance(account, settings, endUs);
        closePeriod(account, settings);
      }
    }
    advance(account, settings, nowUs);
    return account;
  }

  private accountOf(client: number, settings: BidderSettings): Account {
    let account = this.accounts[client];
    if (account === undefined) {
      const balance = Math.min(settings.endowment, settings.cap);
      account = { balance, settledUs: 0, priceRate: 0, valueRate: 0, spent: 0, income: 0, value: 0 };
      this.accounts[client] = account;
    }
    return account;
  }
}

/** Moves an account to a time along constant rates; what income the cap cuts off is not income. */
function advance(account: Account, { incomePerS, cap }: BidderSettings, nowUs: number): void {
  const seconds = (nowUs - account.settledUs) / 1e6;
  if (seconds === 0) return;
  account.settledUs = nowUs;
  const spent = account.priceRate * seconds;
  const next = Math.min(cap, account.balance + incomePerS * seconds - spent);
  account.spent += spent;
  account.value += account.valueRate * seconds;
  account.income += Number.isFinite(next) ? next - account.balance + spent : incomePerS * seconds;
  account.balance = next;
}

/** End of a tax period: tax on savings first, then the refill. */
function closePeriod(account: Account, { refill = 0, taxRate = 0, cap }: BidderSettings): void {
  if (account.balance === Number.POSITIVE_INFINITY) return;
  const taxed = account.balance > 0 ? account.balance * (1 - taxRate) : account.balance;
  const next = Math.min(cap, taxed + refill);
  account.income += next - account.balance;
  account.balance = next;
}
