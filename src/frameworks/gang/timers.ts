import type { SchedulerDriver } from '../../model/framework.js';
import type { Gang } from './gang.js';

/** What a gang's timer is for; the low bits of its tag, the rest is the gang's row. */
export const FINISH = 0;
export const RELEASE = 1;
export const RETURN = 2;
export const START = 3;
export const TOO_SMALL = 4;
export const INSIST = 5;
/** Not of a gang: a job of the job files is due. */
export const SUBMIT = 6;
const KINDS = 8;

/** At most one timer of each kind per gang. */
export class GangTimers {
  private readonly timers = new Map<number, number>();

  constructor(private readonly driver: SchedulerDriver) {}

  /** A timer that is set stays as it is, but the end of work moves. */
  arm(gang: Gang, kind: number, delayUs: number): void {
    const tag = gang.row * KINDS + kind;
    if (kind === FINISH) this.disarm(gang, kind);
    else if (this.timers.has(tag)) return;
    this.timers.set(tag, this.driver.timer(Math.max(0, delayUs), tag));
  }

  isArmed(gang: Gang, kind: number): boolean {
    return this.timers.has(gang.row * KINDS + kind);
  }

  disarm(gang: Gang, kind: number): void {
    const tag = gang.row * KINDS + kind;
    const timer = this.timers.get(tag);
    if (timer === undefined) return;
    this.driver.cancel(timer);
    this.timers.delete(tag);
  }

  disarmAll(gang: Gang): void {
    for (let kind = 0; kind < KINDS; kind++) this.disarm(gang, kind);
  }

  submitAt(row: number, us: number): void {
    this.driver.timer(us, row * KINDS + SUBMIT);
  }

  /** What a tag stands for; the timer is no longer set. */
  fired(tag: number): { kind: number; row: number } {
    this.timers.delete(tag);
    return { kind: tag % KINDS, row: Math.floor(tag / KINDS) };
  }
}
