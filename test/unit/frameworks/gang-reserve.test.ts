import { describe, expect, it } from 'vitest';
import { runFramework } from '../../support/framework-run.js';
import { mistake } from './support.js';

const gangJob = (name: string, count: number, more: object = {}) => ({
  name,
  workers: { count, cpus: 2, mem: '64 MiB' },
  work: { duration: '100 s' },
  ...more,
});

function run(jobs: readonly object[], more: Record<string, unknown> = {}) {
  const { role = 'training', options, ...rest } = more;
  return runFramework(
    {
      cluster: { agents: [{ count: 4, cpus: 4, mem: '8 GiB' }] },
      frameworks: [
        {
          name: 'gang',
          type: 'gang',
          roles: [role],
          options: { mode: 'reserve', jobs: 'jobs.json', ...(options as object) },
        },
      ],
      ...rest,
    },
    { 'jobs.json': jobs },
  );
}

describe('mode reserve', () => {
  it('launches nothing before every member has a reservation, and then all at once', () => {
    // Eight seats of 2 CPUs; `first` takes four of them until second 101: `second`, of six, reserves the other four and waits.
    const result = run([gangJob('first', 4), gangJob('second', 6, { at: '5 s' })], { options: { release: '0' } });
    const hosts = result.started.filter(({ id }) => id.startsWith('second/') && id.includes('#'));
    expect(hosts).toHaveLength(6);
    expect(new Set(hosts.map(({ atS }) => atS)).size).toBe(1);
    const firstEnd = result.ended.find(({ id }) => id.startsWith('first/'))?.atS ?? 0;
    expect(hosts[0]?.atS).toBeGreaterThanOrEqual(firstEnd);
    // Four seats are idle from about second 5 on, two more for a moment: some 96 s each.
    expect(result.gauges.get('held_idle_s')).toBeGreaterThan(4 * 90);
  });

  it('takes its reservations off when the gang has ended: another role can use all agents', () => {
    const result = run([gangJob('only', 8)], {
      workload: { jobs: [{ id: 'later', at: '150 s', tasks: 4, cpus: 4, duration: '10 s' }] },
      frameworks: [
        {
          name: 'gang',
          type: 'gang',
          roles: ['training'],
          match: { user: 'none' },
          options: { mode: 'reserve', jobs: 'jobs.json' },
        },
        { name: 'batch', roles: ['batch'] },
      ],
    });
    const later = result.ended.filter(({ id }) => id.startsWith('later'));
    expect(later.map(({ state }) => state)).toEqual(Array(4).fill('finished'));
    expect(later[0]?.atS).toBeLessThan(170);
  });

  it('keeps what is reserved from others meanwhile, and gives it back when the gang is not complete in time', () => {
    // A gang of 5 members of 4 CPUs, and one of five agents is taken: it reserves the other four; after 60 s it gives them back.
    const big = { name: 'big', at: '2 s', workers: { count: 5, cpus: 4, mem: '64 MiB' }, work: { duration: '10 s' } };
    const result = run([big], {
      workload: {
        jobs: [
          { id: 'blocker', agent: 'agent-4', cpus: 4, duration: '1 h' },
          { id: 'other', at: '5 s', cpus: 4, duration: '10 s' },
        ],
      },
      cluster: { agents: [{ count: 5, cpus: 4, mem: '8 GiB' }] },
      frameworks: [
        {
          name: 'gang',
          type: 'gang',
          roles: ['training'],
          match: { user: 'none' },
          options: { mode: 'reserve', jobs: 'jobs.json', backoff: '1 h' },
        },
        { name: 'batch', roles: ['batch'] },
      ],
      until: '3 min',
    });
    const [other] = result.ended.filter(({ id }) => id === 'other');
    const [release] = result.notes.filter(({ event }) => event === 'gang-released');
    expect(release?.detail['members']).toBe('4');
    expect(release?.atS).toBeCloseTo(60, -1);
    expect(other?.atS).toBeGreaterThanOrEqual((release?.atS ?? 0) + 10);
    expect(other?.atS).toBeLessThan((release?.atS ?? 0) + 20);
  });

  it('needs a role of its own', () => {
    expect(mistake(() => run([gangJob('a', 1)], { role: '*' }))).toContain(
      'gang[mode=reserve] needs a role of its own',
    );
  });
});

describe('what is not needed', () => {
  it.each([
    // MPI declines plainly, again and again: an offer of each of the other three agents every 5 to 6 s of the job's 100 s.
    ['decline', 30],
    // tfmesos refuses for good, torchrun suppresses: no more offers than at the start and at the end.
    ['refuse', 20],
    ['suppress', 20],
  ])('whenFull=%s', (whenFull, bound) => {
    const { simulation } = runFramework(
      {
        cluster: { agents: [{ count: 4, cpus: 4, mem: '8 GiB' }] },
        frameworks: [{ name: 'gang', type: 'gang', options: { style: 'mpi', jobs: 'jobs.json', whenFull } }],
      },
      { 'jobs.json': [gangJob('a', 2)] },
    );
    const { offerCount } = simulation.cluster.world;
    if (whenFull === 'decline') expect(offerCount).toBeGreaterThan(bound);
    else expect(offerCount).toBeLessThan(bound);
  });
});
