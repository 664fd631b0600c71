import { z } from 'zod';
import { Fraction } from '../../../src/allocators/math/fraction.js';
import type { Pool } from '../../../src/allocators/math/pool.js';

/** A number or a text such as `1/2`, as a fraction. */
export const fraction = z.union([z.number(), z.string()]).transform((value) => Fraction.of(value));
export const fractions = z.array(fraction);
export const numbers = z.array(z.number());

const user = z.object({
  name: z.string(),
  demandPerTask: fractions,
  weight: fraction,
  maxTasks: fraction.nullable(),
});
export const users = z.array(user).transform((list) =>
  list.map(({ name, demandPerTask, weight, maxTasks }) => ({
    name,
    demand: demandPerTask,
    weight,
    maxTasks: maxTasks ?? undefined,
  })),
);

export const pool = z.object({ capacity: fractions, users }).transform((value): Pool => value);

/** An object by name from two lists. */
export function byName<T>(names: readonly string[], values: readonly T[]): Record<string, T> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] as T]));
}
