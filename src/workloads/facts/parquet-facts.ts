import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NameSet } from '../name-set.js';
import { ParquetRows } from '../parquet/parquet-rows.js';

/** Counts and sums over tasks of OpenDC workloads, and over the fragments beside them. */
export function opendcFacts(files: readonly string[]): Record<string, unknown> {
  const facts = { tasks: 0, cores: 0, taskDurationMs: 0, edges: 0, fragments: 0, fragmentDurationMs: 0 };
  let firstSubmissionMs = Number.POSITIVE_INFINITY;
  let lastSubmissionMs = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    const rows = new ParquetRows(file, ['submission_time', 'duration', 'cpu_count', 'parents']);
    while (rows.next()) {
      facts.tasks++;
      facts.cores += rows.number('cpu_count') || 0;
      facts.taskDurationMs += rows.number('duration') || 0;
      facts.edges += rows.list('parents').length;
      const submitMs = rows.number('submission_time');
      if (submitMs < firstSubmissionMs) firstSubmissionMs = submitMs;
      if (submitMs > lastSubmissionMs) lastSubmissionMs = submitMs;
    }
    const beside = join(dirname(file), 'fragments.parquet');
    if (!existsSync(beside)) continue;
    const fragments = new ParquetRows(beside, ['duration']);
    while (fragments.next()) {
      facts.fragments++;
      facts.fragmentDurationMs += fragments.number('duration') || 0;
    }
  }
  return { ...facts, firstSubmissionMs, lastSubmissionMs };
}

/** Counts and sums over tasks of the Workflow Trace Archive. */
export function wtaFacts(files: readonly string[]): Record<string, unknown> {
  const workflows = new NameSet();
  const facts = { tasks: 0, edges: 0, roots: 0, runtimeMs: 0 };
  let firstSubmitMs = Number.POSITIVE_INFINITY;
  let lastSubmitMs = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    const rows = new ParquetRows(file, ['id', 'workflow_id', 'ts_submit', 'runtime', 'parents']);
    while (rows.next()) {
      facts.tasks++;
      workflows.add(rows.text('workflow_id'));
      const parents = rows.list('parents').length;
      facts.edges += parents;
      if (parents === 0) facts.roots++;
      facts.runtimeMs += Math.max(0, rows.number('runtime') || 0);
      const submitMs = rows.number('ts_submit');
      if (submitMs < firstSubmitMs) firstSubmitMs = submitMs;
      if (submitMs > lastSubmitMs) lastSubmitMs = submitMs;
    }
  }
  return { ...facts, workflows: workflows.count, firstSubmitMs, lastSubmitMs };
}
