import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/core/random.js';
import { faults } from '../../../src/faults/index.js';
import type { FaultContext, FaultSink } from '../../../src/model/fault.js';
import type { JobRecord } from '../../../src/model/job.js';
import { emptyReport } from '../../../src/model/job.js';
import type { SummaryRow } from '../../../src/model/metric.js';
import type { Failure } from '../../../src/model/trace-format.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { runScenario } from '../../../src/scenario/run.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import { jobRecord, taskGroup } from '../../../src/workloads/records.js';
import { inputErrorOf, traceFolder } from '../../support/traces.js';

const { file, folder } = traceFolder();

const scenarioOf = (text: string) => parseScenario(text, join(folder, 'test.yaml'));
const value = (summary: readonly SummaryRow[], metric: string): number | undefined =>
  summary.find((row) => row.metric === metric && row.scope === 'cluster')?.value;

/** A fault alone, with what it does to the agents as a log. */
function alone(
  text: string,
  options: Record<string, unknown>,
  agents: FaultContext['agents'],
  failures: Failure[] = [],
) {
  const streams = new Streams(1);
  let at = 0;
  const { definition, options: values } = faults.resolve(text, {}, options);
  const fault = definition.create(values, {
    agents,
    frameworks: ['alpha', 'beta'],
    random: (purpose) => streams.stream(purpose),
    openFailures: (files) => ({
      report: emptyReport('t', [...files]),
      next: () => failures[at++] ?? null,
      close: () => undefined,
    }),
  });
  const log: string[] = [];
  let nowUs = 0;
  const sink: FaultSink = {
    fail: (agent) => void log.push(`${nowUs / 1e6} - ${agents[agent]?.id}`),
    repair: (agent) => void log.push(`${nowUs / 1e6} + ${agents[agent]?.id}`),
    disconnect: (framework) => void log.push(`${nowUs / 1e6} off ${framework}`),
    reconnect: (framework) => void log.push(`${nowUs / 1e6} on ${framework}`),
    failMaster: () => void log.push(`${nowUs / 1e6} master off`),
    repairMaster: () => void log.push(`${nowUs / 1e6} master on`),
  };
  const until = (endUs: number): string[] => {
    for (nowUs = fault.nextUs(); nowUs <= endUs; nowUs = fault.nextUs()) fault.act(nowUs, sink);
    return log;
  };
  return { fault, until };
}

const rack = (count: number): FaultContext['agents'] =>
  Array.from({ length: count }, (_, row) => ({ id: `a${row}`, attributes: { rack: `r${row % 2}` } }));

describe('framework-failure', () => {
  it('takes schedulers away and gives them back by its distributions; those named, or all', () => {
    const times = { mtbf: { deterministic: { value: '10 s' } }, repair: { deterministic: { value: '4 s' } } };
    const { until, fault } = alone('framework-failure', { ...times, framework: 'beta' }, rack(1));
    // Row 1 is beta: away from 10 s to 14 s and from 24 s to 28 s.
    expect(until(30e6)).toEqual(['10 off 1', '14 on 1', '24 off 1', '28 on 1']);
    expect(fault.nextRepairUs()).toBe(Number.POSITIVE_INFINITY);
    expect(alone('framework-failure', times, rack(1)).until(12e6)).toEqual(['10 off 0', '10 off 1']);
  });

  it('knows its frameworks', () => {
    const error = inputErrorOf(() => alone('framework-failure', { framework: 'gamma' }, rack(1)));
    expect(error).toContain('E_FAULT');
    expect(error).toContain('no framework "gamma"');
  });
});

describe('agent-failure', () => {
  it('alternates up and down by its distributions', () => {
    const times = { mtbf: { deterministic: { value: '10 s' } }, repair: { deterministic: { value: '4 s' } } };
    const { until, fault } = alone('agent-failure', times, rack(1));
    expect(until(30e6)).toEqual(['10 - a0', '14 + a0', '24 - a0', '28 + a0']);
    expect([fault.nextUs(), fault.nextRepairUs()]).toEqual([38e6, Number.POSITIVE_INFINITY]);
  });

  it('takes down only the agents that it is told to, a whole domain at once', () => {
    const times = { mtbf: { deterministic: { value: '10 s' } }, repair: { deterministic: { value: '1 s' } } };
    expect(alone('agent-failure', { ...times, where: 'rack=r1' }, rack(4)).until(10e6)).toEqual(['10 - a1', '10 - a3']);
    const domain = alone('agent-failure', { mtbf: '1 h', repair: '1 s', domain: 'rack' }, rack(4)).until(3600e6 * 20);
    const first = domain.slice(0, 4).map((line) => line.split(' '));
    expect(first[0]?.[0]).toBe(first[1]?.[0]);
    expect(inputErrorOf(() => alone('agent-failure', { where: 'rack=r7' }, rack(4)))).toMatch(
      /E_FAULT.*no agent has rack=r7/,
    );
  });

  it('has the availability of its means: mtbf / (mtbf + repair)', () => {
    // 200 agents for 1000 h, mtbf 9 h, repair 1 h: 10 % down; 20,000 cycles, so that the standard error is below 0.15 %.
    const { until } = alone('agent-failure', { mtbf: '9 h', repair: '1 h' }, rack(200));
    const endS = 3600 * 1000;
    let down = 0;
    const since = new Map<string, number>();
    for (const line of until(endS * 1e6)) {
      const [at, sign, agent] = line.split(' ') as [string, string, string];
      if (sign === '-') since.set(agent, Number(at));
      else {
        down += Number(at) - (since.get(agent) as number);
        since.delete(agent);
      }
    }
    for (const at of since.values()) down += endS - at;
    expect(down / (200 * endS)).toBeGreaterThan(0.095);
    expect(down / (200 * endS)).toBeLessThan(0.105);
  });
});

describe('failure-trace', () => {
  const failure = (timeS: number, durationS: number, more: Partial<Failure>): Failure => ({
    timeUs: timeS * 1e6,
    durationUs: durationS * 1e6,
    agent: '',
    share: 0,
    cause: '',
    ...more,
  });

  it('replays failures of named agents, leaves strangers alone, and scales time', () => {
    const list = [failure(5, 10, { agent: 'a1' }), failure(6, 1, { agent: 'nobody' }), failure(8, 1, { agent: 'a0' })];
    expect(alone('failure-trace', { file: 'x' }, rack(2), list).until(1e9)).toEqual([
      '5 - a1',
      '8 - a0',
      '9 + a0',
      '15 + a1',
    ]);
    expect(alone('failure-trace', { file: 'x', timeScale: 2 }, rack(2), list).until(11e6)).toEqual(['10 - a1']);
  });

  it('takes a share of the agents that are up, at least one', () => {
    const { until } = alone('failure-trace', { file: 'x' }, rack(8), [
      failure(1, 100, { share: 0.5 }),
      failure(2, 1, { share: 0.5 }),
      failure(3, 50, { share: 0.5 }),
    ]);
    const log = until(3e6);
    const at = (second: number): string[] =>
      log.filter((line) => line.startsWith(`${second} -`)).map((line) => line.slice(4));
    expect([at(1).length, at(2).length, at(3).length]).toEqual([4, 4, 4]);
    expect(new Set([...at(1), ...at(2)]).size).toBe(8);
    expect(new Set([...at(1), ...at(3)]).size).toBe(8);
    expect(alone('failure-trace', { file: 'x' }, rack(8), [failure(1, 1, { share: 0.01 })]).until(1e6)).toHaveLength(1);
    expect(inputErrorOf(() => alone('failure-trace', { file: 'x' }, rack(1), []))).toMatch(/E_FAULT/);
  });
});

describe('straggler', () => {
  it('parts slow tasks from the others, keeps who waits for whom, and slows gangs as a whole', () => {
    const amounts = Float64Array.of(1000, 0, 0, 0);
    const job = (): JobRecord =>
      jobRecord({
        id: 'j',
        submitUs: 0,
        groups: [
          taskGroup({ name: 'map', count: 1000, amounts, durationUs: 10e6 }),
          taskGroup({ name: 'reduce', count: 1, amounts, durationUs: 4e6, after: ['map'] }),
          taskGroup({ name: 'gang', count: 1000, gang: true, amounts, durationUs: 6e6 }),
        ],
      });
    const { fault } = alone('straggler', { share: 0.1, factor: 3 }, []);
    let left = 1;
    const source = fault.jobs?.({
      report: emptyReport('t', []),
      next: () => (left-- > 0 ? job() : null),
      close: () => undefined,
    });
    const groups = source?.next()?.groups ?? [];
    const [map, slow] = groups;
    expect([map?.name, slow?.name, map?.durationUs, slow?.durationUs]).toEqual(['map', 'map~slow', 10e6, 30e6]);
    expect((map?.count ?? 0) + (slow?.count ?? 0)).toBe(1000);
    // 100 are expected; 4 standard deviations are 38.
    expect(Math.abs((slow?.count ?? 0) - 100)).toBeLessThan(38);
    expect(groups.find(({ name }) => name === 'reduce')?.after).toEqual(['map', 'map~slow']);
    expect(groups.find(({ name }) => name === 'gang')).toMatchObject({ count: 1000, durationUs: 18e6 });
  });
});

describe('faults in a run', () => {
  const base = (more: string, jobs = 'tasks: 2, duration: 100 s') => `name: f
workload: { jobs: [{ id: j, ${jobs} }] }
cluster: { agents: [{ count: 2, cpus: 1, mem: 1 GiB }] }
frameworks: [{ name: b }]
${more}`;

  it('lose tasks that are tried again, and tell of it', async () => {
    // Both start at 0. agent-0 is down from 50 to 60 s: its task starts anew at 60 s and ends at 160 s.
    file('time_s,agent_id,duration_s\n50,agent-0,10\n500,agent-0,10\n', 'down.csv');
    const scenario = scenarioOf(base('faults: [{ type: failure-trace, file: down.csv }]'));
    const { summary, endS } = await runScenario(scenario, { checksInvariants: true });
    expect(endS).toBe(160);
    expect(
      ['jobs_finished', 'task_retries', 'agents_left', 'agents_down_s', 'attempts_agent_lost', 'lost_work_s'].map(
        (metric) => value(summary, metric),
      ),
    ).toEqual([1, 1, 1, 10, 1, 50]);
    expect(value(summary, 'agents_availability')).toBeCloseTo(1 - 10 / 320, 9);
  });

  it('wait for repairs when nothing can run, and end without waiting for further failures', async () => {
    file('time_s,agent_id,duration_s\n0,agent-0,90000\n0,agent-1,90000\n', 'all.csv');
    const down = await runScenario(scenarioOf(base('faults: [{ type: failure-trace, file: all.csv }]')));
    expect([down.endS, down.isStalled, value(down.summary, 'jobs_finished')]).toEqual([90100, false, 1]);
    const random = await runScenario(scenarioOf(base('faults: [{ type: agent-failure, mtbf: 1000 d, repair: 1 h }]')));
    expect(random.endS).toBe(100);
    expect(value(random.summary, 'agents_left')).toBeUndefined();
  });

  it('hold an agent down together until the last of them lets go', async () => {
    file('time_s,agent_id,duration_s\n10,agent-0,40\n', 'one.csv');
    file('time_s,agent_id,duration_s\n20,agent-0,10\n', 'two.csv');
    const both = 'faults: [{ type: failure-trace, file: one.csv }, { type: failure-trace, file: two.csv }]';
    const { summary } = await runScenario(scenarioOf(base(both)), { checksInvariants: true });
    expect([value(summary, 'agents_left'), value(summary, 'agents_down_s')]).toEqual([1, 40]);
  });

  it('are the same under every policy, stepped or run, lazy or naive', () => {
    const text = `name: f
workload: { synthetic: { jobs: 60, arrivals: { poisson: { rate: 0.05 /s } }, tasks: 4, duration: { exponential: { mean: 200 s } } } }
cluster: { agents: [{ count: 6, cpus: 4, mem: 4 GiB }] }
frameworks: [{ name: b }]
faults: [{ type: agent-failure, mtbf: 10 min, repair: 3 min }, { type: straggler, share: 0.2, factor: 2 }]`;
    const runOf = (options: object): Simulation => {
      const simulation = new Simulation(scenarioOf(text), { checksInvariants: true, ...options });
      simulation.run();
      simulation.close();
      return simulation;
    };
    const plain = runOf({});
    expect(runOf({ isNaive: true }).digest).toBe(plain.digest);
    const stepped = new Simulation(scenarioOf(text));
    while (stepped.step());
    stepped.close();
    expect(stepped.digest).toBe(plain.digest);
    const other = runOf({ placement: 'worst-fit', order: 'lpt' });
    expect(other.arrivalsDigest).toBe(plain.arrivalsDigest);
  });

  it('are checked when the scenario is read', () => {
    expect(inputErrorOf(() => scenarioOf(base('faults: [{ type: agent-falure }]')))).toMatch(
      /test\.yaml:5:18: error E_PLUGIN_UNKNOWN/,
    );
    expect(inputErrorOf(() => scenarioOf(base('faults: [{ type: agent-failure, mtfb: 3 d }]')))).toMatch(
      /E_OPTION_UNKNOWN/,
    );
    expect(inputErrorOf(() => scenarioOf(base('faults: [{ type: straggler, share: 2 }]')))).toMatch(/E_OPTION_VALUE/);
    const odd = base('faults: [{ type: agent-failure, mtbf: { weibul: {} } }]');
    expect(inputErrorOf(() => new Simulation(scenarioOf(odd)))).toMatch(/E_DISTRIBUTION/);
  });
});
