import { InputError } from '../../core/errors.js';
import { parseDurationUs } from '../../model/units.js';
import { fewestServers } from './staffing.js';

/** What an autoscaler is told at every evaluation: means since the last one. */
export interface LoadSample {
  readonly nowUs: number;
  /** Instances that are wanted now. */
  readonly instances: number;
  /** Busy share of the servers of the instances that serve. */
  readonly utilization: number;
  /** Mean busy servers that the arrivals ask for: rate × mean service time × branches. */
  readonly offeredLoad: number;
}

export interface AutoscalerSettings {
  readonly rule: 'off' | 'utilization' | 'step' | 'schedule' | 'wait-probability';
  readonly target: number;
  readonly tolerance: number;
  readonly high: number;
  readonly low: number;
  readonly step: number;
  readonly schedule: string;
  readonly schedulePeriodUs: number;
  readonly waitProbability: number;
  readonly serversPerInstance: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly cooldownUpUs: number;
  readonly cooldownDownUs: number;
}

interface Wish {
  readonly atUs: number;
  readonly instances: number;
}

/**
 * How many instances there should be. It grows at once (but for its cooldown), and shrinks to the largest wish of the last
 * `cooldownDown`: in any time T the count turns round at most 2·(1 + T / cooldownDown) times, whatever the load does.
 */
export class Autoscaler {
  private readonly wishes: Wish[] = [];
  private readonly times: readonly Wish[];
  private hasBegun = false;
  private grownUs = Number.NEGATIVE_INFINITY;

  constructor(private readonly settings: AutoscalerSettings) {
    this.times = settings.rule === 'schedule' ? scheduleOf(settings.schedule) : [];
  }

  /** The number of instances from now on. */
  decide(sample: LoadSample): number {
    const { minInstances, maxInstances, cooldownUpUs, cooldownDownUs } = this.settings;
    const { nowUs, instances } = sample;
    const wish = Math.min(maxInstances, Math.max(minInstances, this.wishOf(sample)));
    // What there was at the start counts as a wish of then.
    if (!this.hasBegun) this.wishes.push({ atUs: nowUs, instances });
    this.hasBegun = true;
    while (this.wishes.length > 0 && (this.wishes[0] as Wish).atUs <= nowUs - cooldownDownUs) this.wishes.shift();
    this.wishes.push({ atUs: nowUs, instances: wish });
    if (wish > instances) {
      if (nowUs - this.grownUs < cooldownUpUs) return instances;
      this.grownUs = nowUs;
      return wish;
    }
    return Math.min(instances, Math.max(...this.wishes.map((earlier) => earlier.instances)));
  }

  private wishOf(sample: LoadSample): number {
    const { rule, target, tolerance, high, low, step, waitProbability, serversPerInstance } = this.settings;
    const { instances, utilization } = sample;
    switch (rule) {
      case 'off':
        return instances;
      case 'utilization': {
        // Kubernetes' horizontal autoscaler: ceil(current · metric / target), unless the ratio is within the tolerance.
        const ratio = utilization / target;
        return Math.abs(ratio - 1) <= tolerance ? instances : Math.ceil(roundedUp(instances * ratio));
      }
      case 'step':
        if (utilization > high) return instances + step;
        return utilization < low ? instances - step : instances;
      case 'schedule':
        return this.scheduled(sample.nowUs, instances);
      case 'wait-probability':
        return Math.ceil(fewestServers(sample.offeredLoad, waitProbability) / serversPerInstance);
    }
  }

  /** The last entry at or before the time within the period; before the first one, the last of the period before. */
  private scheduled(nowUs: number, instances: number): number {
    const atUs = nowUs % this.settings.schedulePeriodUs;
    const entry = this.times.findLast((time) => time.atUs <= atUs) ?? this.times.at(-1);
    return entry?.instances ?? instances;
  }
}

/** 5.000000000001 is five: a sum of busy times is not exact. */
function roundedUp(value: number): number {
  return Math.abs(value - Math.round(value)) < 1e-9 ? Math.round(value) : value;
}

/** `0 h=2;8 h=10;20 h=4`: instances from a time of the period on. */
function scheduleOf(text: string): Wish[] {
  const entries = text.split(';').map((part) => {
    const [time = '', count = ''] = part.split('=');
    const instances = Number(count);
    if (count.trim() === '' || !Number.isInteger(instances) || instances < 0) {
      const rule = 'schedule must be written "0 h=2;8 h=10": a time and a whole number of instances';
      throw new InputError('E_OPTION_VALUE', `${rule}, got "${part}"`);
    }
    return { atUs: parseDurationUs(time, 'schedule'), instances };
  });
  return entries.sort((a, b) => a.atUs - b.atUs);
}
