import { sampleOf } from '../bytes/sample.js';
import { clockSeconds } from '../clock-time.js';
import { CLUSTER_LOG, isGpuNumber } from '../helios/layouts.js';
import { Table } from '../table.js';
import { Counts } from './counts.js';
import { factRows } from './fact-rows.js';

/** Counts and sums over the jobs of cluster_log, or the quotas of cluster_gpu_number, as they stand. */
export function heliosFacts(files: readonly string[]): Record<string, unknown> {
  return isGpuNumber(sampleOf(files[0] as string).head) ? quotaFacts(files) : jobFacts(files);
}

function jobFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, CLUSTER_LOG);
  const byState = new Counts();
  const users = new Set<string>();
  const clusters = new Set<string>();
  const facts = { jobs: 0, gpuJobs: 0, gpuSeconds: 0, cpuSeconds: 0, durationS: 0, queueS: 0, durationMismatch: 0 };
  let firstS = Number.POSITIVE_INFINITY;
  let lastS = Number.NEGATIVE_INFINITY;
  while (rows.next()) {
    facts.jobs++;
    byState.add(rows.repeated(6));
    users.add(rows.repeated(1));
    clusters.add(rows.repeated(2));
    const durationS = rows.number(10) || 0;
    if (rows.number(3) > 0) facts.gpuJobs++;
    facts.gpuSeconds += durationS * rows.number(3) || 0;
    facts.cpuSeconds += durationS * rows.number(4) || 0;
    facts.durationS += durationS;
    facts.queueS += rows.number(11) || 0;
    const runS = clockSeconds(rows.text(9)) - clockSeconds(rows.text(8));
    if (!Number.isNaN(runS) && runS !== durationS) facts.durationMismatch++;
    const submitS = clockSeconds(rows.text(7));
    if (submitS < firstS) firstS = submitS;
    if (submitS > lastS) lastS = submitS;
  }
  rows.close();
  const spanS = facts.jobs === 0 ? 0 : lastS - firstS;
  return { ...facts, spanS, users: users.size, virtualClusters: clusters.size, byState: byState.tell() };
}

/** A quota over time: GPUs of a virtual cluster from a day on. */
interface QuotaStep {
  readonly from: string;
  readonly gpus: number;
}

function quotaFacts(files: readonly string[]): Record<string, unknown> {
  const quotas = new Map<string, QuotaStep[]>();
  const facts = { days: 0, gpuDays: 0, maxTotal: 0, changes: 0, totalMismatch: 0 };
  const span = { firstDay: '', lastDay: '' };
  for (const file of files) {
    const table = new Table(file, ['date', 'total']);
    const names = table.header.slice(1, -1);
    while (table.next()) {
      const { reader } = table;
      const day = reader.text(0);
      const total = reader.number(table.column('total'));
      facts.days++;
      facts.gpuDays += total;
      facts.maxTotal = Math.max(facts.maxTotal, total);
      if (span.firstDay === '') span.firstDay = day;
      span.lastDay = day;
      let sum = 0;
      for (const [index, name] of names.entries()) {
        const gpus = reader.number(index + 1);
        sum += gpus;
        const steps = quotas.get(name) ?? [];
        if (steps.at(-1)?.gpus === gpus) continue;
        if (steps.length > 0) facts.changes++;
        steps.push({ from: day, gpus });
        quotas.set(name, steps);
      }
      if (sum !== total) facts.totalMismatch++;
    }
    table.reader.close();
  }
  return { ...facts, ...span, virtualClusters: quotas.size, quotas: Object.fromEntries(quotas) };
}
