import { setMaxListeners } from 'node:events';
import type { RunResult } from '../scenario/run.js';
import { errorOf } from './failure-record.js';
import type { ProgressBoard } from './progress-board.js';
import { carryOut, type RunRequest } from './run-request.js';
import type { WorkerAnswer, WorkerTask } from './run-worker.js';

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
  // Every queued run listens to the one signal; that is no leak.
  if (options.signal !== undefined) setMaxListeners(0, options.signal);
  const threads = Math.min(options.jobs, requests.length);
  const pool = new Piscina<WorkerTask, WorkerAnswer>({
    filename: new URL('./run-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  try {
    const answers = await Promise.all(
      requests.map(async (request, index) => {
        const task: WorkerTask = { request, index, board: options.board.memory };
        const answer = await pool.run(task, {
          name: 'runInWorker',
          ...(options.signal === undefined ? {} : { signal: options.signal }),
        });
        options.board.finish(index);
        options.onProgress?.();
        return answer;
      }),
    );
    return answers.map((answer) => {
      if ('failure' in answer) throw errorOf(answer.failure);
      return answer.result;
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw new InterruptedRuns();
    throw error;
  } finally {
    await pool.destroy();
  }
}

/** The user stopped an experiment that ran in threads. */
class InterruptedRuns extends Error {
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}
