import { JsonObjects } from '../bytes/json-objects.js';
import { sampleOf } from '../bytes/sample.js';
import { attemptsOf, gpuCount, runSeconds, submitSeconds, textOf } from '../philly/attempts.js';
import { MACHINE_LIST } from '../philly/layouts.js';
import { looksLike } from '../rows.js';
import { Counts } from './counts.js';
import { factRows } from './fact-rows.js';

/** Counts and sums over the jobs of cluster_job_log, or the servers of cluster_machine_list, as they stand. */
export function phillyFacts(files: readonly string[]): Record<string, unknown> {
  const isList = looksLike(sampleOf(files[0] as string).head, MACHINE_LIST) === 'header';
  return isList ? machineFacts(files) : jobFacts(files);
}

function machineFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, MACHINE_LIST);
  const facts = { rows: 0, gpus: 0 };
  const byGpus = new Counts();
  while (rows.next()) {
    facts.rows++;
    facts.gpus += rows.number(1) || 0;
    byGpus.add(rows.text(1).trim());
  }
  rows.close();
  return { ...facts, machinesByGpus: byGpus.tell() };
}

function jobFacts(files: readonly string[]): Record<string, unknown> {
  const totals = new JobTotals();
  for (const file of files) {
    const objects = new JsonObjects(file);
    for (let row = objects.next(); row !== null; row = objects.next()) if ('value' in row) totals.add(row.value);
    objects.close();
  }
  return totals.tell();
}

class JobTotals {
  private readonly byStatus = new Counts();
  private readonly users = new Set<string>();
  private readonly clusters = new Set<string>();
  private readonly sums = {
    jobs: 0,
    attempts: 0,
    withoutAttempts: 0,
    severalAttempts: 0,
    withoutEnd: 0,
    gpuSeconds: 0,
    largestJobGpus: 0,
    inversions: 0,
  };
  private firstS = Number.POSITIVE_INFINITY;
  private lastS = Number.NEGATIVE_INFINITY;
  private previousS = Number.NEGATIVE_INFINITY;

  add(row: Readonly<Record<string, unknown>>): void {
    const { sums } = this;
    sums.jobs++;
    this.byStatus.add(textOf(row, 'status'));
    this.users.add(textOf(row, 'user'));
    this.clusters.add(textOf(row, 'vc'));
    const submitS = submitSeconds(row);
    if (submitS < this.previousS) sums.inversions++;
    if (!Number.isNaN(submitS)) {
      this.previousS = submitS;
      this.firstS = Math.min(this.firstS, submitS);
      this.lastS = Math.max(this.lastS, submitS);
    }
    const attempts = attemptsOf(row);
    sums.attempts += attempts.length;
    if (attempts.length === 0) sums.withoutAttempts++;
    if (attempts.length > 1) sums.severalAttempts++;
    const last = attempts.at(-1);
    if (last !== undefined && Number.isNaN(runSeconds(last))) sums.withoutEnd++;
    for (const attempt of attempts) {
      sums.largestJobGpus = Math.max(sums.largestJobGpus, gpuCount(attempt));
      const runS = runSeconds(attempt);
      if (runS > 0) sums.gpuSeconds += runS * gpuCount(attempt);
    }
  }

  tell(): Record<string, unknown> {
    return {
      ...this.sums,
      spanS: this.sums.jobs === 0 ? 0 : this.lastS - this.firstS,
      users: this.users.size,
      virtualClusters: this.clusters.size,
      byStatus: this.byStatus.tell(),
    };
  }
}
