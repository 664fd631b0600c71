import type { JobRecord, TaskGroup } from '../../src/model/job.js';
import type { MetricDefinition, RowWriter, SummaryRow } from '../../src/model/metric.js';
import type {
  ClusterObserver,
  ClusterView,
  JobState,
  JobView,
  LedgerView,
  TaskFact,
} from '../../src/model/observer.js';
import { ResourceSpace } from '../../src/model/resources.js';

/** A framework as a test states it: CPUs and MiB held and wanted (held plus pending). */
export interface FakeFramework {
  readonly name: string;
  readonly weight?: number;
  readonly held: readonly [cpus: number, memMib: number];
  readonly wanted: readonly [cpus: number, memMib: number];
}

/** A cluster without an engine: tests set what a metric sees, tell it facts and read what it wrote. */
export class MetricBench {
  readonly space = new ResourceSpace();
  nowUs = 0;
  total: readonly [cpus: number, memMib: number] = [9, 18];
  frameworks: FakeFramework[] = [{ name: 'web', held: [0, 0], wanted: [0, 0] }];
  live: JobView[] = [];
  liveFacts: TaskFact[] = [];
  /** Thousandth-seconds per amount and resource. */
  integrals: Record<string, number[]> = {};
  readonly tables = new Map<string, string[][]>();
  readonly rows: SummaryRow[] = [];

  start(definition: MetricDefinition, warmupUs = 0): ClusterObserver {
    return definition.create(
      {},
      {
        cluster: this.view(),
        warmupUs,
        table: (file, columns) => this.table(file, columns),
        summary: (row) => void this.rows.push(row),
      },
    );
  }

  value(metric: string, name = '', scope = 'cluster'): number {
    return this.row(metric, name, scope)?.value ?? Number.NaN;
  }

  row(metric: string, name = '', scope = 'cluster'): SummaryRow | undefined {
    return this.rows.find((row) => row.metric === metric && row.name === name && row.scope === scope);
  }

  private table(file: string, columns: readonly string[]): RowWriter {
    const lines: string[][] = [[...columns]];
    this.tables.set(file, lines);
    let row: string[] = [];
    const put = (text: string): RowWriter => {
      row.push(text);
      return writer;
    };
    const writer: RowWriter = {
      text: put,
      integer: (value) => put(String(value)),
      seconds: (valueUs) => put(String(valueUs / 1e6)),
      milli: (value) => put(String(value / 1000)),
      real: (value) => put(String(value)),
      empty: () => put(''),
      end: () => {
        lines.push(row);
        row = [];
      },
    };
    return writer;
  }

  private view(): ClusterView {
    const bench = this;
    const amounts = (pair: readonly [number, number]): Float64Array => bench.space.of({ cpus: pair[0], mem: pair[1] });
    const of = (framework: number): FakeFramework => bench.frameworks[framework] as FakeFramework;
    const ledger: LedgerView = {
      get total() {
        return amounts(bench.total);
      },
      get allocated() {
        return amounts([sum(bench.frameworks, 0), sum(bench.frameworks, 1)]);
      },
      offered: bench.space.zero(),
      used: bench.space.zero(),
      integral: (what, resource) => bench.integrals[what]?.[resource] ?? 0,
      frameworkIntegral: (framework, resource) => bench.integrals[of(framework).name]?.[resource] ?? 0,
      allocatedTo: (framework, resource) => amounts(of(framework).held)[resource] as number,
      demandOf: (framework, resource) => amounts(of(framework).wanted)[resource] as number,
    };
    return {
      get nowUs() {
        return bench.nowUs;
      },
      resources: bench.space,
      ledger,
      agentCount: 0,
      agentName: (agent) => `agent-${agent}`,
      agentFree: () => 0,
      agentTotal: () => 0,
      agentIsUp: () => true,
      get frameworkCount() {
        return bench.frameworks.length;
      },
      frameworkName: (framework) => of(framework).name,
      frameworkRole: () => '*',
      frameworkWeight: (framework) => of(framework).weight ?? 1,
      pendingTaskCount: (framework) => (of(framework).wanted[0] > of(framework).held[0] ? 1 : 0),
      runningTaskCount: (framework) => (of(framework).held[0] > 0 ? 1 : 0),
      liveJobs: () => bench.live,
      // One object for all facts, as the cluster has it: who keeps one must copy it.
      *liveTasks() {
        const reused = {} as TaskFact;
        for (const fact of bench.liveFacts) yield Object.assign(reused, fact);
      },
      medianPendingShape: () => undefined,
      chargeWaits: () => undefined,
      waitSeconds: () => 0,
    };
  }
}

function sum(frameworks: readonly FakeFramework[], index: 0 | 1): number {
  return frameworks.reduce((total, framework) => total + framework.held[index], 0);
}

const S = 1e6;

/** A job by its times in seconds; -1 = not yet. */
export function jobOf(
  id: string,
  submitS: number,
  startS: number,
  finishS: number,
  state: JobState,
  user = 'ann',
): JobView {
  const us = (seconds: number): number => (seconds < 0 ? -1 : seconds * S);
  const record: JobRecord = {
    id,
    user,
    queue: '',
    class: '',
    submitUs: us(submitS),
    priority: 1,
    deadlineUs: -1,
    after: [],
    groups: [],
  };
  return {
    record,
    framework: 0,
    role: '*',
    taskCount: 2,
    submitUs: us(submitS),
    firstOfferUs: us(startS),
    firstStartUs: us(startS),
    waitEndUs: us(startS),
    finishUs: us(finishS),
    state,
    isFeasible: true,
  };
}

/** A task attempt of a job: two CPUs, 512 MiB. */
export function attemptOf(job: JobView, changes: Partial<TaskFact>): TaskFact {
  const group: TaskGroup = {
    name: '',
    count: 2,
    gang: false,
    amounts: new ResourceSpace().of({ cpus: 2, mem: 512 }),
    durationUs: 10 * S,
    estimateUs: -1,
    constraints: '',
    after: [],
    image: '',
    inputs: [],
    outputMilliMib: 0,
  };
  return {
    job,
    group,
    index: 0,
    attempt: 1,
    framework: 0,
    queuedUs: job.submitUs,
    startUs: job.firstStartUs,
    finishUs: job.finishUs,
    agent: 0,
    lostUs: 0,
    state: 'finished',
    reason: '',
    isFinal: true,
    ...changes,
  };
}
