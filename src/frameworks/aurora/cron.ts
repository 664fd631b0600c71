import { Cron } from 'croner';
import { DateTime } from 'luxon';
import type { InputError } from '../../core/errors.js';

/** Refuses a text that is no five-field crontab. */
export function checkCron(text: string, fail: (rule: string) => InputError): void {
  if (text.trim().split(/\s+/).length !== 5)
    throw fail('must have the five fields of a crontab: minute hour day month weekday');
  try {
    new Cron(text, { timezone: 'Etc/UTC', paused: true });
  } catch (error) {
    throw fail(`must be a crontab: ${error instanceof Error ? error.message.replace(/^\w+: /, '') : String(error)}`);
  }
}

/** The next time after `afterMs` (since 1970) that a crontab names, in GMT; Infinity = never. */
export function nextTrigger(text: string, afterMs: number): number {
  const from = DateTime.fromMillis(afterMs, { zone: 'utc' }).toISO() ?? '';
  const next = new Cron(text, { timezone: 'Etc/UTC', paused: true }).nextRun(from);
  return next === null ? Number.POSITIVE_INFINITY : next.getTime();
}
