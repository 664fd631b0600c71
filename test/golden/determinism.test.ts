import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { allocators } from '../../src/allocators/index.js';
import { metrics } from '../../src/metrics/index.js';
import type { JobView } from '../../src/model/observer.js';
import { WAIT_CAUSES } from '../../src/model/waits.js';
import { loadScenario, parseScenario } from '../../src/scenario/load.js';
import { runScenario } from '../../src/scenario/run.js';
import { Simulation, type SimulationOptions } from '../../src/scenario/simulation.js';
import { LineReader } from '../../src/workloads/bytes/line-reader.js';
import { loadAllocators } from '../support/solver.js';

const quick = (): ReturnType<typeof loadScenario> =>
  loadScenario('scenarios/quick-start.yaml', ['workload.maxJobs=150']);

function digest(options: SimulationOptions = {}, drive: (run: Simulation) => void = (run) => run.run()): string {
  const run = new Simulation(quick(), options);
  drive(run);
  run.close();
  return run.digest;
}

/** Few and small; a moved one needs a line in CHANGELOG.md that says which results move and why. */
const GOLDEN = 'test/golden/digests.json';

beforeAll(loadAllocators);

describe('determinism', () => {
  const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Record<string, string>;

  for (const [allocator, expected] of Object.entries(golden)) {
    it(`keeps the digest of the quick start's first jobs under ${allocator}`, () => {
      expect(digest({ allocator })).toBe(expected);
    });
  }

  it('gives the same facts stepped, run in pieces and run at once', () => {
    const whole = digest();
    expect(
      digest({}, (run) => {
        while (run.step());
      }),
    ).toBe(whole);
    expect(
      digest({}, (run) => {
        for (let us = 0; !run.isOver; us += 137_000_000) run.runUntil(us);
      }),
    ).toBe(whole);
  });

  it('gives the same facts with all metrics on and off', async () => {
    const names = metrics
      .list()
      .map((metric) => metric.name)
      .filter((name) => name !== 'offers');
    const on = await runScenario(quick(), { extraMetrics: names });
    const off = await runScenario(quick(), { withMetrics: false });
    expect(on.digest).toBe(off.digest);
  });

  it('leaves the arrivals as they were when the allocator is swapped, and counts every job, under every allocator', () => {
    const arrivals = new Set<string>();
    for (const definition of allocators.list()) {
      const run = new Simulation(quick(), {
        allocator: definition.name,
        untilUs: 3_000_000_000,
        checksInvariants: false,
      });
      run.run();
      run.close();
      arrivals.add(run.arrivalsDigest);
      const { intake } = run.cluster;
      const states = [...run.view.liveJobs()].length;
      expect(intake.submittedCount, definition.name).toBe(intake.endedCount + intake.rejectedCount + states);
    }
    expect(arrivals.size).toBe(1);
  });

  it("keeps Little's law exactly on a run that empties: ∫N dt = Σ sojourn", () => {
    for (const allocator of Object.keys(golden)) {
      let sojournUs = 0;
      let areaUs = 0;
      let live = 0;
      let lastUs = 0;
      const run = new Simulation(quick(), {
        allocator,
        observe: (cluster) => {
          const advance = (): void => {
            areaUs += live * (cluster.nowUs - lastUs);
            lastUs = cluster.nowUs;
          };
          return [
            {
              jobArrived: () => {
                advance();
                live++;
              },
              jobEnded: (job: JobView) => {
                advance();
                live--;
                sojournUs += job.finishUs - job.submitUs;
              },
            },
          ];
        },
      });
      run.run();
      run.close();
      expect(live, allocator).toBe(0);
      expect(areaUs, allocator).toBe(sojournUs);
    }
  });
});

describe('waits.csv', () => {
  it('sums per framework exactly to the waits of all attempts, unfinished ones counted to the end', async () => {
    for (const allocator of ['drf', 'priority[preemption=true]', 'market-uniform']) {
      const waited = new Map<number, number>();
      const add = (framework: number, us: number): void =>
        void waited.set(framework, (waited.get(framework) ?? 0) + us);
      const run = new Simulation(quick(), {
        allocator,
        untilUs: 2_000_000_000,
        observe: (cluster) => {
          cluster.chargeWaits();
          return [
            {
              taskEnded: (fact) =>
                add(fact.framework, (fact.startUs < 0 ? fact.finishUs : fact.startUs) - fact.queuedUs),
            },
          ];
        },
      });
      run.run();
      for (const fact of run.view.liveTasks()) {
        // What still waits for other tasks has not been queued.
        add(fact.framework, (fact.startUs < 0 ? run.nowUs : fact.startUs) - fact.queuedUs);
      }
      run.close();
      for (let framework = 0; framework < run.view.frameworkCount; framework++) {
        const charged = WAIT_CAUSES.reduce((sum, _cause, row) => sum + run.view.waitSeconds(framework, row), 0);
        expect(charged, `${allocator} ${run.view.frameworkName(framework)}`).toBeCloseTo(
          (waited.get(framework) ?? 0) / 1e6,
          3,
        );
      }
    }
  });
});

const OMEGA = '../shared/traces/omega-cell/example-10k.csv.gz';

describe.skipIf(!existsSync(OMEGA))('omega-cell example-10k', () => {
  it('waits exactly as a Lindley recursion says when think times are C + L·n and everything fits', () => {
    // W(n+1) = max(0, W(n) + S(n) − A(n+1)), S = C + L·tasks; a job starts when its decision ends.
    const [tJobUs, tTaskUs] = [10_000, 500];
    const expected = new Map<string, number>();
    const reader = new LineReader(OMEGA);
    reader.nextLine();
    let freeUs = 0;
    while (reader.nextLine()) {
      reader.split();
      const submitUs = Math.round(reader.number(1) * 1e6);
      freeUs = Math.max(freeUs, submitUs) + tJobUs + tTaskUs * reader.number(3);
      expected.set(reader.text(0), freeUs - submitUs);
    }
    reader.close();
    const scenario = parseScenario(
      JSON.stringify({
        name: 'omega',
        workload: { trace: OMEGA },
        cluster: { agents: [{ count: 10_000, cpus: 4, mem: '16 GiB' }] },
        frameworks: [{ name: 'all', scheduler: { tJob: '10 ms', tTask: '500 us' } }],
      }),
      'omega.json',
    );
    const got = new Map<string, number>();
    const run = new Simulation(scenario, {
      observe: () => [{ jobEnded: (job: JobView) => void got.set(job.record.id, job.waitEndUs - job.submitUs) }],
    });
    run.run();
    run.close();
    expect(got.size).toBe(expected.size);
    const wrong = [...expected].filter(([id, wait]) => got.get(id) !== wait);
    expect(wrong.slice(0, 3).map(([id, wait]) => [id, wait, got.get(id)])).toEqual([]);
  });
});
