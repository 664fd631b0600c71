import type { Amounts } from './resources.js';

/**
 * What an ACCEPT may do to offered resources besides launching tasks (mesos.proto Offer.Operation). Amounts are per resource. The role
 * is one of the framework's own: the one that the offer was made to.
 */
export type OfferOperation =
  /** RESERVE: unreserved amounts become reserved to the role; `from` names an ancestor whose reservation is refined instead. */
  | {
      readonly type: 'reserve';
      readonly agent: number;
      readonly role: string;
      readonly amounts: Amounts;
      readonly from?: string;
    }
  /** UNRESERVE: the reservation to the role is taken off again; what was refined falls back to `from`. */
  | {
      readonly type: 'unreserve';
      readonly agent: number;
      readonly role: string;
      readonly amounts: Amounts;
      readonly from?: string;
    }
  /** CREATE: disk that is reserved to the role becomes a persistent volume. */
  | {
      readonly type: 'create';
      readonly agent: number;
      readonly role: string;
      readonly volume: string;
      readonly diskMilliMib: number;
    }
  /** DESTROY: the volume becomes reserved disk again. */
  | { readonly type: 'destroy'; readonly agent: number; readonly role: string; readonly volume: string };

/** What a task is to run on, where the framework has a choice. */
export interface TaskUse {
  /** On revocable amounts: never, where no others are left, or on nothing else. Default: what the framework subscribed with. */
  readonly revocable?: 'never' | 'allow' | 'only';
  /** Which waiting task of the group goes; default: the one that is next. */
  readonly index?: number;
  /** Offers of which of the framework's roles; default: of any. */
  readonly role?: string;
  /** On reserved amounts: never, where there are some (default), or on nothing else. */
  readonly reserved?: 'never' | 'allow' | 'only';
  /** Id of the persistent volume that serves its demand for disk; it must be of just that size. */
  readonly volume?: string;
}
