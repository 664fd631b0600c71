import { workerData } from 'node:worker_threads';
import type { RunResult } from '../scenario/run.js';
import { type FailureRecord, recordFailure } from './failure-record.js';
import { ProgressBoard } from './progress-board.js';
import { carryOut, type RunRequest } from './run-request.js';
import { ThreadSignals } from './thread-signals.js';

/** One run for a worker thread. */
export interface WorkerTask {
  readonly request: RunRequest;
  readonly index: number;
  readonly board: SharedArrayBuffer;
}

export type WorkerAnswer = { readonly result: RunResult } | { readonly failure: FailureRecord };

const signals = new ThreadSignals(workerData as SharedArrayBuffer);
signals.noteLoaded();

/** Carries out one run in a worker thread; called by the pool under this name. */
export async function runInWorker({ request, index, board }: WorkerTask): Promise<WorkerAnswer> {
  const progress = new ProgressBoard(board);
  const stop = new AbortController();
  if (signals.isStopped) stop.abort();
  try {
    const result = await carryOut(request, {
      signal: stop.signal,
      onProgress: ({ jobsArrived, nowUs }) => {
        progress.note(index, jobsArrived, nowUs);
        if (signals.isStopped) stop.abort();
      },
    });
    return { result };
  } catch (error) {
    return { failure: recordFailure(error) };
  }
}
