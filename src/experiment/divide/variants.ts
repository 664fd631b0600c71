import type { Fraction } from '../../allocators/math/fraction.js';
import type { DivideProblem, DivideUser } from './problem.js';

/** The problem with one user changed. */
export function withUser(problem: DivideProblem, index: number, change: Partial<DivideUser>): DivideProblem {
  return { ...problem, users: problem.users.map((user, other) => (other === index ? { ...user, ...change } : user)) };
}

/** The problem without one user. */
export function withoutUser(problem: DivideProblem, index: number): DivideProblem {
  return { ...problem, users: problem.users.filter((_, other) => other !== index) };
}

/** The problem with one resource multiplied, on every agent alike. */
export function withCapacity(problem: DivideProblem, resource: number, factor: Fraction): DivideProblem {
  const scaled = (row: readonly Fraction[]): Fraction[] =>
    row.map((amount, other) => (other === resource ? amount.times(factor) : amount));
  return {
    ...problem,
    capacity: scaled(problem.capacity),
    agents: problem.agents.map((agent) => ({ ...agent, capacity: scaled(agent.capacity) })),
  };
}
