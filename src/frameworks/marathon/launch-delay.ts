import type { AppDefinition } from './app-definition.js';

const SWEEP_US = 10e6;

/**
 * Back-off of launches of one app version (core/launchqueue/impl/RateLimiter.scala): the first failure sets the delay, each further
 * one multiplies it up to the maximum. A launch may go at reference time + delay. A delay that nobody has asked about for longer
 * than the maximum is forgotten.
 */
export class LaunchDelay {
  private delayUs = 0;
  private referenceUs = 0;

  constructor(private readonly limits: Pick<AppDefinition, 'backoffUs' | 'backoffFactor' | 'maxDelayUs'>) {}

  /** When the next launch may go; at most now when there is no delay. */
  nextUs(nowUs: number): number {
    return this.isForgotten(nowUs) ? nowUs : this.referenceUs + this.delayUs;
  }

  /** A task failed, was gone, or finished. */
  failed(nowUs: number): void {
    const { backoffUs, backoffFactor, maxDelayUs } = this.limits;
    const grownUs = this.isForgotten(nowUs) ? backoffUs : this.delayUs * backoffFactor;
    this.delayUs = Math.min(Math.round(grownUs), maxDelayUs);
    this.referenceUs = nowUs;
  }

  /** A launch moves the reference: siblings are held back by the delay that is there (a quirk). */
  launched(nowUs: number): void {
    if (!this.isForgotten(nowUs)) this.referenceUs = nowUs;
  }

  /** Swept every ten seconds (RateLimiterActor): until the next sweep an old delay is still there. */
  private isForgotten(nowUs: number): boolean {
    const sweptUs = Math.floor(nowUs / SWEEP_US) * SWEEP_US;
    return this.delayUs === 0 || sweptUs > this.referenceUs + this.limits.maxDelayUs;
  }

  reset(): void {
    this.delayUs = 0;
  }
}

/** Launch tokens (core/flow/impl/OfferMatcherLaunchTokensActor.scala): set to a number now and then, one taken per launch, one back per start. */
export class LaunchTokens {
  private left: number;
  private period = 0;

  constructor(
    private readonly tokenCount: number,
    private readonly refillUs: number,
  ) {
    this.left = tokenCount;
  }

  available(nowUs: number): number {
    const period = Math.floor(nowUs / this.refillUs);
    if (period > this.period) {
      this.period = period;
      this.left = this.tokenCount;
    }
    return this.left;
  }

  take(): void {
    this.left--;
  }

  giveBack(): void {
    this.left++;
  }

  reset(): void {
    this.left = this.tokenCount;
  }
}
