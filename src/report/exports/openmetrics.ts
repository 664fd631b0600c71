import { join } from 'node:path';
import { numberOf, readRows } from '../../results/read-csv.js';
import type { RunManifest } from './run-data.js';

/** OpenMetrics 1.0 text of summary.csv: one gauge per metric, labelled by scope and name. */
export async function openMetrics(folder: string, manifest: RunManifest): Promise<Map<string, string>> {
  const base = [
    label('scenario', manifest.scenario?.name ?? ''),
    label('allocator', manifest.policy?.allocator ?? ''),
    label('seed', String(manifest.seed ?? '')),
  ];
  const families = new Map<string, { unit: string; samples: string[] }>();
  const columns = ['scope', 'name', 'metric', 'unit', 'value'];
  for await (const [scope = '', name = '', metric = '', unit = '', value] of readRows(
    join(folder, 'summary.csv'),
    columns,
  )) {
    const number = numberOf(value);
    if (!Number.isFinite(number)) continue;
    const family = `mesosim_${metric.replace(/[^a-zA-Z0-9_]/g, '_')}`;
    const labels = [...base, label('scope', scope), ...(name === '' ? [] : [label('name', name)])];
    const known = families.get(family) ?? { unit, samples: [] };
    families.set(family, known);
    known.samples.push(`${family}{${labels.join(',')}} ${number}`);
  }
  // Samples of one family must stand together.
  const lines = [...families].flatMap(([family, { unit, samples }]) => [
    `# TYPE ${family} gauge`,
    `# HELP ${family} ${escapeHelp(`${family.slice(8)} in ${unit}`)}`,
    ...samples,
  ]);
  return new Map([['metrics.txt', `${[...lines, '# EOF'].join('\n')}\n`]]);
}

function label(name: string, value: string): string {
  return `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
