import { defineOrder, type PendingGroup, type PlanView } from '../model/order.js';
import { estimateOf, type Piece, pieces } from './planned-piece.js';
import { Profile } from './profile.js';

interface Reservation {
  readonly piece: Piece;
  readonly agents: readonly number[];
  readonly startUs: number;
  readonly endUs: number;
  /** From then on it is in the profile: a moment after its start while what it waits for is on its way back. */
  readonly heldFromUs: number;
}

/**
 * Every waiting piece has a reservation and moves only forward: at each decision it looks, in order of the queue, for an earlier
 * place while all others keep theirs. Only work that outlives its estimate, or agents that are no longer held, can break a promise.
 */
class Book {
  private promised = new Map<PendingGroup, Reservation[]>();

  constructor(private readonly depth: number) {}

  plan(view: PlanView): void {
    const profile = new Profile(view);
    const queue: { piece: Piece; old: Reservation | undefined }[] = [];
    const used = new Map<PendingGroup, number>();
    for (const piece of pieces(view)) {
      if (queue.length === this.depth) break;
      const index = used.get(piece.pending) ?? 0;
      used.set(piece.pending, index + 1);
      queue.push({ piece, old: this.renewed(profile, piece, this.promised.get(piece.pending)?.[index], view.nowUs) });
    }
    this.promised = new Map();
    for (const { piece, old } of queue) this.place(view, profile, piece, old);
  }

  /** Puts an old reservation into the profile, if it still holds there. */
  private renewed(
    profile: Profile,
    piece: Piece,
    old: Reservation | undefined,
    nowUs: number,
  ): Reservation | undefined {
    if (old === undefined || old.agents.length !== piece.ask.count) return undefined;
    // Its time may have come a moment before what it waits for is back.
    const startUs = Math.max(old.startUs, nowUs);
    const endUs = startUs + estimateOf(piece.pending);
    // Work that should have ended by now is taken to end in a moment; others keep what begins where this one ends.
    const { amounts } = piece.ask;
    const froms = old.startUs <= nowUs && nowUs + 1 < endUs ? [startUs, nowUs + 1] : [startUs];
    const heldFromUs = froms.find((fromUs) => profile.holds(amounts, old.agents, fromUs, endUs));
    if (heldFromUs === undefined) return undefined;
    profile.reserve(amounts, old.agents, heldFromUs, endUs);
    return { piece, agents: old.agents, startUs, endUs, heldFromUs };
  }

  private place(view: PlanView, profile: Profile, piece: Piece, old: Reservation | undefined): void {
    const { pending, ask } = piece;
    if (old !== undefined) profile.release(ask.amounts, old.agents, old.heldFromUs, old.endUs);
    const durationUs = estimateOf(pending);
    const found = profile.earliest(ask, durationUs);
    if (old !== undefined && (found === undefined || found.startUs > old.startUs)) {
      profile.reserve(ask.amounts, old.agents, old.heldFromUs, old.endUs);
      this.promise(old);
      return;
    }
    if (found === undefined) return;
    const { startUs, agents } = found;
    profile.reserve(ask.amounts, agents, startUs, startUs + durationUs);
    if (startUs <= view.nowUs) view.start(pending, agents);
    else this.promise({ piece, agents, startUs, endUs: startUs + durationUs, heldFromUs: startUs });
  }

  private promise(reservation: Reservation): void {
    const { pending } = reservation.piece;
    const list = this.promised.get(pending) ?? [];
    list.push(reservation);
    this.promised.set(pending, list);
  }
}

export const backfillConservative = defineOrder({
  name: 'backfill-conservative',
  summary:
    'every waiting job has a reservation by the estimates, in order of submit time; a job starts early when it delays none of them',
  source: "Mu'alem and Feitelson, IEEE TPDS 12(6), 2001, §2 (conservative backfilling with compression)",
  options: {
    depth: {
      type: 'integer',
      default: 500,
      range: [1, 1e6],
      unit: 'jobs',
      help: 'how far down the queue reservations go',
    },
  },
  create: ({ depth }) => {
    const book = new Book(depth);
    return { isDynamic: false, rank: (pending) => pending.job.submitUs, plan: (view) => book.plan(view) };
  },
});
