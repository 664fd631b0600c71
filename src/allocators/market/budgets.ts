import type { BidderSettings } from '../../model/allocator.js';

/** Balances of the clients: endowment and income in, the price of running tasks out. Settled lazily. */
export class Budgets {
  private readonly balances: number[] = [];
  private readonly rates: number[] = [];
  private readonly settledUs: number[] = [];
  private readonly spentSums: number[] = [];
  private readonly earnedSums: number[] = [];
  private readonly taskRates = new Map<number, number>();

  constructor(private readonly settingsOf: (client: number) => BidderSettings) {}

  /** What the client could spend now; below zero when running tasks have overdrawn it. */
  balance(client: number, nowUs: number): number {
    this.settle(client, nowUs);
    return this.balances[client] as number;
  }

  /** Spent and earned since this was asked last. */
  takeFlows(client: number, nowUs: number): { spent: number; income: number } {
    this.settle(client, nowUs);
    const flows = { spent: this.spentSums[client] as number, income: this.earnedSums[client] as number };
    this.spentSums[client] = 0;
    this.earnedSums[client] = 0;
    return flows;
  }

  /** A task has been launched at a price per second. */
  begin(client: number, task: number, pricePerS: number, nowUs: number): void {
    this.settle(client, nowUs);
    this.rates[client] = (this.rates[client] as number) + pricePerS;
    this.taskRates.set(task, pricePerS);
  }

  end(client: number, task: number, nowUs: number): void {
    const pricePerS = this.taskRates.get(task);
    if (pricePerS === undefined) return;
    this.taskRates.delete(task);
    this.settle(client, nowUs);
    this.rates[client] = (this.rates[client] as number) - pricePerS;
  }

  private settle(client: number, nowUs: number): void {
    const settings = this.settingsOf(client);
    if (this.balances[client] === undefined) {
      this.balances[client] = settings.endowment;
      this.rates[client] = 0;
      this.settledUs[client] = 0;
      this.spentSums[client] = 0;
      this.earnedSums[client] = 0;
    }
    const seconds = (nowUs - (this.settledUs[client] as number)) / 1e6;
    if (seconds === 0) return;
    this.settledUs[client] = nowUs;
    const spent = (this.rates[client] as number) * seconds;
    const earned = settings.incomePerS * seconds;
    this.spentSums[client] = (this.spentSums[client] as number) + spent;
    this.earnedSums[client] = (this.earnedSums[client] as number) + earned;
    this.balances[client] = Math.min(settings.cap, (this.balances[client] as number) + earned - spent);
  }
}
