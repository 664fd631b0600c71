import { InputError } from '../core/errors.js';
import { Heap } from '../core/heap.js';
import type { RandomStream } from '../core/random.js';
import type { JobRecord, JobSource } from '../model/job.js';

/** A copy of a user's jobs comes up to an hour late, so that a user drawn twice does not submit twice in one instant. */
const MOST_DELAY_US = 3600e6;

/**
 * The jobs of users drawn with replacement from the trace's users (Zakay and Feitelson, Preserving User Behavior Characteristics in
 * Trace-Based Simulation, MASCOTS 2014): sessions and habits of a user stay whole, while the mix of users varies. `open` reads the
 * trace once more, to know its users.
 */
export function resampled(source: JobSource, open: () => JobSource, draw: RandomStream): JobSource {
  const copies = drawUsers(usersOf(open()), draw, source.report.files[0] ?? '');
  const heap = new Heap<{ job: JobRecord; row: number }>(
    (a, b) => a.job.submitUs < b.job.submitUs || (a.job.submitUs === b.job.submitUs && a.row < b.row),
  );
  let row = 0;
  let ahead = source.next();
  const next = (): JobRecord | null => {
    // A copy may be handed on once no job of the trace can come before it.
    while (ahead !== null && (heap.size === 0 || ahead.submitUs <= (heap.peek()?.job.submitUs ?? 0))) {
      for (const [copy, delayUs] of (copies.get(ahead.user) ?? []).entries()) {
        heap.push({ job: copy === 0 ? ahead : copyOf(ahead, copy + 1, delayUs), row: row++ });
      }
      ahead = source.next();
    }
    return heap.pop()?.job ?? null;
  };
  return { report: source.report, next, close: () => source.close() };
}

/** Distinct users in order of their first job. */
function usersOf(source: JobSource): string[] {
  const users = new Set<string>();
  for (let job = source.next(); job !== null; job = source.next()) users.add(job.user);
  source.close();
  return [...users];
}

/** Delay of each copy by user; the first copy has none, a user that is not drawn has no entry. */
function drawUsers(users: readonly string[], draw: RandomStream, file: string): Map<string, number[]> {
  if (users.length < 2)
    throw new InputError('E_RESAMPLE', 'resampling needs a trace with at least two users', { file });
  const copies = new Map<string, number[]>();
  for (let count = 0; count < users.length; count++) {
    const user = users[Math.floor(draw() * users.length)] as string;
    const known = copies.get(user);
    if (known === undefined) copies.set(user, [0]);
    else known.push(Math.floor(draw() * MOST_DELAY_US));
  }
  return copies;
}

function copyOf(job: JobRecord, copy: number, delayUs: number): JobRecord {
  const mark = `~${copy}`;
  return {
    ...job,
    id: job.id + mark,
    submitUs: job.submitUs + delayUs,
    deadlineUs: job.deadlineUs < 0 ? -1 : job.deadlineUs + delayUs,
    after: job.after.map((dependency) => ({ ...dependency, job: dependency.job + mark })),
    groups: job.groups.map((group) => ({ ...group })),
  };
}
