import { LineReader } from '../bytes/line-reader.js';

const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** Counts over task_events or machine_events as they stand: events by type, runs paired SCHEDULE to terminal, peaks. */
export function googleFacts(files: readonly string[]): Record<string, unknown> {
  const reader = new LineReader(files[0] as string);
  const columns = reader.nextLine() ? reader.split() : 0;
  reader.close();
  return columns >= 13 ? taskFacts(files) : machineFacts(files);
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
      jobs.add(reader.text(2));
      const task = `${reader.text(2)}/${reader.text(3)}`;
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
