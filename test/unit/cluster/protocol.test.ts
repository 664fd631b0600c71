import { describe, expect, it } from 'vitest';
import type { TaskFact } from '../../../src/model/observer.js';
import { job, runToEnd, type TinySetup, tinyCluster } from '../../support/world.js';

interface Row {
  id: string;
  startS: number;
  finishS: number;
  agent: number;
  state: string;
}

function trace(setup: TinySetup): { rows: Row[]; digest: string; nowUs: number } {
  const rows: Row[] = [];
  const observer = {
    taskEnded: (fact: TaskFact) => {
      rows.push({
        id: fact.job.record.id,
        startS: fact.startUs / 1e6,
        finishS: fact.finishUs / 1e6,
        agent: fact.agent,
        state: fact.state,
      });
    },
  };
  const cluster = tinyCluster({
    ...setup,
    observers: [observer],
    settings: { checksInvariants: true, ...setup.settings },
  });
  runToEnd(cluster);
  return { rows, digest: cluster.world.facts.digest.hex(), nowUs: cluster.world.nowUs };
}

const two = { agents: [{ cpus: 2, mem: 1024 }], frameworks: [{ name: 'a' }] };

describe('two-level protocol', () => {
  it('starts a job at once on an idle cluster, because REVIVE allocates for all agents', () => {
    const { rows } = trace({ ...two, jobs: [job('j1', 0.25, { cpus: 1, durationS: 3 })] });
    expect(rows).toEqual([{ id: 'j1', startS: 0.25, finishS: 3.25, agent: 0, state: 'finished' }]);
  });

  it('hands freed resources out at the next batch run, not before', () => {
    // The agent is full until 3.25 s; the second job waits for the tick at 4 s.
    const jobs = [job('j1', 0.25, { cpus: 2, durationS: 3 }), job('j2', 0.5, { cpus: 2, durationS: 1 })];
    expect(trace({ ...two, jobs }).rows.map((row) => row.startS)).toEqual([0.25, 4]);
  });

  it('hands them out at once when allocateOn contains recover', () => {
    const jobs = [job('j1', 0.25, { cpus: 2, durationS: 3 }), job('j2', 0.5, { cpus: 2, durationS: 1 })];
    expect(trace({ ...two, jobs, settings: { allocateOnRecover: true } }).rows.map((row) => row.startS)).toEqual([
      0.25, 3.25,
    ]);
  });

  it('adds a delay to each message: revive, offer, accept and launch', () => {
    const { rows } = trace({
      ...two,
      jobs: [job('j1', 0, { cpus: 1, durationS: 3 })],
      settings: { networkDelayUs: 10_000 },
    });
    expect(rows[0]?.startS).toBe(0.04);
  });

  it('holds a gang until it is complete and starts its tasks together', () => {
    const jobs = [
      job('short', 0, { cpus: 1, durationS: 2.5 }),
      job('gang', 0.1, { cpus: 1, count: 2, gang: true, durationS: 1 }),
    ];
    expect(trace({ ...two, jobs }).rows.map((row) => [row.id, row.startS])).toEqual([
      ['short', 0],
      ['gang', 3],
      ['gang', 3],
    ]);
  });

  it('thinks tJob + tTask·n before it accepts, one job at a time', () => {
    const frameworks = [{ name: 'a', tJobUs: 100_000, tTaskUs: 5_000 }];
    const agents = [{ cpus: 1, mem: 1024, count: 50 }];
    const jobs = [job('j1', 0, { count: 10, durationS: 5 }), job('j2', 0.05, { count: 2, durationS: 5 })];
    const { rows } = trace({ agents, frameworks, jobs });
    // j1: 0 + 0.1 + 10·0.005 = 0.15; j2: 0.15 + 0.1 + 2·0.005 = 0.26.
    expect(rows[0]?.startS).toBe(0.15);
    expect(rows[10]?.startS).toBe(0.26);
  });

  it('does not let one shape that does not fit block another, but the filter of a decline does for 5 s', () => {
    // big2 declines the rest of the agent at 0.1 s; the filter contains what "none" asks for until 5.1 s: the batch run at 6 s.
    const jobs = [
      job('big', 0, { cpus: 2, durationS: 10 }),
      job('big2', 0.1, { cpus: 2, durationS: 1 }),
      job('none', 0.2, { cpus: 0, mem: 64, durationS: 1 }),
    ];
    const { rows } = trace({ ...two, jobs });
    expect(rows.map((row) => [row.id, row.startS])).toEqual([
      ['none', 6],
      ['big', 0],
      ['big2', 10],
    ]);
  });
});
