import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { fitsFirstEntries } from '../../../src/frameworks/chronos/constraints.js';
import { Schedule } from '../../../src/frameworks/chronos/schedule.js';
import { runFramework } from '../../support/framework-run.js';
import { fc } from '../../support/properties.js';

// Stepwise addition written out here: dates by the calendar's own rules, wall times by the platform's tables of zones. No library of dates.

interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly minutes: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wallOf(ms: number, zone: string): Wall {
  let format = formats.get(zone);
  if (format === undefined) {
    const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...fields });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const at = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) as number;
  return { year: at('year'), month: at('month'), day: at('day'), minutes: at('hour') * 60 + at('minute') };
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number, month: number): number =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] as number;

function addMonths({ year, month, day, minutes }: Wall, count: number): Wall {
  const months = year * 12 + month - 1 + count;
  const [toYear, toMonth] = [Math.floor(months / 12), (months % 12) + 1];
  return { year: toYear, month: toMonth, day: Math.min(day, daysIn(toYear, toMonth)), minutes };
}

function addDays({ year, month, day, minutes }: Wall, count: number): Wall {
  let next = { year, month, day: day + count };
  while (next.day > daysIn(next.year, next.month)) {
    const left = next.day - daysIn(next.year, next.month);
    const isDecember = next.month === 12;
    next = { year: next.year + (isDecember ? 1 : 0), month: isDecember ? 1 : next.month + 1, day: left };
  }
  return { ...next, minutes };
}

/** All instants at which the clocks of the zone show a wall time: one, two in autumn, none in spring. */
function instantsOf(wall: Wall, zone: string): number[] {
  const utc = Date.UTC(wall.year, wall.month - 1, wall.day, 0, wall.minutes);
  const found: number[] = [];
  for (let offset = -14 * 60; offset <= 14 * 60; offset += 15) {
    const ms = utc - offset * 60_000;
    if (JSON.stringify(wallOf(ms, zone)) === JSON.stringify(wall)) found.push(ms);
  }
  return found;
}

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Africa/Casablanca',
];
const CALENDAR: Readonly<Record<string, (wall: Wall) => Wall>> = {
  P1D: (wall) => addDays(wall, 1),
  P1W: (wall) => addDays(wall, 7),
  P1M: (wall) => addMonths(wall, 1),
  P3M: (wall) => addMonths(wall, 3),
  P1Y: (wall) => addMonths(wall, 12),
};
const EXACT_MS: Readonly<Record<string, number>> = {
  PT1H: 3_600_000,
  PT24H: 86_400_000,
  PT90M: 5_400_000,
  PT36H: 129_600_000,
};

function firings(startMs: number, zone: string, period: string, count: number): number[] {
  const fields = DateTime.fromMillis(startMs, { zone }).toISO({ includeOffset: false });
  const parsed = Schedule.parse(`R${count}/${fields}/${period}`, zone, DateTime.fromMillis(0));
  if (!('schedule' in parsed)) throw new Error(parsed.reason);
  const times: number[] = [];
  for (let step = 0; step < count; step++) {
    times.push(parsed.schedule.next.toMillis());
    parsed.schedule.step();
  }
  return times;
}

describe('firing times against the calendar', () => {
  const starts = fc.integer({ min: Date.UTC(2015, 0, 1) / 900_000, max: Date.UTC(2029, 0, 1) / 900_000 });

  it('days, weeks, months and years keep the time that clocks show; where clocks skip it, the hour is later', () => {
    fc.assert(
      fc.property(
        starts,
        fc.constantFrom(...ZONES),
        fc.constantFrom(...Object.keys(CALENDAR)),
        (quarter, zone, period) => {
          const times = firings(quarter * 900_000, zone, period, 14);
          for (const [index, ms] of times.slice(1).entries()) {
            const expected = (CALENDAR[period] as (wall: Wall) => Wall)(wallOf(times[index] as number, zone));
            const got = wallOf(ms, zone);
            if (JSON.stringify(got) === JSON.stringify(expected)) continue;
            // Another time is right only where no clock ever shows the one that was meant.
            expect(instantsOf(expected, zone), `${zone} ${period} ${index}`).toEqual([]);
            const { minutes } = wallOf(ms, zone);
            expect(
              minutes - expected.minutes === 60 || got.minutes - expected.minutes === 30,
              `${zone} ${period}`,
            ).toBe(true);
          }
        },
      ),
      { numRuns: 150, seed: 8 },
    );
    // Berlin has no 02:30 on 31 March 2024: the property has met nothing of the kind unless it is asked.
    const [, day] = firings(Date.UTC(2024, 2, 30, 1, 30), 'Europe/Berlin', 'P1D', 2);
    expect(day).toBe(Date.UTC(2024, 2, 31, 1, 30));
  });

  it('hours and minutes are as long as they are, whatever clocks do', () => {
    fc.assert(
      fc.property(
        starts,
        fc.constantFrom(...ZONES),
        fc.constantFrom(...Object.keys(EXACT_MS)),
        (quarter, zone, period) => {
          const times = firings(quarter * 900_000, zone, period, 40);
          for (const [index, ms] of times.slice(1).entries()) {
            expect(ms - (times[index] as number)).toBe(EXACT_MS[period]);
          }
        },
      ),
      { numRuns: 60, seed: 9 },
    );
  });

  it('months drift to the shortest they meet: from 31 January to the 28th or 29th, and stay', () => {
    const days = (year: number) =>
      firings(Date.UTC(year, 0, 31), 'UTC', 'P1M', 14).map((ms) => new Date(ms).getUTCDate());
    expect(days(2023)).toEqual([31, ...Array.from({ length: 13 }, () => 28)]);
    // 29 February 2024, the 29th for a year, 28 February 2025 …
    expect(days(2024)).toEqual([31, ...Array.from({ length: 12 }, () => 29), 28]);
  });

  it('a leap day and no leap year: 29 February 2096 + 4 years is 28 February 2100', () => {
    const [, second] = firings(Date.UTC(2096, 1, 29), 'UTC', 'P4Y', 2);
    expect(second).toBe(Date.UTC(2100, 1, 28));
  });
});

describe('job files of Chronos', () => {
  it('null is as good as absent, and documented fields have their types', () => {
    const job = {
      name: 'a',
      schedule: 'R1/2024-01-01T00:00:00Z/PT1H',
      retries: null,
      epsilon: null,
      cpus: null,
      container: null,
    };
    const play = (more: object) =>
      runFramework(
        {
          cluster: { agents: [{ cpus: 4, mem: '8 GiB', disk: '64 GiB' }] },
          frameworks: [{ name: 'chronos', type: 'chronos', options: { jobs: 'jobs.json' } }],
        },
        { 'jobs.json': { ...job, ...more } },
      );
    expect(play({}).started).toHaveLength(1);
    expect(() => play({ environmentVariables: { A: 'b' } })).toThrow(/environmentVariables must be a list/);
    expect(() => play({ uris: [1] })).toThrow(/uris\[0\] must be a text/);
  });
});

describe('the first entry of a resource', () => {
  it('counts alone: what is reserved hides what is not (mesos/MesosJobFramework.scala)', () => {
    const cpus = (value: number) => Float64Array.of(value, 0);
    expect(fitsFirstEntries(cpus(2), cpus(0))).toBe(true);
    expect(fitsFirstEntries(cpus(2), cpus(4))).toBe(true);
    expect(fitsFirstEntries(cpus(2), cpus(1))).toBe(false);
  });

  it('so that a job which needs more than the reservation waits, unless the quirk is off', () => {
    const started = (firstEntryOnly: boolean) =>
      runFramework(
        {
          cluster: { agents: [{ cpus: 8, mem: '8 GiB', disk: '64 GiB', reserved: { cron: { cpus: 1 } } }] },
          frameworks: [
            { name: 'chronos', type: 'chronos', role: 'cron', options: { jobs: 'jobs.json', firstEntryOnly } },
          ],
          until: '10 min',
        },
        { 'jobs.json': { name: 'a', cpus: 2, command: 'sleep 5', schedule: 'R1/2024-01-01T00:00:00Z/PT1H' } },
      ).started.length;
    expect(started(true)).toBe(0);
    expect(started(false)).toBe(1);
  });
});
