import { z } from 'zod';
import { Fraction } from '../../allocators/math/fraction.js';

const AMOUNT = 'must be a number of at least 0 or a text such as "63/25"';

const NUMBER_TEXT = /^\d+(\.\d*)?([eE][+-]?\d{1,4})?(\/\d+(\.\d*)?([eE][+-]?\d{1,4})?)?$/;

const amount = z
  .union([z.number({ error: AMOUNT }).min(0, { error: AMOUNT }), z.string().regex(NUMBER_TEXT, { error: AMOUNT })], {
    error: AMOUNT,
  })
  .refine((value) => !NUMBER_TEXT.test(String(value)) || Fraction.parse(String(value)) !== undefined, {
    error: AMOUNT,
  });
const positive = amount.refine((value) => Fraction.parse(String(value))?.sign !== 0, {
  error: 'must be greater than 0',
});
const amounts = z.record(z.string().min(1), amount);

const user = z.strictObject({
  name: z.string().min(1).describe('Unique; ties go by its bytes or by the order of the list, as the policy says.'),
  demand: amounts.optional().describe('Per resource: what one task needs; for a price per bundle, the bundle.'),
  weight: positive.optional().describe('Default 1; larger = more.'),
  weights: z.record(z.string().min(1), positive).optional().describe('Per resource, in place of weight (drf only).'),
  maxTasks: amount
    .nullable()
    .optional()
    .describe('Tasks that it can use; null = no end. Bundles with a price: default 1.'),
  budget: positive.optional().describe('Money for fisher and tycoon; default 1.'),
  unitPrices: amounts.optional().describe('Money offered per unit of each resource.'),
  price: amount.optional().describe('Money offered for one whole demand.'),
  marginalBids: z
    .array(amount)
    .min(1)
    .optional()
    .describe('Offers for the 1st, 2nd, … unit of the one resource; never rising.'),
  values: amounts.optional().describe('Linear utility per unit of each resource (fisher, tycoon, kelly).'),
  spend: amounts.optional().describe('Money put on each resource (market-proportional).'),
  allowedAgents: z.array(z.string().min(1)).min(1).optional().describe('Agents that it may run on (max-min only).'),
});

/** What a problem file may hold. */
export const problemSchema = z.strictObject({
  name: z.string().optional(),
  resources: z
    .record(z.string().min(1), positive)
    .optional()
    .describe('Capacity per resource; the agents’ sum where absent.'),
  agents: z
    .array(z.strictObject({ name: z.string().min(1), capacity: z.record(z.string().min(1), positive) }))
    .min(1)
    .optional()
    .describe('Separate machines: whole tasks go to the first that fits, by name.'),
  users: z.array(user).min(1),
});

/** A problem as written. */
export type ProblemDocument = z.infer<typeof problemSchema>;

/** The JSON Schema of problem files (draft 2020-12). */
export function problemJsonSchema(): unknown {
  return { title: 'mesosim divide problem', ...z.toJSONSchema(problemSchema, { io: 'input' }) };
}
