import { Adder } from 'd3-array';
import { BATCH_INSTANCE, BATCH_TASK, CONTAINER_META, MACHINE_META, tableOfFile } from '../alibaba-2018/layouts.js';
import { parseTaskName } from '../alibaba-2018/task-name.js';
import { NameSet } from '../name-set.js';
import { Counts } from './counts.js';
import { factRows } from './fact-rows.js';

/** Counts and sums over the rows of a table as they stand. */
export function alibaba2018Facts(files: readonly string[]): Record<string, unknown> {
  const table = tableOfFile(files[0] as string);
  if (table === 'batch_task') return taskFacts(files);
  if (table === 'batch_instance') return instanceFacts(files);
  return table === 'container_meta' ? containerFacts(files) : machineFacts(files);
}

function taskFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, BATCH_TASK);
  const byStatus = new Counts();
  const jobs = new NameSet();
  const coreSeconds = new Adder();
  const facts = {
    rows: 0,
    instances: 0,
    endBeforeStart: 0,
    endEqualsStart: 0,
    emptyInstances: 0,
    emptyCpu: 0,
    cutNames: 0,
  };
  let job = '';
  while (rows.next()) {
    facts.rows++;
    const name = rows.repeated(2);
    if (name !== job) jobs.add(name);
    job = name;
    byStatus.add(rows.repeated(4));
    if (parseTaskName(rows.repeated(0))?.isCut === true) facts.cutNames++;
    const runS = rows.number(6) - rows.number(5);
    const instances = rows.number(1);
    const cpu = rows.number(7);
    if (runS < 0) facts.endBeforeStart++;
    if (runS === 0) facts.endEqualsStart++;
    if (rows.isEmpty(1)) facts.emptyInstances++;
    else if (!Number.isNaN(instances)) facts.instances += instances;
    if (rows.isEmpty(7)) facts.emptyCpu++;
    const work = (runS * cpu * instances) / 100;
    if (!Number.isNaN(work)) coreSeconds.add(work);
  }
  rows.close();
  return { ...facts, jobs: jobs.count, byStatus: byStatus.tell(), coreSeconds: coreSeconds.valueOf() };
}

function instanceFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, BATCH_INSTANCE);
  const byStatus = new Counts();
  const jobs = new NameSet();
  const machines = new NameSet();
  const facts = { rows: 0, endBeforeStart: 0, instanceSeconds: 0 };
  while (rows.next()) {
    facts.rows++;
    jobs.add(rows.repeated(2));
    byStatus.add(rows.repeated(4));
    if (!rows.isEmpty(7)) machines.add(rows.repeated(7));
    const runS = rows.number(6) - rows.number(5);
    if (runS < 0) facts.endBeforeStart++;
    else if (!Number.isNaN(runS)) facts.instanceSeconds += runS;
  }
  rows.close();
  return { ...facts, jobs: jobs.count, machines: machines.count, byStatus: byStatus.tell() };
}

function containerFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, CONTAINER_META);
  const byStatus = new Counts();
  const containers = new NameSet();
  const groups = new NameSet();
  let count = 0;
  while (rows.next()) {
    count++;
    containers.add(rows.text(0));
    groups.add(rows.repeated(3));
    byStatus.add(rows.repeated(4));
  }
  rows.close();
  return { rows: count, containers: containers.count, deployUnits: groups.count, byStatus: byStatus.tell() };
}

function machineFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, MACHINE_META);
  const byStatus = new Counts();
  const machines = new NameSet();
  const facts = { rows: 0, cores: 0 };
  while (rows.next()) {
    facts.rows++;
    byStatus.add(rows.repeated(6));
    if (machines.add(rows.text(0))) facts.cores += rows.number(4) || 0;
  }
  rows.close();
  return { ...facts, machines: machines.count, byStatus: byStatus.tell() };
}
