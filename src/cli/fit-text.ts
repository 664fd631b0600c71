import { basename } from 'node:path';
import type { FittedWorkload } from '../workloads/fit.js';

/** The fragment as YAML, with what a reader must know of it in comments. */
export async function fragmentText(files: readonly string[], { streams, leftOut }: FittedWorkload): Promise<string> {
  const { Document, isScalar, visit } = await import('yaml');
  const lines = [
    `# Fitted to ${files.map((file) => basename(file)).join(' ')} by mesosim trace fit: paste it into a scenario.`,
    '# Each law is fitted by itself: what hangs together in the trace (wide jobs that are long too) does not here.',
    ...Object.entries(leftOut).map(([what, count]) => `# Not carried over: ${what} (${count} jobs have them).`),
    '# Kolmogorov–Smirnov distance of each law from the trace:',
    ...streams.map(({ spec, distance }) => {
      const name = String(spec['class'] ?? spec['queue'] ?? 'all jobs');
      const parts = Object.entries(distance).map(([key, ks]) => `${key} ${ks.toFixed(3)}`);
      return `#   ${name}: ${parts.join(', ')}`;
    }),
  ];
  const document = new Document({ workload: { synthetic: streams.map(({ spec }) => spec) } });
  // Lists of values on a line of their own, the rest as blocks.
  visit(document, {
    Seq: (_key, list) => {
      if (list.items.every((item) => isScalar(item))) list.flow = true;
    },
  });
  return `${lines.join('\n')}\n${filled(document.toString({ lineWidth: 140 }))}`;
}

/** Long lists, which the library writes a value a line, as lines that are filled. */
function filled(text: string): string {
  return text.replace(/^( *)\[\n([^\]]*?),?\n *\]/gm, (_list, indent: string, values: string) => {
    const rows = [''];
    for (const value of values.trim().split(/,\s*/)) {
      const row = rows.at(-1) as string;
      if (row !== '' && indent.length + row.length + value.length > 130) rows.push(`${value},`);
      else rows[rows.length - 1] = row === '' ? `${value},` : `${row} ${value},`;
    }
    return `${indent}[\n${rows.map((row) => `${indent}  ${row}\n`).join('')}${indent}]`;
  });
}
