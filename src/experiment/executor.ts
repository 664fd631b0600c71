import { discardUnfinished } from '../results/folder.js';
import type { RunResult } from '../scenario/run.js';
import { errorOf } from './failure-record.js';
import type { ProgressBoard } from './progress-board.js';
import { carryOut, type RunRequest } from './run-request.js';
import type { WorkerAnswer, WorkerTask } from './run-worker.js';
import { ThreadSignals } from './thread-signals.js';

/** So long threads may take to end their runs themselves. */
const GRACE_MS = 500;

export interface ExecutorOptions {
  /** Runs at the same time; 1 = in this thread. */
  readonly jobs: number;
  readonly board: ProgressBoard;
  /** Called when there is something new to show. */
  readonly onProgress?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Carries out runs and returns their results in the order of the requests, whatever finished first: `--jobs` never shows in a file.
 * The first failure, in the order of the requests, is thrown.
 */
export async function runAll(requests: readonly RunRequest[], options: ExecutorOptions): Promise<RunResult[]> {
  return options.jobs <= 1 || requests.length <= 1 ? runHere(requests, options) : runInThreads(requests, options);
}

async function runHere(requests: readonly RunRequest[], options: ExecutorOptions): Promise<RunResult[]> {
  const results: RunResult[] = [];
  for (const [index, request] of requests.entries()) {
    const result = await carryOut(request, {
      signal: options.signal,
      onProgress: ({ jobsArrived, nowUs }) => {
        options.board.note(index, jobsArrived, nowUs);
        options.onProgress?.();
      },
    });
    options.board.finish(index);
    options.onProgress?.();
    results.push(result);
  }
  return results;
}

async function runInThreads(requests: readonly RunRequest[], options: ExecutorOptions): Promise<RunResult[]> {
  const { Piscina } = await import('piscina');
  const threads = Math.min(options.jobs, requests.length);
  const signals = new ThreadSignals();
  const pool = new Piscina<WorkerTask, WorkerAnswer>({
    filename: new URL('./run-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    workerData: signals.memory,
  });
  const stop = (): void => void endThreads(signals, pool, threads);
  if (options.signal?.aborted === true) stop();
  else options.signal?.addEventListener('abort', stop);
  try {
    const answers = await Promise.all(
      requests.map(async (request, index) => {
        const answer = await pool.run({ request, index, board: options.board.memory }, { name: 'runInWorker' });
        options.board.finish(index);
        options.onProgress?.();
        return answer;
      }),
    );
    // A thread without a run may still be loading; it must not be ended before.
    await signals.whenLoaded(threads);
    if (signals.isStopped) throw new InterruptedRuns();
    return answers.map((answer) => {
      if ('failure' in answer) throw errorOf(answer.failure);
      return answer.result;
    });
  } catch (error) {
    if (!signals.isStopped) throw error;
    throw new InterruptedRuns();
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await pool.destroy();
    if (signals.isStopped) for (const { out } of requests) if (out !== undefined) discardUnfinished(out);
  }
}

/** Threads that are asked to stop end their runs themselves; one that does not come to look, as it sorts a trace, is ended. */
async function endThreads(signals: ThreadSignals, pool: { destroy(): Promise<void> }, threads: number): Promise<void> {
  const { setTimeout: pause } = await import('node:timers/promises');
  signals.stop();
  await signals.whenLoaded(threads);
  await pause(GRACE_MS, undefined, { ref: false });
  await pool.destroy();
}

/** The user stopped an experiment that ran in threads. */
class InterruptedRuns extends Error {
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}
