import { sampleOf } from '../bytes/sample.js';
import { CHRONUS, layoutOf, TIRESIAS } from '../tiresias/layouts.js';
import { Counts } from './counts.js';
import { factRows } from './fact-rows.js';

/** Counts and sums over the rows as they stand, times in the unit of the file. */
export function tiresiasFacts(files: readonly string[]): Record<string, unknown> {
  const layout = layoutOf(sampleOf(files[0] as string).head) ?? TIRESIAS;
  const at = (name: string): number => layout.columns.indexOf(name);
  const rows = factRows(files, layout);
  const byNumGpu = new Counts();
  const clusters = new Set<string>();
  const facts = { rows: 0, gpuTime: 0, zeroGpu: 0, inversions: 0 };
  const span = { firstSubmit: Number.POSITIVE_INFINITY, lastSubmit: Number.NEGATIVE_INFINITY };
  let previous = Number.NEGATIVE_INFINITY;
  while (rows.next()) {
    facts.rows++;
    const gpus = rows.number(at('num_gpu'));
    const submit = rows.number(at('submit_time'));
    byNumGpu.add(rows.text(at('num_gpu')));
    facts.gpuTime += gpus * rows.number(at('duration')) || 0;
    if (gpus === 0) facts.zeroGpu++;
    if (submit < previous) facts.inversions++;
    previous = submit;
    span.firstSubmit = Math.min(span.firstSubmit, submit);
    span.lastSubmit = Math.max(span.lastSubmit, submit);
    if (layout === CHRONUS) clusters.add(rows.repeated(at('user')));
  }
  rows.close();
  return { ...facts, ...span, virtualClusters: clusters.size, byNumGpu: byNumGpu.tell() };
}
