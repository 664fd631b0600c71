import { describe, expect, it } from 'vitest';
import { InputError, InputErrors } from '../../../src/core/errors.js';
import { type FrameworkRun, runFramework } from '../../support/framework-run.js';

interface Setup {
  readonly options?: Record<string, unknown>;
  readonly agents?: readonly object[];
  readonly actions?: readonly object[];
  readonly until?: string;
  readonly seed?: number;
}

const AGENTS = [{ count: 4, cpus: 4, mem: '8 GiB', attributes: { rack: 'r{i/2}' } }];

function run(jobs: readonly object[], { options, agents = AGENTS, ...rest }: Setup = {}): FrameworkRun {
  return runFramework(
    {
      cluster: { agents },
      frameworks: [{ name: 'gang', type: 'gang', options: { jobs: 'jobs.json', ...options } }],
      ...rest,
    },
    { 'jobs.json': jobs },
  );
}

const job = (name: string, count: number, more: object = {}) => ({
  name,
  workers: { count, cpus: 2 },
  work: { duration: '100 s' },
  ...more,
});

/** Starts of the work itself, not of the hosts that hold the members. */
function workStarts({ started }: FrameworkRun, name: string): number[] {
  return started.filter(({ id }) => id.startsWith(name) && !id.includes('#')).map(({ atS }) => atS);
}

function workEnds({ ended }: FrameworkRun, name: string): [string, number][] {
  return ended
    .filter(({ id }) => id.startsWith(name) && !id.includes('#'))
    .map(({ state, atS }) => [state, Math.round(atS)]);
}

function startLevels({ notes }: FrameworkRun): string[] {
  return notes.filter(({ event }) => event === 'gang-started').map(({ detail }) => detail['level'] as string);
}

describe('all or nothing', () => {
  it.each(['pytorch', 'volcano', 'tensorflow', 'mpi', 'horovod'])(
    '%s: the work of all members starts at one instant',
    (style) => {
      const result = run([job('a', 5)], { options: { style } });
      const starts = workStarts(result, 'a');
      expect(starts).toHaveLength(5);
      expect(new Set(starts).size).toBe(1);
      expect(workEnds(result, 'a').every(([state]) => state === 'finished')).toBe(true);
      expect(workEnds(result, 'a')[0]?.[1]).toBe(Math.round((starts[0] as number) + 100));
    },
  );

  it('atomic holds nothing while it waits; hoarding members hold and wait', () => {
    // Three of four agents are taken until second 60: a gang of 8 CPUs (4 members) fits only then.
    const agents = [{ count: 2, cpus: 4, mem: '8 GiB' }];
    const jobs = [job('first', 2, { work: { duration: '60 s' } }), job('a', 4, { at: '5 s' })];
    const atomic = run(jobs, { agents, options: { style: 'volcano' } });
    const hoard = run(jobs, { agents, options: { style: 'tensorflow' } });
    expect(workStarts(atomic, 'a')[0]).toBeGreaterThanOrEqual(60);
    expect(atomic.gauges.get('held_idle_s')).toBe(0);
    expect(workStarts(hoard, 'a')[0]).toBeGreaterThanOrEqual(60);
    expect(hoard.gauges.get('held_idle_s')).toBeGreaterThan(50);
  });

  it('MPI takes one member per offer, and asks each second whether all have answered', () => {
    // One agent with room for all four: one member per run, and the filter of 5 s on the rest in between.
    const agents = [{ count: 1, cpus: 8, mem: '8 GiB' }];
    const mpi = run([job('a', 3)], { agents, options: { style: 'mpi' } });
    const tensorflow = run([job('a', 3)], { agents, options: { style: 'tensorflow' } });
    const hosts = mpi.started.filter(({ id }) => id.includes('#')).map(({ atS }) => atS);
    expect(new Set(hosts).size).toBe(3);
    expect(workStarts(mpi, 'a')[0]).toBeCloseTo((hosts[2] as number) + 1, 6);
    expect(workStarts(tensorflow, 'a')[0]).toBeLessThanOrEqual(1);
  });
});

describe('losing a member', () => {
  const lose = [{ at: '50 s', removeAgent: 'agent-0' }];
  const saved = { checkpoint: { interval: '20 s', cost: '0 s', restart: '7 s' } };

  it('ends an MPI job', () => {
    const result = run([job('a', 8)], { options: { style: 'mpi' }, actions: lose });
    expect(new Set(workEnds(result, 'a').map(([state]) => state))).toEqual(new Set(['lost', 'failed']));
  });

  it('hangs a TensorFlow job: the rest waits for ever', () => {
    const result = run([job('a', 8)], { options: { style: 'tensorflow' }, actions: lose, until: '1 h' });
    expect(workEnds(result, 'a').some(([state]) => state === 'finished')).toBe(false);
    expect(result.notes.some(({ event, detail }) => event === 'gang-over' && detail['state'] === 'hung')).toBe(true);
  });

  it('restarts a PyTorch job from its last checkpoint', () => {
    const agents = [{ count: 5, cpus: 4, mem: '8 GiB' }];
    const result = run([job('a', 8, saved)], { agents, options: { style: 'pytorch' }, actions: lose });
    const starts = [...new Set(workStarts(result, 'a'))];
    const [first, second] = starts as [number, number];
    // Checkpoints at 20 and 40 s of work: the loss at 50 s costs what came since the second.
    const lost = 50 - first - 40;
    expect(result.gauges.get('lost_work_s')).toBeCloseTo(lost * 8, 6);
    // 60 s of work are left after 7 s of restart.
    const finishes = workEnds(result, 'a').filter(([state]) => state === 'finished');
    expect(finishes).toHaveLength(8);
    expect(finishes[0]?.[1]).toBe(Math.round(second + 7 + 60));
  });

  it('shrinks an elastic job, which grows again when there is room', () => {
    const jobs = [job('a', 8, { elastic: { min: 2 }, work: { duration: '200 s' } })];
    const actions = [...lose, { at: '100 s', addAgent: { id: 'new', cpus: 4, mem: '8 GiB' } }];
    const result = run(jobs, { options: { style: 'horovod' }, actions });
    const starts = [...new Set(workStarts(result, 'a'))] as [number, number];
    const finish = workEnds(result, 'a').find(([state]) => state === 'finished')?.[1] as number;
    // Eight workers to 50 s, six from then on until the new agent's two have joined, then eight: 200 s of eight workers' work in all.
    const [start, joined] = starts;
    const done = 50 - start + (joined - 50) * (6 / 8);
    expect(finish).toBe(Math.round(joined + (200 - done)));
  });

  it('gives an elastic job up that stays too small', () => {
    const jobs = [job('a', 8, { elastic: { min: 8 } })];
    const result = run(jobs, { options: { style: 'horovod' }, actions: lose, until: '1 h' });
    const over = result.notes.find(({ event }) => event === 'gang-over');
    expect(over?.detail['state']).toBe('failed');
    expect(over?.atS).toBeCloseTo(650, 0);
  });
});

describe('packing and speed', () => {
  const gpus = [{ count: 6, cpus: 8, mem: '8 GiB', gpus: 4, attributes: { rack: 'r{i/3}' } }];
  const gpuJob = (name: string, count: number) => ({
    name,
    workers: { count, cpus: 1, gpus: 1 },
    work: { duration: '100 s' },
  });

  it('packs into one agent, else into one rack, else across; spreads when told to', () => {
    const jobs = [gpuJob('four', 4), gpuJob('twelve', 12), gpuJob('rest', 8)];
    expect(startLevels(run(jobs, { agents: gpus }))).toEqual(['agent', 'rack', 'rack']);
    expect(startLevels(run(jobs.slice(0, 1), { agents: gpus, options: { packing: 'spread' } }))).toEqual(['cross']);
    expect(startLevels(run([gpuJob('all', 24)], { agents: gpus }))).toEqual(['cross']);
  });

  it('network of a gang across racks is slower: 40 % of 100 s at 1.75 adds 30 s', () => {
    const result = run([gpuJob('all', 24)], { agents: gpus, options: { netShare: 0.4 } });
    const [start] = workStarts(result, 'all') as [number];
    expect(workEnds(result, 'all')[0]?.[1]).toBe(Math.round(start + 130));
  });

  it('a gang runs at the speed of its slowest agent', () => {
    const agents = [
      { cpus: 2, attributes: { speed: 1 } },
      { cpus: 2, attributes: { speed: 0.5 } },
    ];
    const result = run([job('a', 2)], { agents });
    expect(workEnds(result, 'a')[0]?.[1]).toBe(Math.round((workStarts(result, 'a')[0] as number) + 200));
  });

  it('steps of computing and an all-reduce take as long as the formula says', () => {
    // Four workers on one agent: 2·3·20 µs + 6/4 · 100 MiB / 300 Gbit/s = 120 + 4,194.304 µs beside 100 ms of computing.
    const work = { steps: 1000, compute: '100 ms', gradient: '100 MiB' };
    const result = run([{ name: 'a', workers: { count: 4, cpus: 1 }, work }]);
    const [start] = workStarts(result, 'a') as [number];
    const end = result.ended.find(({ id }) => id.startsWith('a/'))?.atS as number;
    expect(end - start).toBeCloseTo(1000 * (0.1 + 0.000_12 + 0.004_194_304), 4);
  });

  it('insisting on a rack waits for one, and then takes what there is', () => {
    // Each rack has two agents, one of which is taken for 300 s: a gang of four members would have to cross racks.
    const hold = (index: number) => ({
      ...job(`hold-${index}`, 2, { work: { duration: '300 s' } }),
      constraints: `hostname=agent-${index}`,
    });
    const jobs = [hold(0), hold(2), job('a', 4, { at: '10 s' })];
    const patient = run(jobs, { options: { insist: '2 min' } });
    expect(workStarts(patient, 'a')[0]).toBeGreaterThanOrEqual(130);
    expect(workStarts(patient, 'a')[0]).toBeLessThan(140);
    expect(startLevels(patient)[2]).toBe('cross');
    expect(workStarts(run(jobs), 'a')[0]).toBeLessThan(20);
  });
});

describe('classes of models', () => {
  const racks = [{ count: 4, cpus: 1, gpus: 1, mem: '1 GiB', attributes: { rack: 'r{i/2}', gpu: 'V100' } }];
  const spread = (more: object) => {
    const jobs = [{ name: 'a', workers: { count: 4, cpus: 1, gpus: 1 }, work: { duration: '100 s' }, ...more }];
    const result = run(jobs, { agents: racks });
    return (workEnds(result, 'a')[0]?.[1] as number) - Math.round(workStarts(result, 'a')[0] as number);
  };

  it.each([
    // Gavel's throughputs, four V100s spread by four packed: LM 0.31, so 100 s take 100 / 0.31 = 322.6 s; ResNet-50 1.07 counts as 1.
    [{ model: 'lm' }, 323],
    [{ model: 'resnet-50' }, 100],
    // Across racks, as the job says itself; and both.
    [{ slowdown: { rack: 1.5, cross: 2 } }, 200],
    [{ model: 'transformer', slowdown: { rack: 1, cross: 1.1 } }, Math.round((100 / 0.55) * 1.1)],
  ])('%j: %d s', (more, seconds) => {
    expect(spread(more)).toBe(seconds);
  });
});

describe('Horovod and the hosts that failed it', () => {
  // Two agents of two members each; agent-0 is lost at 50 s and is back at 60 s.
  const agents = [{ count: 2, cpus: 4, mem: '8 GiB' }];
  const actions = [
    { at: '50 s', removeAgent: 'agent-0' },
    { at: '60 s', addAgent: { id: 'agent-0', cpus: 4, mem: '8 GiB' } },
  ];
  const jobs = [job('a', 4, { elastic: { min: 2 }, work: { duration: '200 s' } })];
  const agentsAfter = (options: object): string[] => {
    const result = run(jobs, { agents, actions, options: { style: 'horovod', ...options } });
    return result.started.filter(({ id, atS }) => id.includes('#') && atS > 55).map(({ agent }) => agent);
  };

  it('are used no more by that job, by default for ever', () => {
    expect(agentsAfter({})).toEqual([]);
    expect(agentsAfter({ blacklists: 'false' })).toEqual(['agent-0', 'agent-0']);
  });

  it('are used again after a cooldown of lower·2^k + U(0, lower), at most the upper bound', () => {
    // Two members are lost: 60 + U(0, 60) s, then 120 + U(0, 60) s after second 50, but 100 s at most: back by 150 s and an offer.
    expect(agentsAfter({ cooldown: '60 s', cooldownMax: '100 s' })).toEqual(['agent-0', 'agent-0']);
  });

  it('end the job when none is left that knows its state', () => {
    const one = [{ count: 1, cpus: 8, mem: '8 GiB' }];
    const result = run(jobs, { agents: one, actions, options: { style: 'horovod' } });
    const over = result.notes.find(({ event }) => event === 'gang-over');
    expect(over).toMatchObject({ detail: { state: 'failed' } });
    expect(over?.atS).toBe(50);
  });
});

describe('operators', () => {
  it('pause saves the work and lets go of everything; resume goes on with the rest', () => {
    const result = run([job('a', 4)], {
      actions: [
        { at: '40 s', pauseJob: 'a' },
        { at: '1000 s', resumeJob: 'a' },
      ],
    });
    const [first, second] = [...new Set(workStarts(result, 'a'))] as [number, number];
    expect(second).toBeGreaterThanOrEqual(1000);
    const finish = workEnds(result, 'a').find(([state]) => state === 'finished')?.[1];
    expect(finish).toBe(Math.round(second + 100 - (40 - first)));
  });

  it('cancel ends it at once', () => {
    const result = run([job('a', 4)], { actions: [{ at: '40 s', killJob: 'a' }] });
    expect(workEnds(result, 'a')).toEqual(Array(4).fill(['killed', 40]));
    expect(result.ended.filter(({ id }) => id.includes('#'))).toHaveLength(4);
  });
});

describe('job files', () => {
  it.each([
    [{ ...job('a', 0) }, '$.workers.count must be at least 1, got "0"'],
    [{ ...job('a', 2), work: {} }, '$.work must have either a duration or steps and compute'],
    [{ ...job('a', 2), elastic: { min: 3 } }, '$.elastic.min must be at most workers.count, got "3"'],
    [
      { ...job('a', 2), checkpoint: { interval: 'often' } },
      '$.checkpoint.interval must be a time, young, daly or never',
    ],
    [
      { ...job('a', 2), work: { steps: 1, compute: '1 s', communication: 'parameter-server' } },
      '$.work.communication needs servers',
    ],
    [{ ...job('a', 2), model: 'gpt' }, '$.model must be one of'],
    [{ ...job('a', 2), worker: 1 }, '$.worker is no known key'],
    [[job('a', 2), job('a', 2)], '$[1].name is the name of another job too'],
    [{ ...job('a', 2), workers: { count: 1, mem: 'lots' } }, '$.workers.mem must be an amount such as "4 GiB"'],
  ])('%j is refused', (content, message) => {
    const read = (): unknown => run(content as object[]);
    try {
      read();
    } catch (error) {
      if (!(error instanceof InputError || error instanceof InputErrors)) throw error;
      expect(error.format()).toContain(message);
      expect(error.format()).toMatch(/jobs\.json:\d+:\d+: error E_JOB_JSON/);
      return;
    }
    throw new Error('it was accepted');
  });
});
