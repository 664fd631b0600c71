import { Table } from '../table.js';
import { type Overlap, peakOverlap } from './overlap.js';

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** Sums over OpenB node or pod lists as they stand. */
export function openbFacts(files: readonly string[]): Record<string, unknown> {
  const table = new Table(files[0] as string, []);
  table.reader.close();
  return table.column('num_gpu') >= 0 ? podFacts(files) : nodeFacts(files);
}

function nodeFacts(files: readonly string[]): Record<string, unknown> {
  const models = new Map<string, number>();
  const sums = { rows: 0, cpuMilli: 0, memoryMib: 0, gpus: 0 };
  for (const file of files) {
    const table = new Table(file, ['cpu_milli', 'memory_mib', 'gpu', 'model']);
    while (table.next()) {
      sums.rows++;
      sums.cpuMilli += table.reader.number(table.column('cpu_milli'));
      sums.memoryMib += table.reader.number(table.column('memory_mib'));
      sums.gpus += table.reader.number(table.column('gpu'));
      count(models, table.reader.text(table.column('model')));
    }
    table.reader.close();
  }
  return { ...sums, nodesByModel: Object.fromEntries(models) };
}

function podFacts(files: readonly string[]): Record<string, unknown> {
  const byNumGpu = new Map<string, number>();
  const byPhase = new Map<string, number>();
  const byQos = new Map<string, number>();
  const cpuSpans: Overlap[] = [];
  const gpuSpans: Overlap[] = [];
  const sums = { rows: 0, cpuMilli: 0, memoryMib: 0, gpuMilli: 0 };
  const timed = {
    withoutScheduledTime: 0,
    cpuMilliSeconds: 0,
    gpuMilliSeconds: 0,
    gpuSpecFilled: 0,
    inversions: 0,
    lastCreationS: 0,
  };
  let previous = Number.NEGATIVE_INFINITY;
  let hasTimes = false;
  for (const file of files) {
    const table = new Table(file, ['cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli']);
    const value = (name: string): number => table.reader.number(table.column(name));
    hasTimes = table.column('creation_time') >= 0;
    while (table.next()) {
      const gpuMilli = value('num_gpu') * value('gpu_milli');
      sums.rows++;
      sums.cpuMilli += value('cpu_milli');
      sums.memoryMib += value('memory_mib');
      sums.gpuMilli += gpuMilli;
      count(byNumGpu, table.reader.text(table.column('num_gpu')));
      if (!hasTimes) continue;
      count(byPhase, table.reader.text(table.column('pod_phase')));
      count(byQos, table.reader.text(table.column('qos')));
      if (!table.reader.isEmpty(table.column('gpu_spec'))) timed.gpuSpecFilled++;
      const created = value('creation_time');
      if (created < previous) timed.inversions++;
      previous = created;
      timed.lastCreationS = Math.max(timed.lastCreationS, created);
      if (table.reader.isEmpty(table.column('scheduled_time'))) {
        timed.withoutScheduledTime++;
        continue;
      }
      const span = { start: value('scheduled_time'), end: value('deletion_time') };
      timed.cpuMilliSeconds += value('cpu_milli') * (span.end - span.start);
      timed.gpuMilliSeconds += gpuMilli * (span.end - span.start);
      if (span.end <= span.start) continue;
      cpuSpans.push({ ...span, size: value('cpu_milli') });
      gpuSpans.push({ ...span, size: gpuMilli });
    }
    table.reader.close();
  }
  const facts = { ...sums, byNumGpu: Object.fromEntries(byNumGpu) };
  if (!hasTimes) return facts;
  return {
    ...facts,
    byPhase: Object.fromEntries(byPhase),
    byQos: Object.fromEntries(byQos),
    ...timed,
    peakCpuMilli: peakOverlap(cpuSpans).size,
    peakGpuMilli: peakOverlap(gpuSpans).size,
  };
}
