import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import type { RandomStream } from '../core/random.js';
import { distributionNames, type Sampler, samplerOf } from './distributions.js';
import { parseDurationUs } from './units.js';

const duration = (value: unknown, label: string): number =>
  typeof value === 'number' ? value * 1e6 : parseDurationUs(String(value), label);
const count = (value: unknown, label: string): number => {
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  throw new InputError('E_SYNTHETIC', `${label} must be a number, got "${String(value)}"`);
};

const processNames = ['poisson', 'diurnal', 'mmpp'];

/** Time between arrivals in whole microseconds: `poisson`, `diurnal`, `mmpp`, or a distribution of the gaps. */
export function gapSampler(arrivals: unknown, stream: RandomStream): Sampler {
  const entry = typeof arrivals === 'object' && arrivals !== null ? Object.entries(arrivals)[0] : undefined;
  const parameters = (entry?.[1] ?? {}) as Readonly<Record<string, unknown>>;
  if (entry?.[0] === 'poisson') {
    const meanUs = meanGapUs(parameters, 'arrivals.poisson');
    return rounded(samplerOf({ exponential: { mean: meanUs / 1e6 } }, duration, stream, 'arrivals'));
  }
  if (entry?.[0] === 'diurnal') return diurnal(parameters, stream);
  if (entry?.[0] === 'mmpp') return modulated(parameters, stream);
  if (entry !== undefined && !distributionNames.includes(entry[0])) {
    const rule = `arrivals must name an arrival process or a distribution of gaps, got "${entry[0]}"`;
    throw new InputError('E_SYNTHETIC', rule, {}, nameHint(entry[0], [...processNames, ...distributionNames]));
  }
  return rounded(samplerOf(arrivals, duration, stream, 'arrivals'));
}

function rounded(sampler: Sampler): Sampler {
  return () => Math.max(0, Math.round(sampler()));
}

/** `rate: 0.8 /s` (or per min, h, d) or `mean: 1.25 s`. */
function meanGapUs(parameters: Readonly<Record<string, unknown>>, label: string): number {
  if (parameters['mean'] !== undefined) return duration(parameters['mean'], `${label}.mean`);
  const match = /^\s*([\d.eE+-]+)\s*(?:\/\s*(us|ms|s|min|h|d))?\s*$/.exec(String(parameters['rate']));
  const rate = Number(match?.[1] ?? Number.NaN);
  if (!(rate > 0)) {
    throw new InputError(
      'E_SYNTHETIC',
      `${label}.rate must be a rate above 0 such as "0.8 /s", got "${String(parameters['rate'])}"`,
    );
  }
  return parseDurationUs(`1 ${match?.[2] ?? 's'}`) / rate;
}

/**
 * Poisson arrivals whose rate follows a sine over a period, ahead by `phase`, by thinning (Lewis and Shedler 1979). With `gaps`, a law of mean
 * one, arrivals are as bursty as it is: gaps between them on a clock that goes as fast as the rate (Gerhardt and Nelson, INFORMS J. Comput.
 * 21, 2009, inversion).
 */
function diurnal(parameters: Readonly<Record<string, unknown>>, stream: () => number): Sampler {
  const meanUs = meanGapUs(parameters, 'arrivals.diurnal');
  const amplitude = count(parameters['amplitude'] ?? 0.5, 'arrivals.diurnal.amplitude');
  const periodUs = duration(parameters['period'] ?? '1 d', 'arrivals.diurnal.period');
  const phaseUs = duration(parameters['phase'] ?? 0, 'arrivals.diurnal.phase');
  if (parameters['gaps'] !== undefined) {
    const draw = samplerOf(parameters['gaps'], count, stream, 'arrivals.diurnal.gaps');
    return onClock(new WaveClock(meanUs, amplitude, periodUs, phaseUs), draw);
  }
  let nowUs = 0;
  return () => {
    const startUs = nowUs;
    for (;;) {
      nowUs += (-Math.log(1 - stream()) * meanUs) / (1 + amplitude);
      const rate = (1 + amplitude * Math.sin((2 * Math.PI * (nowUs + phaseUs)) / periodUs)) / (1 + amplitude);
      if (stream() < rate) return Math.round(nowUs) - Math.round(startUs);
    }
  };
}

/** A clock that goes as fast as a daily wave: it tells how many arrivals are due by a time. */
export class WaveClock {
  /** By how much it may be ahead or behind of an even one, in µs. */
  readonly swingUs: number;

  constructor(
    readonly meanUs: number,
    amplitude: number,
    private readonly periodUs: number,
    private readonly phaseUs: number,
  ) {
    this.swingUs = (amplitude * periodUs) / (2 * Math.PI);
  }

  private turn(timeUs: number): number {
    return Math.cos((2 * Math.PI * (timeUs + this.phaseUs)) / this.periodUs);
  }

  /** The integral of (1 + A·sin(2π(t + φ)/period)) / mean from 0 on. */
  at(timeUs: number): number {
    return (timeUs + this.swingUs * (this.turn(0) - this.turn(timeUs))) / this.meanUs;
  }
}

/** The times at which the clock has gone on by what is drawn, by bisection to half a microsecond. */
function onClock(clock: WaveClock, draw: Sampler): Sampler {
  let nowUs = 0;
  let due = 0;
  return () => {
    const startUs = nowUs;
    const gap = Math.max(0, draw());
    due += gap;
    let low = startUs;
    let high = startUs + gap * clock.meanUs + 2 * clock.swingUs + 1;
    while (high - low > 0.5) {
      const middle = (low + high) / 2;
      if (clock.at(middle) < due) low = middle;
      else high = middle;
    }
    nowUs = gap === 0 ? startUs : Math.max(startUs, Math.round(high));
    return nowUs - startUs;
  };
}

/** Markov-modulated Poisson process of two states, each with a rate and a mean sojourn (Fischer and Meier-Hellstern 1993). */
function modulated(parameters: Readonly<Record<string, unknown>>, stream: () => number): Sampler {
  const gaps = [1, 2].map((state) => meanGapUs({ rate: parameters[`rate${state}`] }, `arrivals.mmpp.rate${state}`));
  const stays = [1, 2].map((state) => duration(parameters[`stay${state}`], `arrivals.mmpp.stay${state}`));
  let state = 0;
  let leftUs = -1;
  const exponential = (meanUs: number): number => -Math.log(1 - stream()) * meanUs;
  return () => {
    let gapUs = 0;
    for (;;) {
      if (leftUs < 0) leftUs = exponential(stays[state] as number);
      const drawnUs = exponential(gaps[state] as number);
      if (drawnUs <= leftUs) {
        leftUs -= drawnUs;
        return Math.round(gapUs + drawnUs);
      }
      gapUs += leftUs;
      leftUs = -1;
      state = 1 - state;
    }
  };
}
