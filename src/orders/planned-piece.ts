import type { PendingGroup, PlanView } from '../model/order.js';
import type { Ask } from './profile.js';

/** What starts as one: all waiting tasks of a gang, or one task. */
export interface Piece {
  readonly pending: PendingGroup;
  readonly ask: Ask;
}

/** Time that a task of the group is said to need from its start on. */
export function estimateOf({ group, doneUs }: PendingGroup): number {
  return Math.max(1, (group.estimateUs >= 0 ? group.estimateUs : group.durationUs) - doneUs);
}

/** The queue in order, piece by piece. A group's count is read when its turn comes: starting a piece lowers it. */
export function* pieces(view: PlanView): Iterable<Piece> {
  for (const pending of view.waiting) {
    const { amounts, gang } = pending.group;
    const allows = (agent: number): boolean => view.allows(pending, agent);
    if (gang) yield { pending, ask: { amounts, count: pending.pendingCount, allows } };
    else for (let left = pending.pendingCount; left > 0; left--) yield { pending, ask: { amounts, count: 1, allows } };
  }
}
