import { describe, expect, it } from 'vitest';
import { events } from '../../../src/metrics/events.js';
import type { RowWriter } from '../../../src/model/metric.js';
import type { ClusterObserver, TaskFact } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

interface Attempt {
  readonly id: string;
  readonly attempt: number;
  readonly startS: number;
  readonly finishS: number;
  readonly lostS: number;
  readonly keptS: number;
  readonly restartS: number;
  readonly reason: string;
}

interface Job {
  id: string;
  at?: number;
  duration: number;
  user?: string;
  priority?: number;
  cpus?: number;
  tasks?: number;
  gang?: boolean;
  constraints?: string;
}

/** Runs jobs of two frameworks, `low` and `high`, on agents of 4 CPUs; every attempt that ended, in order of its end. */
function run(
  allocator: string,
  jobs: readonly Job[],
  more: { cluster?: object; order?: string; agents?: object[]; until?: number; document?: object } = {},
): { attempts: Attempt[]; rows: string[][] } {
  const scenario = parseScenario(
    JSON.stringify({
      name: 'preemption',
      workload: { jobs: jobs.map((job) => ({ mem: 0, ...job })) },
      cluster: { agents: more.agents ?? [{ count: 1, cpus: 4, mem: 0 }], ...more.cluster },
      frameworks: [
        { name: 'low', match: { user: 'low' } },
        { name: 'high', match: { user: 'high' } },
      ],
      policy: { allocator, order: more.order ?? 'priority' },
      until: more.until ?? 1000,
      ...more.document,
    }),
    'preemption.json',
  );
  const attempts: Attempt[] = [];
  const rows: string[][] = [];
  const note = (fact: TaskFact): void => {
    attempts.push({
      id: fact.job.record.id,
      attempt: fact.attempt,
      startS: fact.startUs / 1e6,
      finishS: fact.finishUs / 1e6,
      lostS: fact.lostUs / 1e6,
      keptS: (fact.keptUs ?? 0) / 1e6,
      restartS: (fact.restartUs ?? 0) / 1e6,
      reason: fact.reason,
    });
  };
  const simulation = new Simulation(scenario, {
    checksInvariants: true,
    observe: (cluster): ClusterObserver[] => [
      { taskEnded: note },
      events.create({}, { cluster, warmupUs: 0, table: () => new Rows(rows), summary: () => undefined }),
    ],
  });
  simulation.run();
  simulation.close();
  return { attempts, rows };
}

/** Keeps the cells of a table. */
class Rows implements RowWriter {
  private row: string[] = [];
  constructor(private readonly rows: string[][]) {}
  text(value: string): RowWriter {
    this.row.push(value);
    return this;
  }
  integer(value: number): RowWriter {
    return this.text(String(value));
  }
  seconds(valueUs: number): RowWriter {
    return this.text(String(valueUs / 1e6));
  }
  milli(value: number): RowWriter {
    return this.text(String(value / 1000));
  }
  real(value: number): RowWriter {
    return this.text(String(value));
  }
  empty(): RowWriter {
    return this.text('');
  }
  end(): void {
    this.rows.push(this.row);
    this.row = [];
  }
}

const brief = ({ id, attempt, startS, finishS, reason }: Attempt): string =>
  `${id}#${attempt} ${startS}-${finishS}${reason === '' ? '' : ` ${reason}`}`;

const PREEMPT = 'priority[preemption=true]';

describe('preemption by priority', () => {
  it('ends the task that loses least work, at once, and starts the urgent one in its place', () => {
    // Old runs since 0 on 2 CPUs, young since 5 on 2; at 10 urgent asks for 2. Young has lost 5 × 2 CPU s, old would lose 10 × 2.
    // Young waits until urgent ends at 30 and runs its 100 s anew.
    const { attempts } = run(PREEMPT, [
      { id: 'old', duration: 50, cpus: 2, user: 'low' },
      { id: 'young', at: 5, duration: 100, cpus: 2, user: 'low' },
      { id: 'urgent', at: 10, duration: 20, cpus: 2, user: 'high', priority: 5 },
    ]);
    expect(attempts.map(brief)).toEqual(['young#1 5-10 preempted', 'urgent#1 10-30', 'old#1 0-50', 'young#2 30-130']);
    expect(attempts[0]?.lostS).toBe(5);
  });

  it('by least urgency it is the lower priority that goes, however much it loses', () => {
    const jobs = [
      { id: 'old', duration: 50, cpus: 2, user: 'low' },
      { id: 'young', at: 5, duration: 100, cpus: 2, user: 'low', priority: 1 },
      { id: 'urgent', at: 10, duration: 20, cpus: 2, user: 'high', priority: 5 },
    ];
    const evicted = (text: string): string | undefined => run(text, jobs).attempts[0]?.id;
    expect(evicted(PREEMPT)).toBe('young');
    expect(evicted('priority[preemption=true,victims=least-urgent]')).toBe('old');
  });

  it('never ends work of equal or higher priority, nor within the gap', () => {
    const jobs = [
      { id: 'a', duration: 60, cpus: 4, user: 'low', priority: 3 },
      { id: 'b', at: 10, duration: 20, cpus: 4, user: 'high', priority: 3 },
      { id: 'c', at: 10, duration: 20, cpus: 4, user: 'high', priority: 5 },
    ];
    expect(run('priority[preemption=true,gap=3]', jobs).attempts.map(brief)).toEqual([
      'a#1 0-60',
      'c#1 60-80',
      'b#1 80-100',
    ]);
    // Two levels apart and a gap of 2: c ends a; b, of a's priority, ends nobody. Of the two that then wait the framework first
    // registered goes first.
    expect(run('priority[preemption=true,gap=2]', jobs).attempts.map(brief)).toEqual([
      'a#1 0-10 preempted',
      'c#1 10-30',
      'a#2 30-90',
      'b#1 90-110',
    ]);
  });

  it('ends nothing when the urgent task could not start even so', () => {
    // 8 CPUs fit no agent of 4 whatever ends; 3 CPUs with 3 CPUs of equal priority beside 1 of lower do not fit either.
    const { attempts } = run(
      PREEMPT,
      [
        { id: 'equal', duration: 60, cpus: 3, user: 'low', priority: 5 },
        { id: 'lower', duration: 60, cpus: 1, user: 'low' },
        { id: 'urgent', at: 10, duration: 20, cpus: 3, user: 'high', priority: 5 },
      ],
      { until: 59 },
    );
    expect(attempts).toEqual([]);
  });

  it('ends nothing for a task that constraints keep from the agent', () => {
    const agents = [
      { count: 1, cpus: 4, mem: 0, attributes: { rack: 'a' } },
      { count: 1, cpus: 4, mem: 0, attributes: { rack: 'b' } },
    ];
    const jobs = [
      { id: 'a', duration: 60, cpus: 4, user: 'low', constraints: 'rack=a' },
      { id: 'b', duration: 60, cpus: 4, user: 'low', constraints: 'rack=b', priority: 7 },
      { id: 'urgent', at: 10, duration: 20, cpus: 4, user: 'high', priority: 5, constraints: 'rack=b' },
    ];
    expect(run(PREEMPT, jobs, { agents }).attempts.map(brief)).toEqual(['b#1 0-60', 'a#1 0-60', 'urgent#1 60-80']);
  });

  it('makes room for a gang only when all of it can start', () => {
    const agents = [{ count: 2, cpus: 4, mem: 0 }];
    const low = { duration: 60, cpus: 2, user: 'low' };
    const jobs = (priority: number): Job[] => [
      { id: 'a', ...low, tasks: 3 },
      { id: 'firm', ...low, priority },
      { id: 'gang', at: 10, duration: 20, cpus: 2, tasks: 4, gang: true, user: 'high', priority: 5 },
    ];
    // With a firm task of its own priority in the way only three of four could start: nobody is ended.
    expect(run(PREEMPT, jobs(5), { agents, until: 59 }).attempts).toEqual([]);
    const { attempts } = run(PREEMPT, jobs(0), { agents, until: 59 });
    expect(attempts.filter(({ reason }) => reason === 'preempted').length).toBe(4);
    expect(attempts.filter(({ id }) => id === 'gang').map(brief)).toEqual(
      Array.from({ length: 4 }, () => 'gang#1 10-30'),
    );
  });

  it('spares victims that turn out not to be needed', () => {
    // Free 0 of 4. In order of loss: small (1 CPU since 9), then big (3 CPUs since 8). Urgent needs 3: small + big would do, big alone does.
    const { attempts } = run(
      PREEMPT,
      [
        { id: 'big', at: 8, duration: 60, cpus: 3, user: 'low' },
        { id: 'small', at: 9, duration: 60, cpus: 1, user: 'low' },
        { id: 'urgent', at: 10, duration: 20, cpus: 3, user: 'high', priority: 5 },
      ],
      { until: 31 },
    );
    expect(attempts.map(brief)).toEqual(['big#1 8-10 preempted', 'urgent#1 10-30']);
  });

  it('gives notice, ends nobody twice for the same task, and counts what comes free by itself meanwhile', () => {
    const { attempts } = run(
      'priority[preemption=true,grace=30 s]',
      [
        { id: 'a', duration: 200, cpus: 4, user: 'low' },
        { id: 'urgent', at: 10, duration: 20, cpus: 4, user: 'high', priority: 5 },
      ],
      { until: 100 },
    );
    expect(attempts.map(brief)).toEqual(['a#1 0-40 preempted', 'urgent#1 40-60']);
  });

  it('leaves alone what has not run for the cooldown, and what was ended often enough', () => {
    const urgent = (id: string, at: number): Job => ({ id, at, duration: 5, cpus: 4, user: 'high', priority: 5 });
    const jobs = [
      { id: 'a', duration: 100, cpus: 4, user: 'low' },
      urgent('u1', 10),
      urgent('u2', 20),
      urgent('u3', 30),
    ];
    const evictions = (text: string): number[] =>
      run(text, jobs)
        .attempts.filter(({ reason }) => reason === 'preempted')
        .map(({ finishS }) => finishS);
    expect(evictions(PREEMPT)).toEqual([10, 20, 30]);
    // Ended at 10 it runs again from 15 on: at 20 it has run for 5 s and is left alone until 22, at 30 u3 finds it 3 s into its third run.
    expect(evictions('priority[preemption=true,cooldown=7 s]')).toEqual([10, 22, 34]);
    expect(evictions('priority[preemption=true,maxEvictions=2]')).toEqual([10, 20]);
  });

  it('leaves frameworks that hold no more than their weighted share alone when told so', () => {
    // low holds all 4 CPUs, its share of two equal frameworks is 2: one task of 2 CPUs may go, the second may not.
    const jobs = [
      { id: 'a', duration: 60, cpus: 2, user: 'low' },
      { id: 'b', duration: 60, cpus: 2, user: 'low' },
      { id: 'u', at: 10, duration: 20, cpus: 2, tasks: 2, user: 'high', priority: 5 },
    ];
    const document = {
      roles: { r: {}, s: {} },
      frameworks: [
        { name: 'low', role: 'r', match: { user: 'low' } },
        { name: 'high', role: 's', match: { user: 'high' } },
      ],
    };
    const evictions = (text: string): number =>
      run(text, jobs, { document, until: 29 }).attempts.filter(({ reason }) => reason === 'preempted').length;
    expect(evictions(PREEMPT)).toBe(2);
    expect(evictions('priority[preemption=true,protect=share]')).toBe(1);
  });

  it("leaves alone what a role's quota guarantees, but within the role anything may make room", () => {
    // low holds 4 CPUs in two tasks of 2, of which 3 are guaranteed to its role: neither may go for another role's work, as 2 would be
    // left. With 2 guaranteed one may go. Work of the same role may end both.
    const jobs = [
      { id: 'a', duration: 60, cpus: 2, user: 'low' },
      { id: 'b', duration: 60, cpus: 2, user: 'low' },
      { id: 'u', at: 10, duration: 20, cpus: 2, tasks: 2, user: 'high', priority: 5 },
    ];
    const evictions = (cpus: number, other: string, text = PREEMPT): number => {
      const document = {
        roles: { r: { quota: { guarantee: { cpus } } }, s: {} },
        frameworks: [
          { name: 'low', role: 'r', match: { user: 'low' } },
          { name: 'high', role: other, match: { user: 'high' } },
        ],
      };
      return run(text, jobs, { document, until: 29 }).attempts.filter(({ reason }) => reason === 'preempted').length;
    };
    expect(evictions(3, 's')).toBe(0);
    expect(evictions(2, 's')).toBe(1);
    expect(evictions(3, 'r')).toBe(2);
    expect(evictions(3, 's', 'priority[preemption=true,protectQuota=false]')).toBe(2);
  });

  it('offers what it frees to the framework for which it did, not to another that waits', () => {
    // mid waits too and has higher rank in nothing; without a nomination any active framework could be offered the agent.
    const jobs = [
      { id: 'a', duration: 100, cpus: 4, user: 'low' },
      { id: 'more', at: 1, duration: 100, cpus: 4, user: 'low' },
      { id: 'urgent', at: 10, duration: 20, cpus: 4, user: 'high', priority: 5 },
    ];
    expect(run(PREEMPT, jobs, { until: 35 }).attempts.map(brief)).toEqual(['a#1 0-10 preempted', 'urgent#1 10-30']);
  });

  it("does not go on ending work when the framework's own order gives the room to something else", () => {
    // Within high, order fifo prefers the long job of priority 0 to the urgent one that came later: one vain eviction, then patience.
    const jobs = [
      { id: 'a', duration: 1000, cpus: 4, user: 'low' },
      { id: 'first', at: 1, duration: 1000, cpus: 4, user: 'high' },
      { id: 'urgent', at: 10, duration: 20, cpus: 4, user: 'high', priority: 5 },
    ];
    const { attempts } = run(PREEMPT, jobs, { order: 'fifo', until: 99 });
    expect(attempts.filter(({ reason }) => reason === 'preempted').map(brief)).toEqual([
      'a#1 0-10 preempted',
      'first#1 10-40 preempted',
    ]);
    // Put off by 10 s instead of 30: again at 20.
    const sooner = run('priority[preemption=true,putOff=10 s]', jobs, { order: 'fifo', until: 39 }).attempts;
    expect(sooner.filter(({ reason }) => reason === 'preempted').map(brief)).toEqual([
      'a#1 0-10 preempted',
      'first#1 10-20 preempted',
    ]);
  });
});

describe('what becomes of the work', () => {
  const jobs = [
    { id: 'a', duration: 100, cpus: 4, user: 'low' },
    { id: 'urgent', at: 35, duration: 15, cpus: 4, user: 'high', priority: 5 },
  ];
  const first = (cluster: object, allocator = PREEMPT): Attempt[] => run(allocator, jobs, { cluster }).attempts;

  it('is lost, kept, or kept as of the last of regular checkpoints', () => {
    // Killed at 35, started again at 50: 100 s anew, the last 65 s, or all but the 30 s of the checkpoint of 30.
    const [killed, , again] = first({});
    expect([killed?.lostS, killed?.keptS, again?.finishS]).toEqual([35, 0, 150]);
    const [kept, , rest] = first({ checkpoint: true });
    expect([kept?.lostS, kept?.keptS, rest?.finishS]).toEqual([0, 35, 115]);
    const [regular, , later] = first({ checkpoint: '10 s' });
    expect([regular?.lostS, regular?.keptS, later?.finishS]).toEqual([5, 30, 120]);
  });

  it('is as the policy says when the policy says it', () => {
    expect(first({}, 'priority[preemption=true,work=checkpoint]')[0]?.keptS).toBe(35);
    expect(first({ checkpoint: true }, 'priority[preemption=true,work=kill]')[0]?.lostS).toBe(35);
  });

  it('costs a restart, which is no work and not kept', () => {
    // At 50 a starts again, needs 4 s to get going and its last 65 s: 119.
    const [, , again] = first({ checkpoint: true, restart: '4 s' });
    expect([again?.restartS, again?.finishS]).toEqual([4, 119]);
    // Ended again at 52, two seconds into its restart: nothing was done, nothing is lost, and 35 s are still kept.
    const { attempts } = run(PREEMPT, [...jobs, { ...(jobs[1] as Job), id: 'urgent2', at: 52 }], {
      cluster: { checkpoint: true, restart: '4 s' },
    });
    const second = attempts.find(({ id, attempt }) => id === 'a' && attempt === 2);
    expect([second?.finishS, second?.lostS, second?.keptS, second?.restartS]).toEqual([52, 0, 35, 2]);
  });
});

describe('events.csv', () => {
  it('tells the decision with its reason, notice and beneficiary, then the end with what was lost and kept', () => {
    const { rows } = run(
      'priority[preemption=true,grace=2 s]',
      [
        { id: 'a', duration: 100, cpus: 4, user: 'low' },
        { id: 'urgent', at: 10, duration: 20, cpus: 4, user: 'high', priority: 5 },
      ],
      { cluster: { checkpoint: '5 s', restart: '3 s' } },
    );
    const told = rows
      .filter((row) => row[3] === 'a' && row[1]?.startsWith('task-'))
      .map((row) => `${row[0]} ${row[1]} ${row[7]}`);
    expect(told).toEqual([
      '0 task-started attempt=1',
      '10 task-evicted attempt=1;reason=preempted;grace_s=2;for=high',
      '12 task-killed attempt=1;reason=preempted;lost_s=2;kept_s=10',
      '32 task-started attempt=2',
      '125 task-finished attempt=2;restart_s=3',
    ]);
  });

  it('tells pause and resume', () => {
    const { rows, attempts } = run('drf', [{ id: 'a', duration: 100, cpus: 4, user: 'low' }], {
      cluster: { checkpoint: true, restart: '3 s' },
      document: {
        actions: [
          { at: 40, pauseJob: 'a' },
          { at: 60, resumeJob: 'a' },
        ],
      },
    });
    expect(
      rows
        .filter((row) => row[1]?.startsWith('job-p') || row[1]?.startsWith('job-r'))
        .map((row) => `${row[0]} ${row[1]} ${row[3]}`),
    ).toEqual(['40 job-paused a', '60 job-resumed a']);
    // 40 s done and kept; from 60 on 3 s to get going and 60 s to go.
    expect(attempts.map(brief)).toEqual(['a#1 0-40 paused', 'a#2 60-123']);
  });
});
