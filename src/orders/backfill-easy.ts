import { defineOrder, type PlanView } from '../model/order.js';
import { estimateOf, pieces } from './planned-piece.js';
import { type Ask, heldNow, placesFor, shift } from './profile.js';

/**
 * The head's reservation: the earliest time at which, by the estimates, what is held and what running work returns are enough for
 * it, and what is then left.
 */
function reservation(
  view: PlanView,
  head: Ask,
  held: Float64Array,
): { shadowUs: number; spare: Float64Array } | undefined {
  const running = [...view.running()].sort((a, b) => a.endUs - b.endUs || a.agent - b.agent);
  const freeAfter = (ends: number): Float64Array => {
    const free = held.slice();
    for (const { amounts, agent } of running.slice(0, ends)) shift(free, amounts, [agent], 1);
    return free;
  };
  let low = 0;
  let high = running.length;
  if (placesFor(freeAfter(high), head) === undefined) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (placesFor(freeAfter(middle), head) === undefined) low = middle + 1;
    else high = middle;
  }
  const shadowUs = running[low - 1]?.endUs ?? view.nowUs;
  // Everything that ends at the same time is free then too.
  while (running[low] !== undefined && running[low]?.endUs === shadowUs) low++;
  return { shadowUs, spare: freeAfter(low) };
}

interface Kept {
  readonly head: Ask;
  readonly shadowUs: number;
  readonly spare: Float64Array;
}

/** Whether a start here and now leaves the head its reservation; takes it out of what is spare then. */
function leavesRoom(
  { head, shadowUs, spare }: Kept,
  { amounts }: Ask,
  agents: readonly number[],
  endUs: number,
): boolean {
  if (endUs <= shadowUs) return true;
  shift(spare, amounts, agents, -1);
  if (placesFor(spare, head) !== undefined) return true;
  shift(spare, amounts, agents, 1);
  return false;
}

/** Starts the queue in order up to the first that does not fit; behind it, what does not delay that one's reservation. */
function plan(view: PlanView): void {
  const held = heldNow(view);
  let kept: Kept | undefined;
  for (const { pending, ask } of pieces(view)) {
    const agents = placesFor(held, ask);
    if (kept === undefined && agents === undefined) {
      // What is coming back in this instant may start it: what is behind it is looked at then.
      if (view.isUnsettled) return;
      const found = reservation(view, ask, held);
      // One that could never start holds nobody up.
      if (found !== undefined) kept = { head: ask, ...found };
      continue;
    }
    if (agents === undefined) continue;
    if (kept !== undefined && !leavesRoom(kept, ask, agents, view.nowUs + estimateOf(pending))) continue;
    shift(held, ask.amounts, agents, -1);
    view.start(pending, agents);
  }
}

export const backfillEasy = defineOrder({
  name: 'backfill-easy',
  summary:
    'in order of submit time; the first job that does not fit gets a reservation, later ones may start if they do not delay it',
  source: "EASY: Lifka, The ANL/IBM SP Scheduling System, JSSPP 1995; Mu'alem and Feitelson, IEEE TPDS 12(6), 2001",
  options: {},
  create: () => ({ isDynamic: false, rank: (pending) => pending.job.submitUs, plan }),
});
