import { z } from 'zod';
import { scenarioSchema } from './schema.js';

/** The JSON Schema of scenario files as text. */
export function scenarioJsonSchema(): string {
  const schema = z.toJSONSchema(scenarioSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'mesosim scenario', ...schema }, null, 2)}\n`;
}
