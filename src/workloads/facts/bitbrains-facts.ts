import { BITBRAINS, CORES, MEMORY, MEMORY_USED, PERCENT, secondsOf, TIME } from '../bitbrains/layouts.js';
import { factRows } from './fact-rows.js';

/** Counts, spans and means over the samples as they stand. */
export function bitbrainsFacts(files: readonly string[]): Record<string, unknown> {
  const facts = {
    rows: 0,
    vms: 0,
    cores: 0,
    memKb: 0,
    cpuPercentSum: 0,
    maxCpuPercent: 0,
    memUsedKbSum: 0,
    largestGapS: 0,
  };
  let firstS = Number.POSITIVE_INFINITY;
  let lastS = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    facts.vms++;
    const rows = factRows([file], BITBRAINS);
    let [cores, memKb, previousS] = [0, 0, Number.NaN];
    while (rows.next()) {
      facts.rows++;
      const timeS = secondsOf(rows.number(TIME));
      if (timeS - previousS > facts.largestGapS) facts.largestGapS = timeS - previousS;
      previousS = timeS;
      firstS = Math.min(firstS, timeS);
      lastS = Math.max(lastS, timeS);
      cores = Math.max(cores, rows.number(CORES));
      memKb = Math.max(memKb, rows.number(MEMORY));
      facts.cpuPercentSum += rows.number(PERCENT) || 0;
      facts.maxCpuPercent = Math.max(facts.maxCpuPercent, rows.number(PERCENT) || 0);
      facts.memUsedKbSum += rows.number(MEMORY_USED) || 0;
    }
    rows.close();
    facts.cores += cores;
    facts.memKb += memKb;
  }
  return { ...facts, firstS, lastS };
}
