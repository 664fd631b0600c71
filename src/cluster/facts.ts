import { Digest } from '../core/digest.js';
import type {
  BudgetFact,
  ClusterObserver,
  EventFact,
  EvictionNotice,
  JobView,
  MarketFact,
  OfferFact,
  TaskFact,
} from '../model/observer.js';

type Method = keyof ClusterObserver;

/**
 * Where facts go: into the digest, to the observers that asked for them, and (for `diff` and tests) to a listener that sees each
 * fact's kind, time and operands. Observers never change a fact: a run with none has the same digest.
 */
export class Facts {
  readonly digest = new Digest();
  wantsTaskStarted = false;
  wantsTaskEnded = false;
  wantsOffers = false;
  /** Called with every fact of the digest when set. */
  listener: ((kind: number, timeUs: number, operands: readonly number[]) => void) | undefined;
  private lists: Lists = listsOf([]);

  constructor(observers: readonly ClusterObserver[]) {
    this.attach(observers);
  }

  /** Sets the observers; nothing that has happened before is told again. */
  attach(observers: readonly ClusterObserver[]): void {
    this.lists = listsOf(observers);
    this.wantsTaskStarted = this.lists.taskStarted.length > 0;
    this.wantsTaskEnded = this.lists.taskEnded.length > 0;
    this.wantsOffers = this.lists.offerAnswered.length > 0;
  }

  /** Adds a fact of up to five whole operands to the digest. */
  record(kind: number, timeUs: number, a: number, b = 0, c = 0, d = 0, e = 0): void {
    const { digest } = this;
    digest.fact(kind, timeUs);
    digest.add(a);
    digest.add(b);
    digest.add(c);
    digest.add(d);
    digest.add(e);
    if (this.listener !== undefined) this.listener(kind, timeUs, [a, b, c, d, e]);
  }

  jobArrived(job: JobView): void {
    for (const observer of this.lists.jobArrived) observer.jobArrived(job);
  }
  jobEnded(job: JobView): void {
    for (const observer of this.lists.jobEnded) observer.jobEnded(job);
  }
  taskStarted(task: TaskFact): void {
    for (const observer of this.lists.taskStarted) observer.taskStarted(task);
  }
  taskEnded(task: TaskFact): void {
    for (const observer of this.lists.taskEnded) observer.taskEnded(task);
  }
  taskEvicted(task: TaskFact, notice: EvictionNotice): void {
    for (const observer of this.lists.taskEvicted) observer.taskEvicted(task, notice);
  }
  taskUndone(job: JobView): void {
    for (const observer of this.lists.taskUndone) observer.taskUndone(job);
  }
  offerAnswered(offer: OfferFact): void {
    for (const observer of this.lists.offerAnswered) observer.offerAnswered(offer);
  }
  event(fact: EventFact): void {
    for (const observer of this.lists.event) observer.event(fact);
  }
  gauged(framework: number, name: string, value: number): void {
    for (const observer of this.lists.gauged) observer.gauged(framework, name, value);
  }
  cycleEnded(offerCount: number): void {
    for (const observer of this.lists.cycleEnded) observer.cycleEnded(offerCount);
  }
  marketCleared(row: MarketFact): void {
    for (const observer of this.lists.marketCleared) observer.marketCleared(row);
  }
  agentChanged(agent: number, isUp: boolean): void {
    for (const observer of this.lists.agentChanged) observer.agentChanged(agent, isUp);
  }
  budgetChanged(row: BudgetFact): void {
    for (const observer of this.lists.budgetChanged) observer.budgetChanged(row);
  }
  sample(): void {
    for (const observer of this.lists.sample) observer.sample();
  }
  finished(): void {
    for (const observer of this.lists.finished) observer.finished();
  }
}

type Lists = { [M in Method]: Required<Pick<ClusterObserver, M>>[] };

function listsOf(observers: readonly ClusterObserver[]): Lists {
  const pick = <M extends Method>(method: M): Required<Pick<ClusterObserver, M>>[] =>
    observers.filter((observer) => observer[method] !== undefined) as unknown as Required<Pick<ClusterObserver, M>>[];
  return {
    jobArrived: pick('jobArrived'),
    jobEnded: pick('jobEnded'),
    taskStarted: pick('taskStarted'),
    taskEnded: pick('taskEnded'),
    taskEvicted: pick('taskEvicted'),
    taskUndone: pick('taskUndone'),
    agentChanged: pick('agentChanged'),
    offerAnswered: pick('offerAnswered'),
    event: pick('event'),
    gauged: pick('gauged'),
    cycleEnded: pick('cycleEnded'),
    marketCleared: pick('marketCleared'),
    budgetChanged: pick('budgetChanged'),
    sample: pick('sample'),
    finished: pick('finished'),
  };
}
