import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterObserver, TaskFact } from '../../src/model/observer.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';

export interface StartedTask {
  readonly id: string;
  readonly atS: number;
  readonly agent: string;
}

export interface EndedTask extends StartedTask {
  readonly state: string;
  readonly reason: string;
  readonly ranS: number;
}

/** What tests of frameworks look at. */
export interface FrameworkRun {
  readonly simulation: Simulation;
  readonly started: readonly StartedTask[];
  readonly ended: readonly EndedTask[];
  /** Rows of events.csv of a framework's own: its event, and its detail as keys and values. */
  readonly notes: readonly { readonly event: string; readonly atS: number; readonly detail: Record<string, string> }[];
  readonly gauges: ReadonlyMap<string, number>;
  /** What a task of a job asked for, by the job's queue, else its id. */
  readonly amounts: ReadonlyMap<string, Float64Array>;
}

/** Runs one scenario in a folder of its own with the given files beside it, invariants checked after every event. */
export function runFramework(document: object, files: Readonly<Record<string, unknown>> = {}): FrameworkRun {
  const folder = mkdtempSync(join(tmpdir(), 'mesosim-framework-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    const scenario = parseScenario(JSON.stringify({ name: 'test', ...document }), join(folder, 'test.json'));
    const started: StartedTask[] = [];
    const ended: EndedTask[] = [];
    const notes: FrameworkRun['notes'][number][] = [];
    const gauges = new Map<string, number>();
    const amounts = new Map<string, Float64Array>();
    const simulation = new Simulation(scenario, {
      checksInvariants: true,
      observe: (cluster) => {
        const startOf = (fact: TaskFact): StartedTask => ({
          id: `${fact.job.record.id}${fact.group.count > 1 ? `/${fact.index}` : ''}`,
          atS: cluster.nowUs / 1e6,
          agent: cluster.agentName(fact.agent),
        });
        const observer: ClusterObserver = {
          taskStarted: (fact) => {
            started.push(startOf(fact));
            amounts.set(fact.job.record.queue || fact.job.record.id, fact.group.amounts);
          },
          taskEnded: (fact) => {
            const { state, reason, startUs } = fact;
            const ranS = startUs < 0 ? 0 : (cluster.nowUs - startUs) / 1e6;
            ended.push({ ...startOf(fact), state, reason, ranS });
          },
          event: ({ event, detail }) => void notes.push({ event, atS: cluster.nowUs / 1e6, detail: pairsOf(detail) }),
          gauged: (_framework, name, value) => void gauges.set(name, value),
        };
        return [observer];
      },
    });
    simulation.run();
    simulation.close();
    return { simulation, started, ended, notes, gauges, amounts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pairsOf(detail: string): Record<string, string> {
  const pairs = detail.split(' ').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
