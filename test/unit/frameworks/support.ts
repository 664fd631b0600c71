import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import type { ClusterObserver, ClusterView } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

/** One attempt of a task as it ended (or stands at the end). */
export interface Attempt {
  readonly task: string;
  readonly attempt: number;
  readonly agent: string;
  readonly startS: number;
  readonly finishS: number;
  readonly state: string;
  readonly reason: string;
  readonly isHost: boolean;
}

export interface Played {
  readonly attempts: readonly Attempt[];
  /** `time name value` of every number that a framework told. */
  readonly gauges: readonly string[];
  readonly finishS: ReadonlyMap<string, number>;
  readonly states: ReadonlyMap<string, string>;
  readonly simulation: Simulation;
  /** Attempts of one job, in order of their start. */
  of(job: string): Attempt[];
}

/** Plays a scenario; `files` are written beside it. */
export function play(
  document: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, string>> = {},
): Played {
  const folder = mkdtempSync(join(tmpdir(), 'mesosim-framework-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const witness = new Witness();
    const text = JSON.stringify({ name: 'play', metrics: { sample: '100 d' }, ...document });
    const simulation = new Simulation(parseScenario(text, join(folder, 'scenario.json')), {
      checksInvariants: true,
      observe: (cluster) => [witness.watch(cluster)],
    });
    simulation.run();
    simulation.close();
    return { ...witness.seen, simulation, of: (job) => witness.of(job) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Witness {
  readonly seen = {
    attempts: [] as Attempt[],
    gauges: [] as string[],
    finishS: new Map<string, number>(),
    states: new Map<string, string>(),
  };

  of(job: string): Attempt[] {
    return this.seen.attempts.filter(({ task }) => task.startsWith(`${job}/`)).sort((a, b) => a.startS - b.startS);
  }

  watch(cluster: ClusterView): ClusterObserver {
    const { attempts, gauges, finishS, states } = this.seen;
    return {
      taskEnded: ({ job, group, index, attempt, agent, startUs, finishUs, state, reason }) =>
        void attempts.push({
          task: `${job.record.id}/${group.name === '' ? '' : `${group.name}-`}${index}`,
          attempt,
          agent: agent < 0 ? '' : cluster.agentName(agent),
          startS: startUs / 1e6,
          finishS: finishUs / 1e6,
          state,
          reason,
          isHost: job.record.isHost === true,
        }),
      gauged: (_framework, name, value) => void gauges.push(`${cluster.nowUs / 1e6} ${name} ${value}`),
      jobEnded: (job) => {
        finishS.set(job.record.id, job.finishUs / 1e6);
        states.set(job.record.id, job.state);
      },
    };
  }
}

/** Native tables of jobs: `id submit tasks seconds inputs` and stages that follow. */
export interface TableJob {
  readonly id: string;
  readonly atS?: number;
  readonly queue?: string;
  readonly tasks: readonly {
    readonly name?: string;
    readonly count?: number;
    readonly s: number;
    readonly after?: string;
    readonly inputs?: string;
    readonly inputMib?: number;
    readonly outputMib?: number;
  }[];
}

export function tables(jobs: readonly TableJob[]): Record<string, string> {
  const rows = jobs.map(({ id, queue, atS }) => `${id},${queue ?? ''},${atS ?? 0}`);
  const tasks = jobs.flatMap(({ id, tasks: groups }) =>
    groups.map(({ name, count, s, after, inputs, inputMib, outputMib }) =>
      [id, name ?? '', count ?? 1, 1, s, after ?? '', inputs ?? '', inputMib ?? '', outputMib ?? ''].join(','),
    ),
  );
  return {
    'workload-jobs.csv': `job_id,queue,submit_s\n${rows.join('\n')}\n`,
    'workload-tasks.csv': `job_id,task,count,cpus,duration_s,after,inputs,input_mib,output_mib\n${tasks.join('\n')}\n`,
  };
}

export const TRACE = { trace: 'workload-jobs.csv' };

/** The message of the user's mistake that an action meets, without the folder of its file. */
export function mistake(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof InputError || error instanceof InputErrors) return error.format().replace(/^\S*\//, '');
    throw error;
  }
  return 'none';
}
