import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allocators } from '../allocators/index.js';
import { bidders } from '../allocators/market/bidders/index.js';
import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { faults } from '../faults/index.js';
import { frameworks } from '../frameworks/index.js';
import { metrics } from '../metrics/index.js';
import type { PluginDefinition, Registry } from '../model/plugin.js';
import { orders } from '../orders/index.js';
import { placements } from '../placements/index.js';
import { traceFormats } from '../workloads/index.js';

/** Every kind of plugin with its registry, by the name that `mesosim list` and a user's module use. */
export const registries = {
  allocators,
  bidders,
  orders,
  placements,
  frameworks,
  faults,
  metrics,
} as unknown as Readonly<Record<string, Registry<PluginDefinition>>>;

/** Kinds that a module may export. */
const KINDS = [...Object.keys(registries), 'formats'];

const loaded = new Set<string>();

/** Files of users' modules that have been loaded: inputs of a run like its traces. */
export function loadedPlugins(): string[] {
  return [...loaded].map((file) => resolve(file));
}

/**
 * Loads users' own modules. A module exports lists of definitions by kind: `export const allocators = [mine];` (likewise `orders`,
 * `placements`, `frameworks`, `faults`, `metrics`, `formats`). A file is loaded once.
 */
export async function loadPlugins(files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    if (!existsSync(file)) throw new InputError('E_FILE', 'the plugin cannot be read (ENOENT)', { file });
    register(file, await importModule(file));
  }
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('E_PLUGIN', `the plugin does not load: ${reason}`, { file });
  }
}

function register(file: string, module: Record<string, unknown>): void {
  let count = 0;
  for (const [kind, list] of Object.entries(module)) {
    if (!KINDS.includes(kind)) {
      if (!Array.isArray(list)) continue; // Helpers that a module exports for its own tests.
      throw new InputError(
        'E_PLUGIN',
        `a plugin exports "${kind}", which is no kind of plugin`,
        { file },
        nameHint(kind, KINDS),
      );
    }
    if (!Array.isArray(list)) throw new InputError('E_PLUGIN', `"${kind}" must be a list of definitions`, { file });
    for (const definition of list) {
      checkDefinition(file, kind, definition);
      if (kind === 'formats') traceFormats.push(definition as (typeof traceFormats)[number]);
      else registries[kind]?.add(definition as PluginDefinition);
      count++;
    }
  }
  if (count === 0) {
    throw new InputError(
      'E_PLUGIN',
      'the plugin exports no definition',
      { file },
      `export a list named ${KINDS.join(', ')}`,
    );
  }
}

function checkDefinition(file: string, kind: string, definition: unknown): void {
  const fields = definition as Partial<PluginDefinition> | null | undefined;
  for (const field of ['name', 'summary', 'source'] as const) {
    if (typeof fields?.[field] !== 'string') {
      throw new InputError('E_PLUGIN', `a definition in "${kind}" needs a text "${field}"`, { file });
    }
  }
  if (typeof fields?.options !== 'object' || fields.options === null) {
    throw new InputError('E_PLUGIN', `the definition "${fields?.name}" needs "options", if only {}`, { file });
  }
}
