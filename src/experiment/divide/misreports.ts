import { Fraction } from '../../allocators/math/fraction.js';
import type { RandomStream } from '../../core/random.js';
import type { UtilityKind } from './outcome.js';
import type { DivideProblem, DivideUser } from './problem.js';

/** A lie and how it reads. */
export interface Misreport {
  readonly text: string;
  readonly change: Partial<DivideUser>;
}

const FACTORS = ['1/4', '1/2', '4/5', '9/10', '11/10', '5/4', '3/2', '2', '4'].map((text) => Fraction.of(text));
const RANDOM_COUNT = 24;

/** Lies that a user could tell: single entries scaled, entries claimed that are not needed, all scaled, random vectors. */
export function misreports(
  problem: DivideProblem,
  index: number,
  kind: UtilityKind,
  random: RandomStream,
): Misreport[] {
  const user = problem.users[index] as DivideUser;
  if (kind === 'tasks' && user.demand !== undefined) return vectorLies(problem, 'demand', user.demand, random);
  if (kind === 'goods' && user.values !== undefined) return vectorLies(problem, 'values', user.values, random);
  if (kind === 'money') return priceLies(user);
  return [];
}

function vectorLies(
  problem: DivideProblem,
  key: 'demand' | 'values',
  truth: readonly Fraction[],
  random: RandomStream,
): Misreport[] {
  const lies: Misreport[] = [];
  const tell = (values: readonly Fraction[]): void => {
    if (values.every((value) => value.sign === 0)) return;
    const text = values.map((value, resource) => `${problem.resources[resource]} ${value}`).join(', ');
    lies.push({ text: `${key} ${text}`, change: { [key]: values } });
  };
  truth.forEach((value, resource) => {
    const replace = (next: Fraction): Fraction[] => truth.map((old, other) => (other === resource ? next : old));
    if (value.sign > 0) {
      for (const factor of FACTORS) tell(replace(value.times(factor)));
    } else {
      tell(replace(claim(problem, key, truth, resource)));
    }
  });
  for (let draw = 0; draw < RANDOM_COUNT; draw++) {
    tell(truth.map((value) => value.times(Fraction.ratio(BigInt(1 + Math.floor(random() * 40)), 20n))));
  }
  return lies;
}

/** A claim on an unneeded resource, as large a share of it as of the most needed one. */
function claim(
  problem: DivideProblem,
  key: 'demand' | 'values',
  truth: readonly Fraction[],
  resource: number,
): Fraction {
  if (key === 'values') return truth.reduce((top, value) => (value.compare(top) > 0 ? value : top), Fraction.zero);
  const shares = truth.map((value, other) => value.over(problem.capacity[other] as Fraction));
  const top = shares.reduce((best, value) => (value.compare(best) > 0 ? value : best), Fraction.zero);
  return top.times(problem.capacity[resource] as Fraction);
}

function priceLies(user: DivideUser): Misreport[] {
  const factors = [...FACTORS, ...['1/10', '7/10', '19/20', '99/100', '101/100'].map((text) => Fraction.of(text))];
  const scale = (values: readonly Fraction[] | undefined, factor: Fraction): Fraction[] | undefined =>
    values?.map((value) => value.times(factor));
  const lies = factors.map((factor) => ({
    text: `bids × ${factor}`,
    change: {
      price: user.price?.times(factor),
      unitPrices: scale(user.unitPrices, factor),
      marginalBids: scale(user.marginalBids, factor),
    },
  }));
  // Demand reduction: the last units are not asked for.
  const fewer = (user.marginalBids ?? []).slice(1).map((_, kept) => ({
    text: `only the first ${kept + 1} units`,
    change: { marginalBids: user.marginalBids?.slice(0, kept + 1) },
  }));
  return [...lies, ...fewer];
}
