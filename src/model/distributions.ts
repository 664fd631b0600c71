import { randomExponential, randomGamma, randomLogNormal, randomPareto, randomUniform, randomWeibull } from 'd3-random';
import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import type { RandomStream } from '../core/random.js';

/** Draws one value in the unit of its parameters. */
export type Sampler = () => number;
/** Reads a parameter written by the user (a duration, an amount, a number). */
export type ReadQuantity = (value: unknown, label: string) => number;

type Parameters = Readonly<Record<string, unknown>>;
type Maker = (parameters: Parameters, read: ReadQuantity, stream: RandomStream, label: string) => Sampler;

const plain = (value: unknown, label: string): number => {
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  throw new InputError('E_DISTRIBUTION', `${label} must be a number, got "${String(value)}"`);
};

/** The known distributions by name. Means and scales carry the quantity's unit, shapes are plain numbers. */
const MAKERS: Readonly<Record<string, Maker>> = {
  deterministic: (p, read, _stream, label) => {
    const value = read(p['value'] ?? p['mean'], `${label}.value`);
    return () => value;
  },
  exponential: (p, read, stream, label) => randomExponential.source(stream)(1 / read(p['mean'], `${label}.mean`)),
  uniform: (p, read, stream, label) =>
    randomUniform.source(stream)(read(p['low'] ?? 0, `${label}.low`), read(p['high'], `${label}.high`)),
  lognormal: (p, read, stream, label) => {
    // Given by median and sigma, or by mean and sigma (mean = median·exp(sigma²/2)).
    const sigma = plain(p['sigma'], `${label}.sigma`);
    const median =
      p['median'] !== undefined
        ? read(p['median'], `${label}.median`)
        : read(p['mean'], `${label}.mean`) * Math.exp((-sigma * sigma) / 2);
    return randomLogNormal.source(stream)(Math.log(median), sigma);
  },
  weibull: (p, read, stream, label) =>
    randomWeibull.source(stream)(plain(p['shape'], `${label}.shape`), 0, read(p['scale'], `${label}.scale`)),
  pareto: (p, read, stream, label) => {
    const minimum = read(p['minimum'], `${label}.minimum`);
    const draw = randomPareto.source(stream)(plain(p['alpha'], `${label}.alpha`));
    return () => minimum * draw();
  },
  gamma: (p, read, stream, label) => {
    const shape = plain(p['shape'], `${label}.shape`);
    return randomGamma.source(stream)(shape, read(p['mean'], `${label}.mean`) / shape);
  },
  erlang: (p, read, stream, label) => {
    const k = plain(p['k'], `${label}.k`);
    return randomGamma.source(stream)(k, read(p['mean'], `${label}.mean`) / k);
  },
  hyperexp: (p, read, stream, label) => {
    const probability = plain(p['p'], `${label}.p`);
    const first = read(p['mean1'], `${label}.mean1`);
    const second = read(p['mean2'], `${label}.mean2`);
    const unit = randomExponential.source(stream)(1);
    return () => (stream() < probability ? first : second) * unit();
  },
  empirical: (p, read, stream, label) => {
    const raw = p['values'];
    if (!Array.isArray(raw) || raw.length === 0)
      throw new InputError('E_DISTRIBUTION', `${label}.values must be a list of values`);
    const values = raw.map((value, index) => read(value, `${label}.values[${index}]`));
    const weights = Array.isArray(p['weights'])
      ? p['weights'].map((weight) => plain(weight, `${label}.weights`))
      : values.map(() => 1);
    const cumulative: number[] = [];
    let sum = 0;
    for (const weight of weights) {
      sum += weight;
      cumulative.push(sum);
    }
    return () => {
      const target = stream() * sum;
      const index = cumulative.findIndex((bound) => target < bound);
      return values[index < 0 ? values.length - 1 : index] as number;
    };
  },
};

export const distributionNames = Object.keys(MAKERS);

/** `{ exponential: { mean: "1 s" } }`, or a bare quantity for a constant. */
export function samplerOf(value: unknown, read: ReadQuantity, stream: RandomStream, label: string): Sampler {
  if (typeof value !== 'object' || value === null) {
    const constant = read(value, label);
    return () => constant;
  }
  const entries = Object.entries(value);
  const [name, parameters] = entries[0] ?? ['', {}];
  const maker = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
  if (entries.length !== 1) {
    const names = entries.map(([key]) => key).join(', ');
    throw new InputError('E_DISTRIBUTION', `${label} must name one distribution, got "${names}"`);
  }
  if (maker === undefined) {
    throw new InputError(
      'E_DISTRIBUTION',
      `${label} must name one distribution, got "${name}"`,
      {},
      nameHint(name, distributionNames),
    );
  }
  return maker((parameters ?? {}) as Parameters, read, stream, `${label}.${name}`);
}
