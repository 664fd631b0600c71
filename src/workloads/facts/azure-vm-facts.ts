import { byTable, READINGS, VM_TABLE } from '../azure-vm/layouts.js';
import { NameSet } from '../name-set.js';
import { Counts } from './counts.js';
import { factRows } from './fact-rows.js';

/** Counts and sums over the rows as they stand; with both tables each has its own part. */
export function azureVmFacts(files: readonly string[]): Record<string, unknown> {
  const parts: [string, Record<string, unknown>][] = [];
  for (const [table, paths] of byTable(files)) {
    if (table === 'vmtable') parts.push([table, vmFacts(paths)]);
    else if (table === 'vm_cpu_readings') parts.push([table, readingFacts(paths)]);
  }
  return parts.length === 1 ? (parts[0]?.[1] ?? {}) : Object.fromEntries(parts);
}

function vmFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, VM_TABLE);
  const [vms, subscriptions, deployments] = [new NameSet(), new NameSet(), new NameSet()];
  const byCategory = new Counts();
  const byCores = new Counts();
  const facts = { rows: 0, cores: 0, memGb: 0, coreSeconds: 0, usedCoreSeconds: 0, lastCreatedS: 0, lastDeletedS: 0 };
  while (rows.next()) {
    facts.rows++;
    vms.add(rows.text(0));
    subscriptions.add(rows.repeated(1));
    deployments.add(rows.repeated(2));
    byCategory.add(rows.repeated(8));
    byCores.add(rows.text(9));
    const coreSeconds = (rows.number(4) - rows.number(3)) * rows.number(9) || 0;
    facts.cores += rows.number(9) || 0;
    facts.memGb += rows.number(10) || 0;
    facts.coreSeconds += coreSeconds;
    facts.usedCoreSeconds += (coreSeconds * rows.number(6)) / 100 || 0;
    facts.lastCreatedS = Math.max(facts.lastCreatedS, rows.number(3) || 0);
    facts.lastDeletedS = Math.max(facts.lastDeletedS, rows.number(4) || 0);
  }
  rows.close();
  const counts = { vms: vms.count, subscriptions: subscriptions.count, deployments: deployments.count };
  return { ...facts, ...counts, byCategory: byCategory.tell(), byCores: byCores.tell() };
}

function readingFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, READINGS);
  const vms = new NameSet();
  const facts = { rows: 0, avgCpuSum: 0, firstS: Number.POSITIVE_INFINITY, lastS: Number.NEGATIVE_INFINITY };
  while (rows.next()) {
    facts.rows++;
    vms.add(rows.repeated(1));
    facts.avgCpuSum += rows.number(4) || 0;
    const timeS = rows.number(0);
    if (timeS < facts.firstS) facts.firstS = timeS;
    if (timeS > facts.lastS) facts.lastS = timeS;
  }
  rows.close();
  return { ...facts, vms: vms.count };
}
