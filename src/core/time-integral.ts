const LIMB = 2 ** 26;

/**
 * Exact ∫ amount dt of a vector of whole amounts over whole microseconds. The sums pass 2^53 within seconds, so each is kept in
 * three limbs of 26, 26 and the remaining bits.
 */
export class TimeIntegral {
  /** Current amounts; change them only after `advance`. */
  readonly amounts: Float64Array;
  private readonly low: Float64Array;
  private readonly middle: Float64Array;
  private readonly high: Float64Array;
  private sinceUs = 0;

  constructor(readonly width: number) {
    this.amounts = new Float64Array(width);
    this.low = new Float64Array(width);
    this.middle = new Float64Array(width);
    this.high = new Float64Array(width);
  }

  /** Brings the integral up to now. */
  advance(nowUs: number): void {
    const spanUs = nowUs - this.sinceUs;
    if (spanUs === 0) return;
    this.sinceUs = nowUs;
    const spanHigh = Math.floor(spanUs / LIMB);
    const spanLow = spanUs - spanHigh * LIMB;
    for (let index = 0; index < this.width; index++) {
      const amount = this.amounts[index] as number;
      if (amount === 0) continue;
      const amountHigh = Math.floor(amount / LIMB);
      const amountLow = amount - amountHigh * LIMB;
      const low = (this.low[index] as number) + amountLow * spanLow;
      const carry = Math.floor(low / LIMB);
      this.low[index] = low - carry * LIMB;
      const middle = (this.middle[index] as number) + carry + amountLow * spanHigh + amountHigh * spanLow;
      const carryHigh = Math.floor(middle / LIMB);
      this.middle[index] = middle - carryHigh * LIMB;
      this.high[index] = (this.high[index] as number) + carryHigh + amountHigh * spanHigh;
    }
  }

  add(nowUs: number, amounts: Float64Array, offset: number, times: number): void {
    this.advance(nowUs);
    for (let index = 0; index < this.width; index++) {
      this.amounts[index] = (this.amounts[index] as number) + (amounts[offset + index] as number) * times;
    }
  }

  /** ∫ amount dt in amount-seconds, rounded once. */
  seconds(index: number): number {
    const units =
      (this.high[index] as number) * LIMB * LIMB + (this.middle[index] as number) * LIMB + (this.low[index] as number);
    return units / 1e6;
  }
}
