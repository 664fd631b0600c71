import { z } from 'zod';
import { frameworks } from '../frameworks/index.js';
import { frameworkSchema, scenarioSchema } from './schema.js';

/** The JSON Schema of scenario files as text. */
export function scenarioJsonSchema(): string {
  const schema = z.toJSONSchema(scenarioSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // Options of a framework's kind may stand beside its other keys.
      if (zodSchema === frameworkSchema) jsonSchema.properties = { ...optionsOfKinds(), ...jsonSchema.properties };
    },
  });
  return `${JSON.stringify({ title: 'mesosim scenario', ...schema }, null, 2)}\n`;
}

function optionsOfKinds(): Record<string, { description: string }> {
  const options = frameworks
    .list()
    .flatMap(({ name, options }) =>
      Object.entries(options).map(([key, { help }]) => [key, { description: `of ${name}: ${help}` }] as const),
    );
  return Object.fromEntries(options);
}
