import { HeapBounds } from '../../src/cli/memory.js';
import type { Cluster } from '../../src/cluster/cluster.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
import { cpuSecondsOf, type Figure, type Told } from '../figure.js';
import { countsOf } from './poisson.js';

const SHARED = '../shared/traces';
const LCG = `${SHARED}/swf/LCG-2005-1.swf.gz`;
const NASA = `${SHARED}/swf/NASA-iPSC-1993-3.1-cln.swf.gz`;
const OMEGA = `${SHARED}/omega-cell/example-10k.csv.gz`;
const OPENB = `${SHARED}/openb`;
const GOOGLE = `${SHARED}/google2011`;
const LCG_JOBS = 188_041;

/** A whole run: reading, the full offer model, no tables. CPU seconds. */
function run(document: Record<string, unknown>): Told {
  let done: Cluster | undefined;
  const cpuS = cpuSecondsOf(() => {
    const simulation = new Simulation(parseScenario(JSON.stringify({ name: 'bench', ...document }), 'bench.json'));
    const heap = new HeapBounds();
    simulation.run({ onProgress: ({ jobsLive }) => heap.fit(jobsLive) });
    simulation.close();
    done = simulation.cluster;
  });
  return { value: cpuS, counts: countsOf(done as unknown as Cluster, cpuS) };
}

/** The LCG log on its cluster: jobs per CPU second. */
function runLcg(rest: Record<string, unknown>): Told {
  const told = run({ workload: { trace: LCG }, cluster: fourCores, ...rest });
  return { ...told, value: LCG_JOBS / told.value };
}

const small = { agents: [{ count: 128, cpus: 1, mem: '1 GiB' }] };
const fourCores = { agents: [{ count: 6129, cpus: 4, mem: '16 GiB' }] };
/** A day of the cell under these frameworks. */
const omega = (...frameworks: object[]): Record<string, unknown> => ({
  workload: { trace: OMEGA },
  cluster: { agents: [{ count: 10_000, cpus: 4, mem: '16 GiB' }] },
  frameworks,
  until: '86400 s',
});

/** Full replays of real logs. */
export const replayFigures: Figure[] = [
  {
    name: 'NASA-iPSC log, 128 one-CPU agents, gangs',
    unit: 'CPU s',
    better: 'less',
    floor: 1.5,
    needs: [NASA],
    measure: () =>
      run({ workload: { trace: NASA }, cluster: small, frameworks: [{ name: 'all', gangRelease: '1 h' }] }),
  },
  {
    name: 'LCG log, null allocator',
    unit: 'jobs/s',
    better: 'more',
    floor: 230_000,
    needs: [LCG],
    measure: () => runLcg({ frameworks: [{ name: 'all' }], policy: { allocator: 'null' } }),
  },
  {
    name: 'LCG log, all rejected (maxJobs 0)',
    unit: 'jobs/s',
    better: 'more',
    needs: [LCG],
    measure: () => runLcg({ frameworks: [{ name: 'all', maxJobs: 0 }] }),
  },
  {
    name: 'LCG log, 6,129 four-core agents',
    unit: 'jobs/s',
    better: 'more',
    floor: 60_000,
    needs: [LCG],
    measure: () => runLcg({ frameworks: [{ name: 'all' }] }),
  },
  {
    name: 'OpenB default pods on all nodes',
    unit: 'CPU s',
    better: 'less',
    needs: [`${OPENB}/openb_pod_list_default.csv`],
    measure: () =>
      run({
        workload: { trace: `${OPENB}/openb_pod_list_default.csv` },
        cluster: { agents: [{ trace: `${OPENB}/openb_node_list_all_node.csv` }] },
        frameworks: [{ name: 'all' }],
      }),
  },
  {
    name: 'Google 2011 part 0 on its 12,583 machines',
    unit: 'CPU s',
    better: 'less',
    needs: [`${GOOGLE}/task_events-part-00000-of-00500.csv.gz`],
    measure: () =>
      run({
        workload: { trace: `${GOOGLE}/task_events-part-00000-of-00500.csv.gz` },
        cluster: { agents: [{ trace: `${GOOGLE}/machine_events-part-00000-of-00001.csv.gz` }] },
        frameworks: [{ name: '{user}', max: 100 }],
      }),
  },
  {
    name: 'omega-cell example-10k, two-level, service C = 1 s',
    unit: 'CPU s',
    better: 'less',
    floor: 20,
    needs: [OMEGA],
    measure: () =>
      run(
        omega(
          { name: 'batch', match: { class: 'Batch' }, scheduler: { tJob: '10 ms', tTask: '5 ms' } },
          { name: 'service', match: { class: 'Service' }, scheduler: { tJob: '1 s', tTask: '5 ms' } },
        ),
      ),
  },
  {
    // One scheduler whose decisions all take as long as those for services.
    name: 'omega-cell example-10k, monolithic, single path, C = 0.1 s',
    unit: 'CPU s',
    better: 'less',
    needs: [OMEGA],
    measure: () => run(omega({ name: 'all', scheduler: { tJob: '100 ms', tTask: '5 ms' } })),
  },
];
