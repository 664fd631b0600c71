import { DateTime, Duration, IANAZone } from 'luxon';

const FORM = /^R(\d*)\/(.*)\/(P.*)$/;

/** Why a schedule text is none, or the schedule. */
export type ParsedSchedule = { readonly schedule: Schedule } | { readonly reason: string };

/**
 * An ISO 8601 repeating schedule `R[n]/start/period` (Chronos `jobs/Iso8601Expressions.scala`): n runs, without n for ever; an empty
 * start is one second ago. Dates are added in the schedule's zone (a day is as long as that day was there), times as they are;
 * each firing is counted from the nominal time of the one before, so that `P1M` from 31 January goes to the 28th and stays there.
 */
export class Schedule {
  constructor(
    /** Runs left; Infinity = for ever. */
    public left: number,
    public next: DateTime,
    readonly period: Duration,
  ) {}

  /** `zone` = `scheduleTimeZone`: the start's fields are read there, whatever offset it carries. */
  static parse(text: string, zone: string, now: DateTime): ParsedSchedule {
    const match = FORM.exec(text);
    if (match === null) return { reason: 'must be written R[n]/start/period, such as R/2024-01-31T00:00:00Z/P1D' };
    const [, count, start, length] = match as unknown as [string, string, string, string];
    if (zone !== '' && !IANAZone.isValidZone(zone))
      return { reason: `has a scheduleTimeZone that is not known: ${zone}` };
    const next = start === '' ? now.minus({ seconds: 1 }) : startOf(start, zone);
    if (!next.isValid) return { reason: `has a start that is no ISO 8601 time: ${start}` };
    const period = Duration.fromISO(length);
    if (!period.isValid) return { reason: `has a period that is no ISO 8601 period: ${length}` };
    if (next.plus(period) <= next) return { reason: `has a period that does not go forward: ${length}` };
    return { schedule: new Schedule(count === '' ? Number.POSITIVE_INFINITY : Number(count), next, period) };
  }

  /** One run has been taken: the next is one period later. */
  step(): void {
    this.next = this.next.plus(this.period);
    this.left--;
  }

  /**
   * One run has been launched at `now`; all firings up to now collapse into it (`ScheduleBasedJob` at launch): k periods further at
   * once, k = late div period + 1. The length of months and years is measured from now.
   * Returns how many firings collapsed into the run beside its own.
   */
  collapse(now: DateTime): number {
    const hasMonths = this.period.months !== 0 || this.period.years !== 0;
    const from = hasMonths ? now : DateTime.fromMillis(0, { zone: 'utc' });
    const lengthMs = from.plus(this.period).toMillis() - from.toMillis();
    const lateMs = Math.max(0, now.toMillis() - this.next.toMillis());
    const count = Math.floor(lateMs / lengthMs) + 1;
    this.next = this.next.plus(this.period.mapUnits((value) => value * count));
    this.left--;
    return count - 1;
  }
}

/** `DateTime.parse` and then `withZoneRetainFields`: a text without an offset is UTC. */
function startOf(text: string, zone: string): DateTime {
  const given = DateTime.fromISO(text, { setZone: true, zone: 'utc' });
  return zone === '' ? given : given.setZone(zone, { keepLocalTime: true });
}
