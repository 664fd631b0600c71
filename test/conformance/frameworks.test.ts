import { describe, expect, it } from 'vitest';
import { frameworks } from '../../src/frameworks/index.js';
import type { ClusterObserver, ClusterView, TaskFact } from '../../src/model/observer.js';
import { resolveOptions } from '../../src/model/options.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';
import { END_S, IDLE_S, LATE_S, SUBJECT, workOf } from './framework-work.js';

/** No scheduler sits on an offer longer: Aurora's hold is the longest known (5 min + up to 60 s). */
const MAX_HOLD_S = 600;
/** Late work has started after this long: the longest waits known are Marathon's back-off (300 s) and a filter of 120 s. */
const MAX_WAKE_S = 600;

const AGENTS = 5;
const CPUS = 4;

/** Its scheduler, or the only master, is away from 45 s to 65 s: while tasks run, and while an agent is lost. */
const FAILURES = {
  scheduler: { at: '45 s', failover: { framework: SUBJECT, for: '20 s' } },
  master: { at: '45 s', failMaster: { for: '20 s' } },
};
type Failing = keyof typeof FAILURES;

function scenarioOf(name: string, failing: Failing | undefined) {
  const { options, keys, jobs, actions } = workOf(name);
  const remove = (at: number, agent: number) => ({ at: `${at} s`, removeAgent: `agent-${agent}` });
  const document = {
    name: 'conformance',
    workload: {
      synthetic: {
        jobs: 10,
        arrivals: { poisson: { rate: 0.1 } },
        duration: { exponential: { mean: '9 s' } },
        user: 'rival',
      },
      ...(jobs.length === 0 ? {} : { jobs }),
    },
    cluster: { agents: [{ count: AGENTS, cpus: CPUS, mem: '8 GiB', disk: '100 GiB', attributes: { rack: 'r{i/2}' } }] },
    frameworks: [
      { name: SUBJECT, match: { user: SUBJECT }, type: name, options, failoverTimeout: '1 h', ...keys },
      { name: 'rival', match: { user: 'rival' } },
    ],
    actions: [
      remove(30, 0),
      remove(60, 3),
      { at: '120 s', addAgent: { id: 'agent-3', cpus: CPUS, mem: '8 GiB', disk: '100 GiB' } },
      ...actions,
      ...(failing === undefined ? [] : [FAILURES[failing]]),
    ],
    until: `${END_S} s`,
  };
  return parseScenario(JSON.stringify(document), 'test/conformance/frameworks.json');
}

interface Start {
  readonly id: string;
  readonly attempt: number;
  readonly atS: number;
  /** Within an executor that runs already: its scheduler needs no master for it. */
  readonly isInside: boolean;
}

/** Writes down what the suite asks about; the ledger of tasks on agents is its own. */
class Witness implements ClusterObserver {
  longestHoldS = 0;
  readonly starts: Start[] = [];
  /** Executors and trackers (`isHost`) are told among tasks, not among jobs; the framework replaces them as it needs them. */
  readonly lost: (Start & { readonly isFinal: boolean; readonly isHost: boolean })[] = [];
  readonly endedJobs = new Set<string>();
  readonly overfull: string[] = [];
  private readonly used = new Map<number, Float64Array>();
  private readonly running = new Set<string>();

  constructor(private readonly cluster: ClusterView) {}

  offerAnswered(offer: { framework: number; createdUs: number; answeredUs: number; answer: string }): void {
    if (offer.framework !== 0) return;
    const untilUs = offer.answer === 'outstanding' ? this.cluster.nowUs : offer.answeredUs;
    this.longestHoldS = Math.max(this.longestHoldS, (untilUs - offer.createdUs) / 1e6);
  }

  taskStarted(fact: TaskFact): void {
    if (fact.framework === 0) this.starts.push(startOf(fact, this.cluster.nowUs, this.isInside(fact)));
    this.charge(fact, 1);
  }

  taskEnded(fact: TaskFact): void {
    if (fact.state === 'lost' && fact.framework === 0) {
      const { isFinal, job } = fact;
      this.lost.push({
        ...startOf(fact, this.cluster.nowUs, this.isInside(fact)),
        isFinal,
        isHost: job.record.isHost === true,
      });
    }
    if (fact.startUs >= 0) this.charge(fact, -1);
  }

  jobEnded(job: { record: { id: string } }): void {
    this.endedJobs.add(job.record.id);
  }

  /** Tasks inside others are charged to those, which no fact tells: only what the master sees is summed. */
  private charge(fact: TaskFact, sign: number): void {
    const key = `${idOf(fact)}#${fact.attempt}`;
    if (sign > 0 ? this.isInside(fact) : !this.running.delete(key)) return;
    if (sign > 0) this.running.add(key);
    const { amounts } = fact.group;
    const sum = this.used.get(fact.agent) ?? new Float64Array(amounts.length);
    this.used.set(fact.agent, sum);
    for (let resource = 0; resource < amounts.length; resource++) {
      sum[resource] = (sum[resource] as number) + sign * (amounts[resource] as number);
      if (
        (sum[resource] as number) > this.cluster.agentTotal(fact.agent, resource) &&
        this.cluster.agentIsUp(fact.agent)
      )
        this.overfull.push(`agent ${fact.agent} at ${this.cluster.nowUs} us: ${key}`);
    }
  }

  private isInside(fact: TaskFact): boolean {
    if (fact.job.record.isHost === true) this.hasHosts = true;
    return this.hasHosts && fact.framework === 0 && fact.job.record.isHost !== true;
  }
  private hasHosts = false;
}

function idOf(fact: TaskFact): string {
  return `${fact.job.record.id}/${fact.group.name}-${fact.index}`;
}

function startOf(fact: TaskFact, nowUs: number, isInside: boolean): Start {
  return { id: idOf(fact), attempt: fact.attempt, atS: nowUs / 1e6, isInside };
}

interface Run {
  readonly simulation: Simulation;
  readonly witness: Witness;
  /** At {@link IDLE_S}. */
  readonly wasSuppressed: boolean;
  readonly idleCpus: number;
}

function run(name: string, isNaive = false, failing?: Failing): Run {
  let witness: Witness | undefined;
  const simulation = new Simulation(scenarioOf(name, failing), {
    checksInvariants: true,
    isNaive,
    observe: (cluster) => {
      witness = new Witness(cluster);
      return [witness];
    },
  });
  simulation.runUntil(IDLE_S * 1e6);
  const wasSuppressed = simulation.cluster.world.frameworks[0]?.driver.isSuppressed ?? false;
  const idleCpus = simulation.view.ledger.allocatedTo(0, 0) / 1000;
  simulation.run();
  simulation.close();
  if (witness === undefined) throw new Error('nothing was observed');
  return { simulation, witness, wasSuppressed, idleCpus };
}

describe.each(frameworks.list().map((definition) => [definition.name, definition] as const))(
  'framework %s',
  (name, definition) => {
    const once = run(name);
    const { witness } = once;

    it('states what it is: a summary, a source, and help for every option', () => {
      expect(definition.summary.length).toBeGreaterThan(10);
      expect(definition.source.length).toBeGreaterThan(3);
      for (const option of Object.values(definition.options)) expect(option.help.length).toBeGreaterThan(3);
      expect(() => resolveOptions(name, definition.options, {})).not.toThrow();
    });

    it('answers every offer, at once or after a while', () => {
      expect(witness.starts.length, 'tasks that it started').toBeGreaterThan(0);
      expect(witness.longestHoldS).toBeLessThanOrEqual(MAX_HOLD_S);
    });

    it('launches nothing beyond what its agents have', () => {
      // Conservation per agent is checked by the run itself after every event; this ledger is the test's own.
      expect(witness.overfull).toEqual([]);
    });

    it('tries a lost task again, or reports it', () => {
      expect(witness.lost.length, 'tasks that agents took along').toBeGreaterThan(0);
      const waiting = Array.from(once.simulation.view.liveTasks(), (fact) => `${idOf(fact)}#${fact.attempt}`);
      for (const { id, attempt, isFinal, isHost } of witness.lost) {
        const isRetried = witness.starts.some((start) => start.id === id && start.attempt > attempt);
        const isWaiting = waiting.some((key) => key.startsWith(`${id}#`));
        const job = id.slice(0, id.lastIndexOf('/'));
        // A job whose task is lost for good ends, and so does an executor's: both are in the results.
        const isReported = isFinal && (witness.endedJobs.has(job) || isLive(once.simulation, job) || isHost);
        expect(isRetried || isWaiting || isReported, `${id}, attempt ${attempt}`).toBe(true);
      }
    });

    it('revives when work comes, suppressed or not', () => {
      const late = witness.starts.filter(({ atS }) => atS >= LATE_S);
      expect(late.length, `starts after ${LATE_S} s; suppressed before: ${once.wasSuppressed}`).toBeGreaterThan(0);
      expect((late[0] as Start).atS).toBeLessThanOrEqual(LATE_S + MAX_WAKE_S);
    });

    it('holds nothing but its services while it has nothing to do', () => {
      expect(once.idleCpus).toBeLessThanOrEqual(workOf(name).idleCpus);
    });

    it('launches nothing without its scheduler, and goes on when that is back', () => {
      const { witness: failing, simulation } = run(name, false, 'scheduler');
      // Tasks inside its executors are its own; what the master launches needs the scheduler's ACCEPT.
      expect(failing.starts.filter(({ atS }) => atS > 45 && atS < 65)).toEqual([]);
      expect(failing.starts.some(({ atS }) => atS >= LATE_S && atS <= LATE_S + MAX_WAKE_S)).toBe(true);
      expect(failing.overfull).toEqual([]);
      expect(run(name, true, 'scheduler').simulation.digest).toBe(simulation.digest);
    });

    it('has nothing launched while there is no master, and goes on when one leads', () => {
      const { witness: failing, simulation } = run(name, false, 'master');
      expect(failing.starts.filter(({ atS, isInside }) => !isInside && atS > 45 && atS < 65)).toEqual([]);
      expect(failing.starts.some(({ atS }) => atS >= LATE_S && atS <= LATE_S + MAX_WAKE_S)).toBe(true);
      expect(failing.overfull).toEqual([]);
      expect(run(name, true, 'master').simulation.digest).toBe(simulation.digest);
    });

    it('repeats itself, fast and naive', () => {
      expect(run(name).simulation.digest).toBe(once.simulation.digest);
      expect(run(name, true).simulation.digest).toBe(once.simulation.digest);
    });
  },
);

function isLive({ view }: Simulation, id: string): boolean {
  for (const job of view.liveJobs()) if (job.record.id === id) return true;
  return false;
}
