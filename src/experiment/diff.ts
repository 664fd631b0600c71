import { hashOfId } from '../cluster/jobs.js';
import { InterruptedError } from '../scenario/interruption.js';
import { Simulation } from '../scenario/simulation.js';
import { manifestFile, type PastRun, pastRun, readManifest } from './past-run.js';

/** One fact in words. */
export interface FactText {
  readonly timeS: number;
  readonly text: string;
}

export interface Difference {
  /** Facts that both runs have, in the same order, before they part. */
  readonly equalFacts: number;
  /** The first fact of each that the other does not have there; undefined where a run has ended. */
  readonly a: FactText | undefined;
  readonly b: FactText | undefined;
}

/** Runs two past runs side by side and finds the first fact in which they differ; undefined when there is none. */
export async function diffRuns(
  pathA: string,
  pathB: string,
  options: { readonly folder?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<Difference | undefined> {
  const { setImmediate: turn } = await import('node:timers/promises');
  const past = [pathA, pathB].map((path) => {
    const file = manifestFile(path);
    return pastRun(file, readManifest(file), options.folder);
  });
  for (const run of past) await Simulation.prepare(run.scenario, run.options);
  const [a, b] = past.map((run) => new FactStream(run)) as [FactStream, FactStream];
  try {
    for (let count = 0; ; count++) {
      const facts = { a: a.next(), b: b.next() };
      if (facts.a === undefined || facts.b === undefined || !isSame(facts.a, facts.b)) return part(a, b, facts, count);
      if (count % TURN_FACTS === 0) await turn();
      if (options.signal?.aborted === true) throw new InterruptedError();
    }
  } finally {
    a.close();
    b.close();
  }
}

/** Where the runs part, or undefined when both have ended alike. */
function part(
  a: FactStream,
  b: FactStream,
  facts: { readonly a: Fact | undefined; readonly b: Fact | undefined },
  count: number,
): Difference | undefined {
  const haveEnded = facts.a === undefined && facts.b === undefined;
  if (haveEnded && a.digest === b.digest) return undefined;
  // What is said before the first instant (who registers) has no listener yet, but it is in the digests.
  return { equalFacts: haveEnded ? 0 : count, a: a.inWords(facts.a), b: b.inWords(facts.b) };
}

/** Facts between two looks at the program's signals. */
const TURN_FACTS = 65_536;

interface Fact {
  readonly kind: number;
  readonly timeUs: number;
  readonly operands: readonly number[];
}

function isSame(a: Fact, b: Fact): boolean {
  return (
    a.kind === b.kind && a.timeUs === b.timeUs && a.operands.every((operand, index) => operand === b.operands[index])
  );
}

/** The facts of a run one by one: it is stepped an instant further whenever they run out. */
class FactStream {
  private readonly simulation: Simulation;
  private facts: Fact[] = [];
  private at = 0;
  /** Job ids by what stands for them in facts. */
  private readonly jobs = new Map<number, string>();

  constructor({ scenario, options }: PastRun) {
    const simulation = new Simulation(scenario, {
      ...options,
      observe: () => [{ jobArrived: ({ record }) => void this.jobs.set(hashOfId(record.id), record.id) }],
    });
    const facts = () => simulation.cluster.world.facts;
    facts().listener = (kind, timeUs, operands) => void this.facts.push({ kind, timeUs, operands });
    this.simulation = simulation;
  }

  next(): Fact | undefined {
    while (this.at === this.facts.length) {
      this.facts = [];
      this.at = 0;
      if (!this.simulation.step()) return undefined;
    }
    return this.facts[this.at++];
  }

  get digest(): string {
    return this.simulation.digest;
  }

  close(): void {
    this.simulation.close();
  }

  inWords(fact: Fact | undefined): FactText | undefined {
    if (fact === undefined) return undefined;
    return { timeS: fact.timeUs / 1e6, text: this.describe(fact) };
  }

  private describe({ kind, operands }: Fact): string {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = operands;
    const { view } = this.simulation;
    const framework = (row: number): string => (row < view.frameworkCount ? view.frameworkName(row) : `client ${row}`);
    const job = (hash: number): string => `job ${this.jobs.get(hash) ?? '?'}`;
    const agent = (row: number): string => view.agentName(row) || `agent ${row}`;
    switch (kind) {
      case 1:
        return `${job(b)} of ${c} tasks arrives at ${framework(a)}`;
      case 2:
        return `${framework(a)} is offered the resources of ${b} agents (set ${hex(c)})`;
      case 3:
        return `${framework(a)} answers: ${b} launches, ${c} offers back (set ${hex(d)}), filter ${e / 1e6} s`;
      case 4:
        return `${framework(a)} launches ${d} tasks of ${job(b)}, group ${c} (agents ${hex(e)})`;
      case 5:
        return `${job(b)}, group ${c}: ${STATUS[a] ?? 'a change'}${a === 3 ? `, task ${d}` : ` of ${d} tasks`}`;
      case 6:
        return `the master has back what ${d} tasks of ${job(b)} held for ${framework(a)} (agents ${hex(e)})`;
      case 7:
        return `${agent(a)} ${AGENT_CHANGES[b] ?? 'changes'}`;
      case 8:
        return `${framework(a)} ${b === 1 ? 'asks for offers' : 'wants no offers'}`;
      case 9:
        return `role ${a} has weight ${b / 1e6}`;
      case 10:
        return `${view.resources.names[a] ?? a}: ${b / 1000} sold at ${c / 1e9}`;
      case 11:
        return `${job(a)} ends: ${b} tasks finished, ${c} ended otherwise`;
      default:
        return `fact ${kind} (${operands.join(', ')})`;
    }
  }
}

const STATUS: Readonly<Record<number, string>> = { 1: 'start', 2: 'end', 3: 'stop' };
const AGENT_CHANGES: Readonly<Record<number, string>> = {
  1: 'joins',
  2: 'leaves',
  3: 'changes',
  4: 'is deactivated',
  5: 'is activated',
};

function hex(hash: number): string {
  return (hash >>> 0).toString(16);
}
