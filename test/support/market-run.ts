import type { BudgetFact, JobView, MarketFact, TaskFact } from '../../src/model/observer.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';

/** A waiting job of one framework; the framework is named by the queue. */
export interface MarketJob {
  readonly queue: string;
  readonly cpus?: number;
  readonly mem?: number;
  readonly gpus?: number;
  readonly tasks?: number;
  readonly duration?: number;
  readonly priority?: number;
  readonly gang?: boolean;
  readonly at?: number;
}

export interface MarketSpec {
  readonly allocator: string;
  readonly agents: readonly Record<string, unknown>[];
  readonly bidders: Readonly<Record<string, string>>;
  readonly budgets?: Readonly<Record<string, unknown>>;
  readonly jobs: readonly MarketJob[];
  readonly until?: string;
  readonly document?: Readonly<Record<string, unknown>>;
}

export interface MarketRun {
  /** Rows of market.csv by resource name, in order of time. */
  readonly market: Record<string, (MarketFact & { readonly s: number })[]>;
  /** Rows of budgets.csv by framework, in order of time. */
  readonly budgets: Record<string, (BudgetFact & { readonly s: number })[]>;
  /** Tasks started, by framework. */
  readonly started: Record<string, number>;
  readonly starts: { readonly framework: string; readonly s: number }[];
  readonly ended: readonly string[];
}

/** Runs a market on jobs that are spelled out and collects what it did. `loadAllocators` must have been awaited. */
export function marketRun(spec: MarketSpec): MarketRun {
  const names = Object.keys(spec.bidders);
  const document = {
    name: 'market',
    workload: {
      jobs: spec.jobs.map(({ at, ...job }, index) => ({
        id: `j${index}`,
        duration: 1000,
        mem: 0,
        ...job,
        ...(at === undefined ? {} : { at }),
      })),
    },
    cluster: { agents: spec.agents },
    frameworks: names.map((name) => ({
      name,
      match: { queue: name },
      bidder: spec.bidders[name],
      ...(spec.budgets?.[name] === undefined ? {} : { budget: spec.budgets[name] }),
    })),
    policy: { allocator: spec.allocator },
    master: { agentOrder: 'id' },
    until: spec.until ?? '10 s',
    ...spec.document,
  };
  const run: MarketRun = { market: {}, budgets: {}, started: {}, starts: [], ended: [] };
  const simulation = new Simulation(parseScenario(JSON.stringify(document), 'market.json'), {
    checksInvariants: true,
    observe: (cluster) => [
      {
        marketCleared: (row: MarketFact) => {
          const name = cluster.resources.names[row.resource] as string;
          run.market[name] = [...(run.market[name] ?? []), { ...row, s: cluster.nowUs / 1e6 }];
        },
        budgetChanged: (row: BudgetFact) => {
          const name = cluster.frameworkName(row.framework);
          run.budgets[name] = [...(run.budgets[name] ?? []), { ...row, s: cluster.nowUs / 1e6 }];
        },
        taskStarted: (fact: TaskFact) => {
          const name = cluster.frameworkName(fact.framework);
          run.started[name] = (run.started[name] ?? 0) + 1;
          run.starts.push({ framework: name, s: cluster.nowUs / 1e6 });
        },
        jobEnded: (job: JobView) => void (run.ended as string[]).push(`${job.record.id} ${job.state}`),
      },
    ],
  });
  simulation.run();
  simulation.close();
  return run;
}
