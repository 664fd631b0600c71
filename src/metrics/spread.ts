import { QuantileSketch } from '../core/quantile-sketch.js';

/** Mean and quantiles of times in microseconds, told in seconds. */
export class Spread {
  count = 0;
  private sumUs = 0;
  private maxUs = 0;
  private readonly sketch = new QuantileSketch();

  add(valueUs: number): void {
    this.count++;
    this.sumUs += valueUs;
    if (valueUs > this.maxUs) this.maxUs = valueUs;
    this.sketch.add(valueUs);
  }

  /** NaN when nothing was added. */
  meanS(): number {
    return this.sumUs / this.count / 1e6;
  }

  /** Mean when `extraCount` more values with the sum `extraUs` are counted in. */
  meanWithS(extraCount: number, extraUs: number): number {
    return (this.sumUs + extraUs) / (this.count + extraCount) / 1e6;
  }

  quantileS(probability: number): number {
    return this.sketch.quantile(probability) / 1e6;
  }

  maxS(): number {
    return this.count === 0 ? Number.NaN : this.maxUs / 1e6;
  }
}
