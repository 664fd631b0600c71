import type { MachineEvent, SourceReport } from '../../model/job.js';
import type { Failure, FailureSource } from '../../model/trace-format.js';

/** Failures in order of time; equal times keep the order of the file. */
export function sourceOf(failures: readonly Failure[], report: SourceReport): FailureSource {
  const order = [...failures.keys()].sort(
    (a, b) => (failures[a] as Failure).timeUs - (failures[b] as Failure).timeUs || a - b,
  );
  let at = 0;
  const next = (): Failure | null => {
    const row = order[at++];
    return row === undefined ? null : (failures[row] as Failure);
  };
  const close = (): void => {
    at = order.length;
  };
  return { report, next, close };
}

/**
 * Failures of named agents as agents that leave and come back. Failures of one agent that overlap are one outage: it is back when the
 * last of them is over.
 */
export function machineEventsOf(failures: readonly Failure[], report: SourceReport) {
  const byAgent = new Map<string, Failure[]>();
  for (const failure of failures) {
    const known = byAgent.get(failure.agent);
    if (known === undefined) byAgent.set(failure.agent, [failure]);
    else known.push(failure);
  }
  const events: MachineEvent[] = [];
  const add = (timeUs: number, agent: string, event: 'add' | 'remove'): void =>
    void events.push({ timeUs, agent, event, amounts: undefined, attributes: {} });
  for (const [agent, list] of byAgent) {
    const rows = [...list.keys()].sort((a, b) => (list[a] as Failure).timeUs - (list[b] as Failure).timeUs || a - b);
    let endUs = -1;
    for (const row of rows) {
      const { timeUs, durationUs } = list[row] as Failure;
      if (timeUs > endUs) {
        if (endUs >= 0) add(endUs, agent, 'add');
        add(timeUs, agent, 'remove');
      }
      endUs = Math.max(endUs, timeUs + durationUs);
    }
    add(endUs, agent, 'add');
  }
  const order = [...events.keys()].sort(
    (a, b) => (events[a] as MachineEvent).timeUs - (events[b] as MachineEvent).timeUs || a - b,
  );
  let at = 0;
  const next = (): MachineEvent | null => {
    const row = order[at++];
    return row === undefined ? null : (events[row] as MachineEvent);
  };
  const close = (): void => {
    at = order.length;
  };
  return { report, next, close };
}
