import type { MapReduceJob } from './job.js';
import type { Attempt, Phase } from './phase.js';
import type { HadoopSettings } from './settings.js';
import type { Tracker } from './tracker.js';

/** A task must be this far behind the average progress (TaskInProgress.SPECULATIVE_GAP). */
const GAP = 0.2;

/** Progress of an attempt: copying and work as parts of its run time; a reduce that waits for maps stands still. */
export function progressOf(attempt: Attempt, nowUs: number): number {
  const { startUs, copyUs, workUs, copyEndUs } = attempt;
  const whole = copyUs + workUs;
  if (whole === 0) return 1;
  const isCopying = copyUs > 0 && (copyEndUs < 0 || nowUs < copyEndUs);
  const doneUs = isCopying ? Math.min(nowUs - startUs, copyUs) : copyUs + (nowUs - (copyUs > 0 ? copyEndUs : startUs));
  return Math.min(1, doneUs / whole);
}

/** Running attempts that have no copy. */
function* single(phase: Phase): Iterable<Attempt> {
  for (const [only, second] of phase.attempts.values()) if (only !== undefined && second === undefined) yield only;
}

/**
 * The task of a phase that should get a second copy on this tracker now.
 * Sources: `gap` TaskInProgress.hasSpeculativeTask (0.20, 1.x); `late` JobInProgress.findSpeculativeTask (0.21), Zaharia et al., OSDI 2008, §4.
 */
export function slowTask(
  phase: Phase,
  tracker: Tracker,
  nowUs: number,
  settings: HadoopSettings,
  slots: { total: number; running: number; copies: number },
): Attempt | undefined {
  const { speculation, speculativeLag } = settings;
  if (speculation === 'off' || phase.waitingCount > 0 || !phase.isReady || !phase.hasInput) return undefined;
  const old = [...single(phase)].filter(
    (attempt) => nowUs - attempt.startUs > speculativeLag && attempt.tracker.agent !== tracker.agent,
  );
  if (old.length === 0) return undefined;
  if (speculation === 'late') {
    if (slots.copies >= capOf(slots) || isSlow(phase, tracker)) return undefined;
    return longest(old, phase, nowUs);
  }
  const mean = meanProgress(phase, nowUs);
  return old.find((attempt) => progressOf(attempt, nowUs) < mean - GAP);
}

/** Copies at a time: 10, 1 % of the slots or 10 % of what runs, whichever is most (atSpeculativeCap). */
function capOf({ total, running }: { total: number; running: number }): number {
  return Math.max(10, 0.01 * total, 0.1 * running);
}

/** Its finished tasks took more than a standard deviation longer than the mean over trackers: no copies there (isSlowTracker). */
function isSlow({ tookOn }: Phase, { key }: Tracker): boolean {
  const own = tookOn.get(key);
  if (own === undefined) return false;
  const means = [...tookOn.values()].map(({ sumUs, count }) => sumUs / count);
  const mean = means.reduce((sum, each) => sum + each, 0) / means.length;
  const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / means.length;
  return own.sumUs / own.count > mean + Math.sqrt(variance);
}

function meanProgress(phase: Phase, nowUs: number): number {
  let sum = phase.finishedCount;
  for (const copies of phase.attempts.values()) {
    sum += Math.max(...copies.map((attempt) => progressOf(attempt, nowUs)));
  }
  return sum / phase.count;
}

/** Of those whose progress rate is more than a standard deviation below the mean, the one with the longest time to its end. */
function longest(old: readonly Attempt[], phase: Phase, nowUs: number): Attempt | undefined {
  const rates = [...phase.attempts.values()].flat().map((attempt) => rateOf(attempt, nowUs));
  const count = rates.length + phase.finishedCount;
  const mean = rates.reduce((sum, rate) => sum + rate, phase.rateSum) / count;
  const squares = rates.reduce((sum, rate) => sum + rate * rate, phase.rateSquares) / count;
  const deviation = Math.sqrt(Math.max(0, squares - mean * mean));
  let chosen: Attempt | undefined;
  let most = -1;
  for (const attempt of old) {
    const rate = rateOf(attempt, nowUs);
    if (rate >= mean - deviation) continue;
    const leftUs = rate === 0 ? Number.POSITIVE_INFINITY : (1 - progressOf(attempt, nowUs)) / rate;
    if (leftUs > most) {
      most = leftUs;
      chosen = attempt;
    }
  }
  return chosen;
}

function rateOf(attempt: Attempt, nowUs: number): number {
  return progressOf(attempt, nowUs) / Math.max(1, nowUs - attempt.startUs);
}

/** From when on a heartbeat could find a slow task of the job; infinity = nothing that runs could have a copy. */
export function copiesFromUs(job: MapReduceJob, settings: HadoopSettings): number {
  let fromUs = Number.POSITIVE_INFINITY;
  if (settings.speculation === 'off') return fromUs;
  for (const phase of job.phases) {
    if (phase.waitingCount > 0 || !phase.isReady || !phase.hasInput) continue;
    for (const { startUs } of single(phase)) fromUs = Math.min(fromUs, startUs + settings.speculativeLag + 1);
  }
  return fromUs;
}
