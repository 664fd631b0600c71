import { Adder } from 'd3-array';
import { LineReader } from '../bytes/line-reader.js';
import { byTable } from '../google-2011/layouts.js';
import { NameSet } from '../name-set.js';

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** Counts over the tables as they stand: events by type, runs paired SCHEDULE to terminal, peaks; of several tables each has its own part. */
export function googleFacts(files: readonly string[]): Record<string, unknown> {
  const parts: [string, Record<string, unknown>][] = [];
  for (const [table, paths] of byTable(files)) {
    if (table === 'task_events') parts.push([table, taskFacts(paths)]);
    else if (table === 'machine_events') parts.push([table, machineFacts(paths)]);
    else if (table === 'job_events') parts.push([table, jobFacts(paths)]);
    else if (table === 'task_usage') parts.push([table, usageFacts(paths)]);
    else if (table !== undefined) parts.push([table, rowFacts(paths)]);
  }
  return parts.length === 1 ? (parts[0]?.[1] ?? {}) : Object.fromEntries(parts);
}

function rowFacts(files: readonly string[]): Record<string, unknown> {
  let rows = 0;
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) if (!reader.isBlank) rows++;
    reader.close();
  }
  return { rows };
}

function jobFacts(files: readonly string[]): Record<string, unknown> {
  const byEvent = new Map<string, number>();
  const byClass = new Map<string, number>();
  const jobs = new Set<string>();
  const users = new Set<string>();
  const facts = { rows: 0, firstUs: Number.POSITIVE_INFINITY, lastUs: Number.NEGATIVE_INFINITY };
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.split() < 8) continue;
      facts.rows++;
      const timeUs = reader.number(0);
      if (timeUs < facts.firstUs) facts.firstUs = timeUs;
      if (timeUs > facts.lastUs) facts.lastUs = timeUs;
      count(byEvent, reader.repeated(3));
      if (!reader.isEmpty(5)) count(byClass, reader.repeated(5));
      jobs.add(reader.text(2));
      users.add(reader.repeated(4));
    }
    reader.close();
  }
  return {
    ...facts,
    jobs: jobs.size,
    users: users.size,
    byEvent: Object.fromEntries(byEvent),
    byClass: Object.fromEntries(byClass),
  };
}

function usageFacts(files: readonly string[]): Record<string, unknown> {
  const tasks = new NameSet();
  const jobs = new NameSet();
  const machines = new NameSet();
  const cpu = new Adder();
  const facts = { rows: 0, firstUs: Number.POSITIVE_INFINITY, lastUs: Number.NEGATIVE_INFINITY };
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.split() < 19) continue;
      facts.rows++;
      const [startUs, endUs] = [reader.number(0), reader.number(1)];
      if (startUs < facts.firstUs) facts.firstUs = startUs;
      if (endUs > facts.lastUs) facts.lastUs = endUs;
      const job = reader.repeated(2);
      jobs.add(job);
      tasks.add(`${job}/${reader.repeated(3)}`);
      machines.add(reader.repeated(4));
      const used = (reader.number(5) * (endUs - startUs)) / 1e6;
      if (!Number.isNaN(used)) cpu.add(used);
    }
    reader.close();
  }
  const counts = { jobs: jobs.count, tasks: tasks.count, machines: machines.count };
  return { ...facts, ...counts, cpuSeconds: cpu.valueOf() };
}

function taskFacts(files: readonly string[]): Record<string, unknown> {
  const byEvent = new Map<string, number>();
  const endedBy = new Map<string, number>();
  const jobs = new Set<string>();
  const tasks = new Map<string, number>();
  let rows = 0;
  let ended = 0;
  let ranUs = 0;
  let running = 0;
  let peakRunning = 0;
  let unscheduled = 0;
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.split() < 13) continue;
      rows++;
      const kind = reader.number(5);
      const timeUs = reader.number(0);
      count(byEvent, String(kind));
      const job = reader.repeated(2);
      jobs.add(job);
      const task = `${job}/${reader.repeated(3)}`;
      const startUs = tasks.get(task) ?? -1;
      if (kind === 1) {
        if (startUs < 0) running++;
        peakRunning = Math.max(peakRunning, running);
        tasks.set(task, timeUs);
      } else if (kind >= 2 && kind <= 6) {
        if (startUs < 0) unscheduled++;
        else {
          ended++;
          running--;
          ranUs += timeUs - startUs;
          count(endedBy, String(kind));
        }
        tasks.set(task, -1);
      } else if (startUs < 0) tasks.set(task, -1);
    }
    reader.close();
  }
  return {
    rows,
    byEvent: Object.fromEntries(byEvent),
    jobs: jobs.size,
    tasks: tasks.size,
    runsEnded: ended,
    runsEndedBy: Object.fromEntries(endedBy),
    runMicrosecondsOfEnded: ranUs,
    runningAtEnd: running,
    terminalWithoutSchedule: unscheduled,
    peakRunning,
  };
}

function machineFacts(files: readonly string[]): Record<string, unknown> {
  const byEvent = new Map<string, number>();
  const downSince = new Map<string, number>();
  const up = new Set<string>();
  let rows = 0;
  let peak = 0;
  let returns = 0;
  let downUs = 0;
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      if (reader.split() < 6) continue;
      rows++;
      const kind = reader.number(2);
      const machine = reader.text(1);
      const timeUs = reader.number(0);
      count(byEvent, String(kind));
      if (kind === 1) {
        up.delete(machine);
        downSince.set(machine, timeUs);
      } else if (kind === 0) {
        const since = downSince.get(machine);
        if (since !== undefined) {
          returns++;
          downUs += timeUs - since;
          downSince.delete(machine);
        }
        up.add(machine);
        peak = Math.max(peak, up.size);
      }
    }
    reader.close();
  }
  return {
    rows,
    byEvent: Object.fromEntries(byEvent),
    peakMachinesUp: peak,
    removalsFollowedByAdd: returns,
    downMicrosecondsOfThose: downUs,
    upAtEnd: up.size,
  };
}
