import type { RunData, TaskRow } from './run-data.js';

interface Slice {
  readonly task: TaskRow;
  readonly agent: number;
  readonly endS: number;
}

/** Chrome's Trace Event Format (JSON), which ui.perfetto.dev opens: one process per agent, tasks as slices in lanes. */
export function perfetto(run: RunData): Map<string, string> {
  const lines: string[] = [];
  for (const [name, agent] of run.agents) {
    lines.push(JSON.stringify({ ph: 'M', name: 'process_name', pid: agent + 1, args: { name } }));
  }
  const slices = run.tasks.flatMap((task) => sliceOf(task, run));
  slices.sort((a, b) => a.task.startS - b.task.startS || a.agent - b.agent || (a.task.id < b.task.id ? -1 : 1));
  const lanes = new Map<number, number[]>();
  for (const { task, agent, endS } of slices) {
    const lane = laneFor(lanes, agent, task.startS, endS);
    lines.push(
      JSON.stringify({
        ph: 'X',
        name: task.job,
        cat: task.state,
        pid: agent + 1,
        tid: lane + 1,
        ts: Math.round(task.startS * 1e6),
        dur: Math.round((endS - task.startS) * 1e6),
        args: {
          task: task.id,
          attempt: task.attempt,
          state: task.state,
          reason: task.reason,
          cpus: task.cpus,
          mem_mib: task.memMib,
          wait_s: Number((task.startS - task.queuedS).toFixed(6)),
        },
      }),
    );
  }
  return new Map([['trace.json', `{"displayTimeUnit":"ms","traceEvents":[\n${lines.join(',\n')}\n]}\n`]]);
}

function sliceOf(task: TaskRow, run: RunData): Slice[] {
  const agent = run.agents.get(task.agent);
  if (agent === undefined || !Number.isFinite(task.startS)) return [];
  const endS = Number.isFinite(task.finishS) ? task.finishS : Math.max(task.startS, run.manifest.end_s ?? task.startS);
  return [{ task, agent, endS }];
}

/** The first lane of the agent that is free: slices of one lane must not overlap. */
function laneFor(lanes: Map<number, number[]>, agent: number, startS: number, endS: number): number {
  const ends = lanes.get(agent) ?? [];
  lanes.set(agent, ends);
  let lane = ends.findIndex((end) => end <= startS);
  if (lane < 0) lane = ends.length;
  ends[lane] = endS;
  return lane;
}
