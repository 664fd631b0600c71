import { TimeIntegral } from '../core/time-integral.js';
import type { LedgerView } from '../model/observer.js';

/** Sums over all agents and their exact integrals: what is there, held, offered and really used. */
export class Ledger implements LedgerView {
  private readonly totals: TimeIntegral;
  private readonly allocations: TimeIntegral;
  private readonly offers: TimeIntegral;
  private readonly uses: TimeIntegral;
  private readonly frameworks: TimeIntegral[] = [];
  private readonly pending: Float64Array[] = [];

  constructor(
    private readonly width: number,
    private readonly clock: { readonly nowUs: number },
  ) {
    this.totals = new TimeIntegral(width);
    this.allocations = new TimeIntegral(width);
    this.offers = new TimeIntegral(width);
    this.uses = new TimeIntegral(width);
  }

  get total(): Float64Array {
    return this.totals.amounts;
  }
  get allocated(): Float64Array {
    return this.allocations.amounts;
  }
  get offered(): Float64Array {
    return this.offers.amounts;
  }
  get used(): Float64Array {
    return this.uses.amounts;
  }

  addFramework(): void {
    this.frameworks.push(new TimeIntegral(this.width));
    this.pending.push(new Float64Array(this.width));
  }

  addTotal(amounts: Float64Array, times: number): void {
    this.totals.add(this.clock.nowUs, amounts, 0, times);
  }

  addOffered(amounts: Float64Array, offset: number, times: number): void {
    this.offers.add(this.clock.nowUs, amounts, offset, times);
  }

  addAllocated(framework: number, amounts: Float64Array, times: number): void {
    this.allocations.add(this.clock.nowUs, amounts, 0, times);
    (this.frameworks[framework] as TimeIntegral).add(this.clock.nowUs, amounts, 0, times);
  }

  addUsed(amounts: Float64Array, times: number): void {
    this.uses.add(this.clock.nowUs, amounts, 0, times);
  }

  addPending(framework: number, amounts: Float64Array, times: number): void {
    const pending = this.pending[framework] as Float64Array;
    for (let index = 0; index < this.width; index++) {
      pending[index] = (pending[index] as number) + (amounts[index] as number) * times;
    }
  }

  integral(what: 'total' | 'allocated' | 'offered' | 'used', resource: number): number {
    const chosen = { total: this.totals, allocated: this.allocations, offered: this.offers, used: this.uses }[what];
    chosen.advance(this.clock.nowUs);
    return chosen.seconds(resource);
  }

  frameworkIntegral(framework: number, resource: number): number {
    const integral = this.frameworks[framework] as TimeIntegral;
    integral.advance(this.clock.nowUs);
    return integral.seconds(resource);
  }

  allocatedTo(framework: number, resource: number): number {
    return (this.frameworks[framework] as TimeIntegral).amounts[resource] as number;
  }

  demandOf(framework: number, resource: number): number {
    return this.allocatedTo(framework, resource) + ((this.pending[framework] as Float64Array)[resource] as number);
  }
}
