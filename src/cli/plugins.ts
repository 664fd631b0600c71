import { resolve } from 'node:path';
import type { CommonFlags } from './flags.js';

/** Loads the modules of `--plugin`; returns their absolute paths, which workers load as well. */
export async function loadPluginFlags(flags: CommonFlags): Promise<string[]> {
  const files = flags.plugin.map((file) => resolve(file));
  if (files.length > 0) {
    const { loadPlugins } = await import('../scenario/plugins.js');
    await loadPlugins(files);
  }
  return files;
}
