import { byTable, INSTANCE_TABLE, JOB_TABLE, MACHINE_SPEC, TASK_TABLE } from '../alibaba-gpu-2020/layouts.js';
import { NameSet } from '../name-set.js';
import { Counts } from './counts.js';
import { factRows } from './fact-rows.js';

/** Counts and sums over the rows of the tables as they stand; with several tables each has its own part. */
export function alibabaGpu2020Facts(files: readonly string[]): Record<string, unknown> {
  const parts: [string, Record<string, unknown>][] = [];
  for (const [table, paths] of byTable(files)) {
    if (table === 'pai_machine_spec') parts.push([table, machineFacts(paths)]);
    else if (table === 'pai_task_table') parts.push([table, taskFacts(paths)]);
    else if (table === 'pai_job_table') parts.push([table, runFacts(paths, JOB_TABLE, 3, 4, 2)]);
    else if (table === 'pai_instance_table') parts.push([table, runFacts(paths, INSTANCE_TABLE, 5, 6, 8)]);
  }
  return parts.length === 1 ? (parts[0]?.[1] ?? {}) : Object.fromEntries(parts);
}

function machineFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, MACHINE_SPEC);
  const byType = new Counts();
  const gpusByType = new Counts();
  const facts = { rows: 0, cores: 0, memGb: 0, gpus: 0 };
  while (rows.next()) {
    facts.rows++;
    facts.cores += rows.number(2) || 0;
    facts.memGb += rows.number(3) || 0;
    facts.gpus += rows.number(4) || 0;
    byType.add(rows.repeated(1));
    gpusByType.add(rows.repeated(1), rows.number(4) || 0);
  }
  rows.close();
  return { ...facts, machinesByType: byType.tell(), gpusByType: gpusByType.tell() };
}

function taskFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, TASK_TABLE);
  const byStatus = new Counts();
  const byType = new Counts();
  const jobs = new NameSet();
  const facts = { rows: 0, instances: 0, emptyEnd: 0, emptyCpu: 0, emptyGpu: 0, gpuPercent: 0, gpuSeconds: 0 };
  while (rows.next()) {
    facts.rows++;
    jobs.add(rows.text(0));
    byStatus.add(rows.repeated(3));
    byType.add(rows.repeated(9));
    const instances = rows.number(2) || 0;
    const gpu = rows.number(8) || 0;
    const runS = rows.number(5) - rows.number(4);
    facts.instances += instances;
    facts.gpuPercent += gpu * instances;
    if (rows.isEmpty(5)) facts.emptyEnd++;
    if (rows.isEmpty(6)) facts.emptyCpu++;
    if (rows.isEmpty(8)) facts.emptyGpu++;
    if (runS > 0) facts.gpuSeconds += (gpu / 100) * instances * runS;
  }
  rows.close();
  return { ...facts, jobs: jobs.count, byStatus: byStatus.tell(), byGpuType: byType.tell() };
}

/** Jobs or instances: rows by status, run time, and what the last column names (users, machines). */
function runFacts(
  files: readonly string[],
  layout: typeof JOB_TABLE,
  status: number,
  start: number,
  named: number,
): Record<string, unknown> {
  const rows = factRows(files, layout);
  const byStatus = new Counts();
  const jobs = new NameSet();
  const names = new NameSet();
  const facts = { rows: 0, emptyEnd: 0, runSeconds: 0 };
  while (rows.next()) {
    facts.rows++;
    jobs.add(rows.text(0));
    if (!rows.isEmpty(named)) names.add(rows.repeated(named));
    byStatus.add(rows.repeated(status));
    if (rows.isEmpty(start + 1)) facts.emptyEnd++;
    const runS = rows.number(start + 1) - rows.number(start);
    if (runS > 0) facts.runSeconds += runS;
  }
  rows.close();
  const name = layout === JOB_TABLE ? 'users' : 'machines';
  return { ...facts, jobs: jobs.count, [name]: names.count, byStatus: byStatus.tell() };
}
