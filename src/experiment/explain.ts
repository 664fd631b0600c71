import type { Cluster } from '../cluster/cluster.js';
import { whereaboutsOf } from '../cluster/whereabouts.js';
import { InputError, InvariantError } from '../core/errors.js';
import { taskId } from '../metrics/tasks.js';
import type { TaskGroup } from '../model/job.js';
import type { ClusterObserver, ClusterView, JobView, TaskFact } from '../model/observer.js';
import { guarded, InterruptedError, type StopSignal } from '../scenario/interruption.js';
import { Simulation } from '../scenario/simulation.js';
import { manifestFile, pastRun, readManifest } from './past-run.js';

/** A stretch of waiting for one cause, in simulated seconds. */
export interface WaitSpan {
  readonly fromS: number;
  toS: number;
  /** A cause of waits.csv, or `paused`. */
  readonly cause: string;
  readonly detail: string;
  /** Of a task behind others in its queue: what the first of them wait for. */
  readonly heads: string;
}

/** One attempt of the task; `startS` and `endS` are undefined while it has not come to that. */
export interface AttemptStory {
  readonly attempt: number;
  readonly spans: WaitSpan[];
  agent: string;
  startS: number | undefined;
  endS: number | undefined;
  state: string;
  reason: string;
}

/** Why a task waited: every second from its submission to each start is in exactly one span. */
export interface TaskStory {
  readonly task: string;
  readonly job: string;
  readonly framework: string;
  readonly role: string;
  readonly submitS: number;
  /** First offers that its framework got after the job's arrival; undefined when none came. */
  firstOfferS: number | undefined;
  readonly attempts: AttemptStory[];
}

export interface ExplainOptions {
  readonly folder?: string | undefined;
  readonly signal?: StopSignal | undefined;
}

/**
 * Repeats a run from its manifest and watches one task (`task_id` of tasks.csv) to its end. The causes are those of `waits.csv`,
 * judged at the end of each instant (DESIGN §8). InputError E_TASK_UNKNOWN when the run has no such task.
 */
export async function explainTask(path: string, task: string, options: ExplainOptions): Promise<TaskStory> {
  const { setImmediate: turn } = await import('node:timers/promises');
  const file = manifestFile(path);
  const { scenario, options: runOptions } = pastRun(file, readManifest(file), options.folder);
  let watcher: Watcher | undefined;
  const observe = (view: ClusterView): ClusterObserver[] => {
    watcher = new Watcher(task, view);
    return [watcher];
  };
  const { signal } = options;
  const simulation = guarded(signal, () => new Simulation(scenario, { ...runOptions, observe }));
  try {
    if (watcher === undefined) throw new InvariantError('a simulation has no observers');
    // The first step reads the trace as far as it must be read in one go.
    for (
      let count = 1;
      !watcher.isOver && guarded(count === 1 ? signal : undefined, () => simulation.step());
      count++
    ) {
      watcher.look(simulation.cluster);
      if (count % TURN_STEPS === 0) await turn();
      if (signal?.aborted === true) throw new InterruptedError();
    }
    return watcher.told(simulation.nowUs / 1e6, file);
  } finally {
    simulation.close();
  }
}

/** Instants between two looks at the program's signals. */
const TURN_STEPS = 16_384;

/** Follows one task through the facts of a run. */
class Watcher implements ClusterObserver {
  isOver = false;
  private story: TaskStory | undefined;
  private job: JobView | undefined;
  private group = -1;
  private index = -1;
  private isRunning = false;

  constructor(
    private readonly task: string,
    private readonly view: ClusterView,
  ) {}

  jobArrived(job: JobView): void {
    const { id, groups } = job.record;
    if (this.job !== undefined || !this.task.startsWith(`${id}/`)) return;
    for (const [position, group] of groups.entries()) {
      const index = indexIn(this.task, id, group);
      if (index < 0) continue;
      this.job = job;
      this.group = position;
      this.index = index;
      this.story = {
        task: this.task,
        job: id,
        framework: this.view.frameworkName(job.framework),
        role: job.role,
        submitS: job.submitUs / 1e6,
        firstOfferS: undefined,
        attempts: [empty(1)],
      };
      return;
    }
  }

  jobEnded(job: JobView): void {
    if (job !== this.job) return;
    this.isOver = true;
    const last = this.story?.attempts.at(-1);
    if (last?.state === 'pending') last.state = job.state;
  }

  taskStarted(fact: TaskFact): void {
    const attempt = this.attemptOf(fact);
    if (attempt === undefined) return;
    this.isRunning = true;
    attempt.startS = fact.startUs / 1e6;
    attempt.agent = this.view.agentName(fact.agent);
    attempt.state = 'running';
    close(attempt, attempt.startS);
  }

  taskEnded(fact: TaskFact): void {
    const attempt = this.attemptOf(fact);
    if (attempt === undefined) return;
    this.isRunning = false;
    attempt.endS = fact.finishUs / 1e6;
    attempt.state = fact.state;
    attempt.reason = fact.reason;
    if (attempt.startS === undefined) close(attempt, attempt.endS);
    if (fact.isFinal) this.isOver = true;
    else this.story?.attempts.push(empty(fact.attempt + 1));
  }

  /** The instant is over: from now on the task waits for this. */
  look({ world, intake }: Cluster): void {
    const { job, story } = this;
    if (job === undefined || story === undefined || this.isRunning || this.isOver) return;
    if (job.firstOfferUs >= 0) story.firstOfferS ??= job.firstOfferUs / 1e6;
    const live = intake.liveJob(job.record.id);
    const group = live?.groups[this.group];
    const attempt = story.attempts.at(-1);
    if (live === undefined || group === undefined || attempt === undefined) return;
    const { phase, cause, detail, heads } = whereaboutsOf(world, intake, live, group, this.index);
    const nowS = world.nowUs / 1e6;
    const word = phase === 'waiting' ? cause : phase;
    const last = attempt.spans.at(-1);
    if (last?.cause === word && last.heads === heads) return;
    close(attempt, nowS);
    attempt.spans.push({ fromS: nowS, toS: nowS, cause: word, detail, heads });
  }

  told(endS: number, file: string): TaskStory {
    const { story } = this;
    if (story === undefined) {
      const hint = 'task_id in tasks.csv names them: job/index, or job/group-index';
      throw new InputError('E_TASK_UNKNOWN', `the run has no task "${this.task}"`, { file }, hint);
    }
    if (this.job !== undefined && this.job.firstOfferUs >= 0) story.firstOfferS ??= this.job.firstOfferUs / 1e6;
    const attempts = story.attempts.map((attempt) => {
      if (attempt.startS === undefined && attempt.endS === undefined) close(attempt, endS);
      return { ...attempt, spans: attempt.spans.filter(({ fromS, toS }) => toS > fromS) };
    });
    return { ...story, attempts };
  }

  private attemptOf(fact: TaskFact): AttemptStory | undefined {
    if (this.job === undefined || fact.job !== this.job || taskId(fact) !== this.task) return undefined;
    return this.story?.attempts.find(({ attempt }) => attempt === fact.attempt);
  }
}

function empty(attempt: number): AttemptStory {
  return { attempt, spans: [], agent: '', startS: undefined, endS: undefined, state: 'pending', reason: '' };
}

function close(attempt: AttemptStory, atS: number): void {
  const last = attempt.spans.at(-1);
  if (last !== undefined) last.toS = atS;
}

/** Index of the task in a group by its id, -1 when it is none of the group's. */
function indexIn(task: string, job: string, { name, count }: TaskGroup): number {
  const rest = task.slice(job.length + 1);
  if (name !== '' && count === 1) return rest === name ? 0 : -1;
  const prefix = name === '' ? '' : `${name}-`;
  const digits = rest.startsWith(prefix) ? rest.slice(prefix.length) : '';
  if (!/^\d+$/.test(digits)) return -1;
  return Number(digits) < count ? Number(digits) : -1;
}
