import { existsSync } from 'node:fs';
import { DateTime, Duration } from 'luxon';
import { describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { Schedule } from '../../../src/frameworks/chronos/schedule.js';
import { type FrameworkRun, runFramework } from '../../support/framework-run.js';
import { fc } from '../../support/properties.js';

interface Setup {
  readonly options?: Record<string, unknown>;
  readonly agents?: readonly object[];
  readonly actions?: readonly object[];
  readonly until?: string;
}

function run(jobs: readonly object[], { options, agents, actions, until }: Setup = {}): FrameworkRun {
  return runFramework(
    {
      cluster: { agents: agents ?? [{ count: 2, cpus: 4, mem: '8 GiB', disk: '64 GiB' }] },
      frameworks: [{ name: 'chronos', type: 'chronos', options: { jobs: 'jobs.json', ...options } }],
      ...(actions === undefined ? {} : { actions }),
      ...(until === undefined ? {} : { until }),
    },
    { 'jobs.json': jobs },
  );
}

function nominals({ notes }: FrameworkRun, job: string): string[] {
  const launches = notes.filter(({ event, detail }) => event === 'chronos-launched' && detail['job'] === job);
  return launches.map(({ detail }) => detail['nominal'] as string);
}

function launches({ notes }: FrameworkRun, job: string): number[] {
  return notes
    .filter(({ event, detail }) => event === 'chronos-launched' && detail['job'] === job)
    .map(({ atS }) => Math.floor(atS));
}

describe('firing times', () => {
  it.each([
    // From 31 January a month leads to the 28th, and from there on it stays: each firing is counted from the one before.
    ['R5/2023-01-31T00:00:00Z/P1M', '', ['2023-01-31', '2023-02-28', '2023-03-28', '2023-04-28', '2023-05-28']],
    // A leap year has a 29th to stop at.
    ['R4/2024-01-31T00:00:00Z/P1M', '', ['2024-01-31', '2024-02-29', '2024-03-29', '2024-04-29']],
    // A leap day comes to the 28th after a year, and not back.
    ['R3/2024-02-29T00:00:00Z/P1Y', '', ['2024-02-29', '2025-02-28', '2026-02-28']],
    ['R3/2024-02-28T00:00:00Z/P1D', '', ['2024-02-28', '2024-02-29', '2024-03-01']],
    ['R2/2024-02-26T00:00:00Z/P1W', '', ['2024-02-26', '2024-03-04']],
  ])('%s %s are stepwise additions', (schedule, scheduleTimeZone, days) => {
    const options = { suppressWhenIdle: true };
    const result = run([{ name: 'a', schedule, scheduleTimeZone, command: 'sleep 1' }], { options });
    expect(nominals(result, 'a').map((nominal) => nominal.slice(0, 10))).toEqual(days);
  });

  it('a day is as long as it was in the zone of the schedule; hours are hours', () => {
    // Berlin: UTC+1 until 31 March 2024 01:00 UTC, UTC+2 from then on. 01:30 local is 00:30 UTC on the 30th and 31st, 23:30 UTC before 1 April.
    const days = { schedule: 'R3/2024-03-30T01:30:00Z/P1D', scheduleTimeZone: 'Europe/Berlin', command: 'sleep 1' };
    const hours = { ...days, schedule: 'R3/2024-03-30T01:30:00Z/PT24H' };
    const result = run([
      { name: 'days', ...days },
      { name: 'hours', ...hours },
    ]);
    const at = (text: string): string => `2024-03-${text}:00.000Z`;
    expect(nominals(result, 'days')).toEqual([at('30T00:30'), at('31T00:30'), at('31T23:30')]);
    expect(nominals(result, 'hours')).toEqual(['30T00:30', '31T00:30'].map(at).concat('2024-04-01T00:30:00.000Z'));
  });

  it('in autumn the day has 25 hours', () => {
    // New York: UTC-4 until 3 November 2024 06:00 UTC, then UTC-5.
    const result = run([
      { name: 'a', schedule: 'R2/2024-11-02T12:00:00/P1D', scheduleTimeZone: 'America/New_York', command: 'sleep 1' },
    ]);
    expect(nominals(result, 'a')).toEqual(['2024-11-02T16:00:00.000Z', '2024-11-03T17:00:00.000Z']);
  });

  it('any period in any zone: the next nominal time is the last one plus the period there', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'];
    const periods = ['P1M', 'P1D', 'P3M', 'P1Y', 'P1W', 'PT36H', 'P1DT6H', 'P2M3D', 'PT1H30M'];
    const starts = fc.integer({ min: Date.UTC(2019, 0, 1), max: Date.UTC(2029, 0, 1) });
    fc.assert(
      fc.property(starts, fc.constantFrom(...zones), fc.constantFrom(...periods), (startMs, zone, text) => {
        const start = DateTime.fromMillis(startMs - (startMs % 60_000), { zone });
        const period = Duration.fromISO(text);
        const expected: DateTime<boolean>[] = [start];
        for (let step = 1; step < 6; step++) expected.push((expected[step - 1] as DateTime).plus(period));
        const fields = start.toISO({ includeOffset: false });
        const result = run(
          [{ name: 'a', schedule: `R6/${fields}/${text}`, scheduleTimeZone: zone, command: 'sleep 1' }],
          { options: { suppressWhenIdle: true } },
        );
        // The fields of a start in an hour that comes twice name its first time.
        const first = DateTime.fromISO(fields as string, { zone });
        fc.pre(first.toMillis() === start.toMillis());
        expect(nominals(result, 'a')).toEqual(expected.map((time) => time.toUTC().toISO()));
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  it('an empty start was a second ago, an absent count is for ever', () => {
    const now = DateTime.fromISO('2024-05-05T05:05:05Z', { zone: 'utc' });
    const parsed = Schedule.parse('R//PT24H', '', now);
    if (!('schedule' in parsed)) throw new Error(parsed.reason);
    expect(parsed.schedule.next.toISO()).toBe('2024-05-05T05:05:04.000Z');
    expect(parsed.schedule.left).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('missed firings', () => {
  const jobs = [{ name: 'a', schedule: 'R60/2024-01-01T00:00:00Z/PT1M', command: 'sleep 1', epsilon: 'PT2M' }];
  // Down from 10 min to 20 min 30 s: the firings of minutes 10 (not launched yet) to 20 are missed.
  const actions = [{ at: '10 min', tell: { framework: 'chronos', action: 'failover', for: '10.5 min' } }];

  it('collapse into one late run, then the old grid; only one run of n is used up', () => {
    const result = run(jobs, { actions });
    const minutes = nominals(result, 'a').map(
      (nominal) => Number(nominal.slice(11, 13)) * 60 + Number(nominal.slice(14, 16)),
    );
    expect(minutes.slice(0, 12)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 21]);
    expect(minutes).toHaveLength(60);
    expect(minutes[59]).toBe(69);
    // The run of minute 10 came at 20:30, ten firings after it were missed: 11 … 20.
    expect(result.gauges.get('collapsed_firings')).toBe(10);
  });

  it('are skipped when they are later than epsilon, in the 2.x line; skipped ones use up n', () => {
    const result = run(jobs, { actions, options: { catchUp: 'skip' } });
    const minutes = nominals(result, 'a').map((nominal) => Number(nominal.slice(14, 16)));
    // 10 had been taken before the scheduler went down and was lost with its queue. Back at 20:30 with epsilon two minutes, 11 to 18 are
    // too late; 19 and 20 are queued at once, and of two entries of one job in one batch of offers the second is dropped.
    expect(minutes.filter((minute) => minute >= 9 && minute <= 22)).toEqual([9, 19, 21, 22]);
    expect(result.gauges.get('skipped_firings')).toBe(8);
  });

  it('while the job runs a firing is dropped, stays due, and comes late', () => {
    // Runs of 150 s each minute: while one runs the next is due, and is looked at again within a minute.
    const result = run([{ name: 'a', schedule: 'R3/2024-01-01T00:00:00Z/PT1M', command: 'sleep 150' }]);
    const times = launches(result, 'a');
    for (const [index, at] of times.slice(1).entries())
      expect(at - (times[index] as number)).toBeGreaterThanOrEqual(150);
    expect(result.gauges.get('dropped_entries')).toBeGreaterThan(0);
    expect(times).toHaveLength(3);
  });

  it('concurrent jobs overlap themselves', () => {
    const result = run([
      { name: 'a', schedule: 'R3/2024-01-01T00:00:00Z/PT1M', command: 'sleep 150', concurrent: true },
    ]);
    expect(launches(result, 'a').map((at) => Math.floor(at / 60))).toEqual([0, 1, 2]);
  });
});

describe('dependent jobs', () => {
  it('run once after every parent has succeeded since their last run', () => {
    // fast succeeds each minute, slow each three minutes: both follows slow.
    const result = run([
      { name: 'fast', schedule: 'R9/2024-01-01T00:00:00Z/PT1M', command: 'sleep 5' },
      { name: 'slow', schedule: 'R3/2024-01-01T00:00:00Z/PT3M', command: 'sleep 60' },
      { name: 'both', parents: ['fast', 'slow'], command: 'sleep 1' },
      { name: 'one', parents: ['fast'], command: 'sleep 1' },
    ]);
    expect(launches(result, 'one')).toHaveLength(9);
    const slowEnds = result.ended.filter(({ id }) => id.includes('slow')).map(({ atS }) => Math.floor(atS));
    const both = launches(result, 'both');
    expect(both).toHaveLength(3);
    // Each within the five seconds of a filter and the second of a run after its slow parent.
    for (const [index, at] of both.entries()) {
      expect(at).toBeGreaterThanOrEqual(slowEnds[index] as number);
      expect(at).toBeLessThanOrEqual((slowEnds[index] as number) + 6);
    }
  });
});

describe('failures', () => {
  const failing = (more: object) => ({ name: 'a', command: 'sleep 10', simulation: { failureRate: 1 }, ...more });

  it('are retried a minute later, retries times', () => {
    const result = run([failing({ schedule: 'R1/2024-01-01T00:00:00Z/PT1H', retries: 2 })]);
    const attempts = result.notes
      .filter(({ event }) => event === 'chronos-launched')
      .map(({ detail }) => detail['attempt']);
    expect(attempts).toEqual(['0', '1', '2']);
    const [first, second] = launches(result, 'a') as [number, number];
    expect(second - first).toBeGreaterThanOrEqual(70);
    expect(second - first).toBeLessThanOrEqual(77);
  });

  it('after one exhausted firing there are no retries until a success', () => {
    const result = run([failing({ schedule: 'R3/2024-01-01T00:00:00Z/PT1H', retries: 1 })]);
    const attempts = result.notes
      .filter(({ event }) => event === 'chronos-launched')
      .map(({ detail }) => detail['attempt']);
    expect(attempts).toEqual(['0', '1', '0', '0']);
  });

  it('a soft error sets off the children, a hard one does not, and too many disable the job', () => {
    const child = { name: 'child', parents: ['a'], command: 'sleep 1' };
    const schedule = 'R4/2024-01-01T00:00:00Z/PT1H';
    const soft = run([failing({ schedule, retries: 0, softError: true }), child]);
    expect(launches(soft, 'child')).toHaveLength(4);
    const hard = run([failing({ schedule, retries: 0 }), child], { options: { disableAfterFailures: 2 } });
    expect(launches(hard, 'child')).toHaveLength(0);
    expect(launches(hard, 'a')).toHaveLength(2);
  });

  it('a run past maxCompletionTime is ended as failed', () => {
    const result = run([
      { name: 'a', schedule: 'R1/2024-01-01T00:00:00Z/PT1H', command: 'sleep 500', maxCompletionTime: 60, retries: 0 },
    ]);
    expect(result.ended.map(({ state, ranS }) => [state, ranS])).toEqual([['failed', 60]]);
  });
});

describe('the queue', () => {
  const agents = [{ cpus: 2, mem: '4 GiB', disk: '8 GiB' }];
  // big fits only when the agent is empty; small fits beside blocker.
  const jobs = [
    { name: 'blocker', schedule: 'R1/2024-01-01T00:00:00Z/PT1H', command: 'sleep 100', cpus: 1 },
    { name: 'big', schedule: 'R1/2024-01-01T00:00:10Z/PT1H', command: 'sleep 10', cpus: 2 },
    { name: 'small', schedule: 'R1/2024-01-01T00:00:11Z/PT1H', command: 'sleep 10', cpus: 1 },
  ];

  it('a head that fits no offer ends the batch and goes to the tail', () => {
    const blocked = run(jobs, { agents });
    const free = run(jobs, { agents, options: { headBlocks: false } });
    // Both wait for the offer of about second 15. Blocked: big ends that batch, small goes in the next, a filter of five seconds later.
    expect((launches(blocked, 'small')[0] as number) - (launches(free, 'small')[0] as number)).toBeGreaterThanOrEqual(
      5,
    );
    expect(launches(free, 'small')[0]).toBeLessThan(20);
  });

  it('high priority goes first', () => {
    const [, big, small] = jobs as [object, object, object];
    const late = { schedule: 'R1/2024-01-01T00:00:10Z/PT1H', cpus: 2 };
    const result = run(
      [
        { ...big, ...late },
        { ...small, ...late, highPriority: true },
      ],
      { agents },
    );
    expect(launches(result, 'small')[0]).toBeLessThan(launches(result, 'big')[0] as number);
  });

  it('constraints: a missing attribute fails EQUALS, LIKE and UNLIKE; a set matches LIKE by any item', () => {
    const where = (constraint: string[]): string | undefined =>
      run([{ ...jobs[0], constraints: [constraint] }], {
        agents: [
          { name: 'bare', cpus: 2, mem: '4 GiB', disk: '8 GiB' },
          { name: 'ssd', cpus: 2, mem: '4 GiB', disk: '8 GiB', attributes: { disks: '{ssd,nvme}', zone: 'a' } },
        ],
        until: '1 min',
      }).started[0]?.agent;
    expect(where(['zone', 'EQUALS', 'a'])).toBe('ssd-0');
    expect(where(['zone', 'UNLIKE', 'b'])).toBe('ssd-0');
    expect(where(['zone', 'UNLIKE', 'a'])).toBeUndefined();
    expect(where(['disks', 'LIKE', 'nv.*'])).toBe('ssd-0');
    expect(where(['disks', 'LIKE', 'nv'])).toBeUndefined();
    expect(where(['hostname', 'LIKE', 'bare-.*'])).toBe('bare-0');
  });
});

describe('job files', () => {
  const schedule = 'R1/2024-01-01T00:00:00Z/PT1H';

  function mistake(content: unknown, options: Record<string, unknown> = {}): string {
    try {
      runFramework(
        {
          cluster: { agents: [{ cpus: 1 }] },
          frameworks: [{ name: 'chronos', type: 'chronos', options: { jobs: 'jobs.json', ...options } }],
        },
        { 'jobs.json': content },
      );
    } catch (error) {
      if (error instanceof InputError || error instanceof InputErrors)
        return error.format().replace(/^.*jobs\.json/s, '');
      throw error;
    }
    return 'none';
  }

  it.each([
    ['{ "name": "a" "command": "b" }', ':1:15: error E_JOB_JSON: $ is no JSON'],
    [{ name: 'a' }, 'error E_JOB_JSON: $ must have either a schedule or parents'],
    [{ name: 'a', schedule, parents: ['b'] }, '$ must have either a schedule or parents'],
    [
      [
        { name: 'a', schedule },
        { name: 'a', schedule },
      ],
      '$[1].name is the name of another job too, got "a"',
    ],
    [[{ name: 'a', schedule, cpus: 'many' }], '$[0].cpus must be a number of at least 0, got "many"'],
    [{ name: 'a', schedule, mem: -1 }, '$.mem must be a number of at least 0, got "-1"'],
    [{ name: 'a', schedule: '2024-01-01/P1D' }, '$.schedule must be written R[n]/start/period'],
    [{ name: 'a', schedule: 'R/yesterday/P1D' }, '$.schedule has a start that is no ISO 8601 time: yesterday'],
    [{ name: 'a', schedule: 'R/2024-02-30T00:00:00Z/P1D' }, '$.schedule has a start that is no ISO 8601 time'],
    [{ name: 'a', schedule: 'R/2024-01-01T00:00:00Z/P1X' }, '$.schedule has a period that is no ISO 8601 period: P1X'],
    [{ name: 'a', schedule: 'R/2024-01-01T00:00:00Z/PT0S' }, '$.schedule has a period that does not go forward: PT0S'],
    [{ name: 'a', schedule, scheduleTimeZone: 'Mars/Olympus' }, 'a scheduleTimeZone that is not known: Mars/Olympus'],
    [{ name: 'a', parents: ['nobody'] }, '$.parents[0] must be the name of a job, got "nobody"'],
    [
      [
        { name: 'a', parents: ['b'] },
        { name: 'b', parents: ['a'] },
      ],
      'must not lead round in a circle',
    ],
    [{ name: 'a', schedule, constraints: [['rack', 'NEAR', 'r1']] }, '$.constraints[0] must have the operator EQUALS'],
    [{ name: 'a', schedule, constraints: [['rack']] }, '$.constraints[0] must be [attribute, operator, value]'],
    [{ name: 'a', schedule, retries: 1.5 }, '$.retries must be a whole number of at least 0, got "1.5"'],
    [{ name: 'a/b', schedule }, '$.name must be letters, digits'],
    [{ name: 'a', schedule, simulation: { duration: 'long' } }, '$.simulation'],
  ])('%j is refused with file, place, path and reason', (content, message) => {
    const text = mistake(content);
    expect(text).toContain(message);
    expect(text).toMatch(/^:\d+:\d+: error E_JOB_JSON: \$/);
  });

  it('endless schedules alone need an until', () => {
    expect(() => run([{ name: 'a', schedule: 'R//PT1M' }])).toThrow(/never ends/);
  });

  const samples = ['traces/chronos', '../shared/traces/chronos'].filter((folder) => existsSync(folder));

  it.each(samples)('the real samples of %s are read: numbers as texts, every field', (folder) => {
    const result = runFramework({
      cluster: { agents: [{ count: 2, cpus: 4, mem: '8 GiB', disk: '64 GiB' }] },
      frameworks: [
        {
          name: 'chronos',
          type: 'chronos',
          options: {
            jobs: `${process.cwd()}/${folder}/*.json`,
            missingParents: 'drop',
            origin: '2014-10-01T00:00:00Z',
          },
        },
      ],
      until: '1 h',
    });
    // dockerjob has run since 2014-09-25T17:22 each two minutes and is late; SAMPLE_JOB1 is two years late and has ten runs.
    expect(launches(result, 'dockerjob').length).toBeGreaterThan(25);
    expect(launches(result, 'SAMPLE_JOB1')).toHaveLength(10);
    expect(launches(result, 'hello')).toHaveLength(0);
    expect(result.gauges.get('jobs_without_parents')).toBe(1);
    // "0.5" and "512" are texts in the file.
    const docker = result.simulation.cluster.setup.resources.of({ cpus: 0.5, mem: 512, disk: 256 });
    expect(result.amounts.get('dockerjob')).toEqual(docker);
  });
});
