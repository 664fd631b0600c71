import type { AgentRecord, MachineEvent, SourceReport } from '../model/job.js';

/** Events of machines, read as a whole: the tables are small. */
export interface MachineList {
  readonly events: readonly MachineEvent[];
  readonly report: SourceReport;
}

/** The events in order of time, those of the same time in that of the file. */
export function inTimeOrder(events: readonly MachineEvent[]): MachineEvent[] {
  const order = [...events.keys()].sort(
    (a, b) => (events[a] as MachineEvent).timeUs - (events[b] as MachineEvent).timeUs || a - b,
  );
  return order.map((row) => events[row] as MachineEvent);
}

/** Machines that are there when the cluster begins, at the origin. */
export function agentsAt({ events, report }: MachineList, originUs: number) {
  const agents = new Map<string, AgentRecord>();
  for (const { agent, amounts, attributes, timeUs } of events) {
    if (timeUs > originUs) break;
    if (amounts === undefined) agents.delete(agent);
    else agents.set(agent, { id: agent, amounts, attributes });
  }
  return { agents: [...agents.values()], report };
}

/** What happens to machines after the origin: who is away cannot go, who is there changes when it is added again. */
export function eventsAfter({ events, report }: MachineList, originUs: number) {
  const up = new Set<string>();
  let index = 0;
  const next = (): MachineEvent | null => {
    while (index < events.length) {
      const event = events[index++] as MachineEvent;
      const wasUp = up.has(event.agent);
      if (event.event === 'remove') up.delete(event.agent);
      else up.add(event.agent);
      if (event.timeUs <= originUs || (event.event === 'remove' && !wasUp)) continue;
      return event.event === 'add' && wasUp ? { ...event, event: 'update' } : event;
    }
    return null;
  };
  return {
    report,
    next,
    close: () => {
      index = events.length;
    },
  };
}
