import { z } from 'zod';

/** A text or number of a job file that one of the scenario's parsers reads; what it refuses breaks the rule. */
export function quantity(parse: (text: string) => number, rule: string) {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    try {
      return parse(String(value));
    } catch {
      context.addIssue({ code: 'custom', message: rule });
      return z.NEVER;
    }
  });
}
