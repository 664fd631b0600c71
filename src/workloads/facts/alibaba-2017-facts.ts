import { BATCH_INSTANCE, BATCH_TASK, CONTAINER_EVENT, SERVER_EVENT, tableOfFile } from '../alibaba-2017/layouts.js';
import { NameSet } from '../name-set.js';
import { Counts } from './counts.js';
import { factRows } from './fact-rows.js';

/** Counts and sums over the rows of a table as they stand. */
export function alibaba2017Facts(files: readonly string[]): Record<string, unknown> {
  const table = tableOfFile(files[0] as string);
  if (table === 'batch_task') return taskFacts(files);
  if (table === 'batch_instance') return instanceFacts(files);
  return table === 'container_event' ? eventFacts(files, CONTAINER_EVENT, 1, 2) : eventFacts(files, SERVER_EVENT, 2, 1);
}

function taskFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, BATCH_TASK);
  const byStatus = new Counts();
  const jobs = new NameSet();
  const facts = { rows: 0, instances: 0, emptyCpu: 0, endBeforeCreate: 0, endZero: 0, negativeTimes: 0, inversions: 0 };
  let firstCreateS = Number.POSITIVE_INFINITY;
  let lastCreateS = Number.NEGATIVE_INFINITY;
  let previousS = Number.NEGATIVE_INFINITY;
  while (rows.next()) {
    facts.rows++;
    jobs.add(rows.text(2));
    byStatus.add(rows.repeated(5));
    const createS = rows.number(0);
    const endS = rows.number(1);
    const instances = rows.number(4);
    if (!Number.isNaN(instances)) facts.instances += instances;
    if (rows.isEmpty(6)) facts.emptyCpu++;
    if (endS < createS) facts.endBeforeCreate++;
    if (endS === 0) facts.endZero++;
    if (createS < 0 || endS < 0) facts.negativeTimes++;
    if (createS < previousS) facts.inversions++;
    previousS = createS;
    firstCreateS = Math.min(firstCreateS, createS);
    lastCreateS = Math.max(lastCreateS, createS);
  }
  rows.close();
  return { ...facts, firstCreateS, lastCreateS, jobs: jobs.count, byStatus: byStatus.tell() };
}

function instanceFacts(files: readonly string[]): Record<string, unknown> {
  const rows = factRows(files, BATCH_INSTANCE);
  const byStatus = new Counts();
  const jobs = new NameSet();
  const machines = new NameSet();
  const facts = { rows: 0, emptyJob: 0, endBeforeStart: 0, instanceSeconds: 0 };
  while (rows.next()) {
    facts.rows++;
    if (rows.isEmpty(2)) facts.emptyJob++;
    else jobs.add(rows.repeated(2));
    if (!rows.isEmpty(4)) machines.add(rows.repeated(4));
    byStatus.add(rows.repeated(5));
    const runS = rows.number(1) - rows.number(0);
    if (runS < 0) facts.endBeforeStart++;
    else if (!Number.isNaN(runS)) facts.instanceSeconds += runS;
  }
  rows.close();
  return { ...facts, jobs: jobs.count, machines: machines.count, byStatus: byStatus.tell() };
}

/** container_event and server_event: rows by event, distinct things that they are about. */
function eventFacts(
  files: readonly string[],
  layout: typeof SERVER_EVENT,
  event: number,
  thing: number,
): Record<string, unknown> {
  const rows = factRows(files, layout);
  const byEvent = new Counts();
  const things = new NameSet();
  let count = 0;
  while (rows.next()) {
    count++;
    byEvent.add(rows.repeated(event));
    things.add(rows.text(thing));
  }
  rows.close();
  const name = layout === SERVER_EVENT ? 'machines' : 'containers';
  return { rows: count, [name]: things.count, byEvent: byEvent.tell() };
}
