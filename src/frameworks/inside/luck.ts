import { randomGamma, randomLogNormal } from 'd3-random';
import type { SchedulerDriver } from '../../model/framework.js';
import type { OptionValues } from '../../model/options.js';

/** What makes attempts of equal tasks differ; options of every framework that times its own tasks. */
export const luckOptions = {
  variation: {
    type: 'number',
    default: 0,
    range: [0, 100],
    help: 'coefficient of variation of run times around that of the workload',
  },
  variationLaw: {
    type: 'choice',
    default: 'lognormal',
    choices: ['lognormal', 'gamma'],
    help: 'its distribution; gamma with variation 1 is exponential: which task ends next does not depend on when it began',
  },
  stragglerRate: { type: 'number', default: 0, range: [0, 1], help: 'share of attempts that are slow' },
  stragglerFactor: { type: 'number', default: 5, range: [0, 1e6], help: 'run time of those' },
  failureRate: { type: 'number', default: 0, range: [0, 1], help: 'share of attempts that fail, half way' },
} as const;

/** Slow agents, slow and failing attempts, by a stream of the framework's own. An option at its default draws nothing. */
export class Luck {
  private readonly draw: () => number;
  private readonly vary: (() => number) | undefined;

  constructor(
    private readonly options: OptionValues<typeof luckOptions>,
    private readonly driver: SchedulerDriver,
  ) {
    this.draw = driver.random('attempts');
    const { variation, variationLaw } = options;
    if (variation > 0)
      this.vary = variationLaw === 'gamma' ? gamma(variation, this.draw) : lognormal(variation, this.draw);
  }

  /** Run time on the agent, by that on one whose attribute `speed` is 1. */
  factorOn(agent: number): number {
    const { stragglerRate, stragglerFactor } = this.options;
    const speed = Number(this.driver.attributes(agent)['speed'] ?? 1);
    const isSlow = stragglerRate > 0 && this.draw() < stragglerRate;
    return ((isSlow ? stragglerFactor : 1) * (this.vary?.() ?? 1)) / (speed > 0 ? speed : 1);
  }

  fails(): boolean {
    const { failureRate } = this.options;
    return failureRate > 0 && this.draw() < failureRate;
  }
}

/** With mean 1: σ² = ln(1 + cv²), μ = −σ²/2. */
function lognormal(variation: number, draw: () => number): () => number {
  const variance = Math.log(1 + variation ** 2);
  return randomLogNormal.source(draw)(-variance / 2, Math.sqrt(variance));
}

/** With mean 1: shape 1/cv², scale cv². */
function gamma(variation: number, draw: () => number): () => number {
  return randomGamma.source(draw)(1 / variation ** 2, variation ** 2);
}
