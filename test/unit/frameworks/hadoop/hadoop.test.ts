import { describe, expect, it } from 'vitest';
import { mistake, play, type TableJob, TRACE, tables } from '../support.js';

/** Trackers that cost nothing, slots of one CPU. */
const SMALL = { trackerCpus: 0, trackerMem: 0, trackerDisk: 0, slotMem: 0, slotDisk: 0, countsCleanup: false };

function hadoop(
  options: Record<string, unknown>,
  jobs: readonly TableJob[],
  agents: unknown[],
  more: Record<string, unknown> = {},
) {
  const { files, cluster, ...rest } = more;
  return play(
    {
      workload: TRACE,
      cluster: { agents, ...(cluster as object) },
      frameworks: [{ name: 'hadoop', type: 'hadoop', options: { ...SMALL, ...options } }],
      ...rest,
    },
    { ...tables(jobs), ...(files as Record<string, string>) },
  );
}

const mapReduce = (
  id: string,
  maps: number,
  mapS: number,
  reduces: number,
  reduceS: number,
  more: Partial<TableJob> = {},
): TableJob => ({
  id,
  tasks: [
    { name: 'map', count: maps, s: mapS },
    { name: 'reduce', count: reduces, s: reduceS, after: 'map' },
  ],
  ...more,
});
const starts = (rows: readonly { task: string; startS: number }[], kind: string): number[] =>
  rows.filter(({ task }) => task.includes(`/${kind}`)).map(({ startS }) => startS);

describe('task trackers on Mesos', () => {
  it('are launched with the slots that are needed, their own share beside them, and killed with the last job', () => {
    const options = { trackerCpus: 1, trackerMem: 1024, trackerDisk: 1024, slotCpus: 1, slotMem: 1024, slotDisk: 1024 };
    const { attempts } = hadoop(
      options,
      [mapReduce('a', 2, 10, 1, 6)],
      [{ count: 3, cpus: 4, mem: 4096, disk: 10_000 }],
    );
    // An offer of 4 CPUs, 4096 MiB has room for the tracker and 3 slots; 2 maps and 1 reduce are needed. The maxima are 2 and 2, so
    // 3 slots are not "below both": split by need, 2/3 of 3 = 2 maps, and 1 reduce. One tracker does.
    const hosts = attempts.filter(({ isHost }) => isHost);
    expect(hosts.map(({ task, reason }) => `${task} ${reason}`).sort()).toEqual([
      'hadoop/tracker-0-slots/0 no-job-left',
      'hadoop/tracker-0/0 no-job-left',
    ]);
  });

  it('under the fixed policy always have all their slots, or are not launched', () => {
    const { attempts } = hadoop(
      { policy: 'fixed', mapSlots: 3, reduceSlots: 1 },
      [mapReduce('a', 1, 5, 1, 3)],
      [
        { count: 1, cpus: 3, mem: 0 },
        { count: 1, cpus: 4, mem: 0 },
      ],
    );
    expect(new Set(attempts.map(({ agent }) => agent))).toEqual(new Set(['agent-1']));
  });

  it('give their slots back after five looks at 5 s at which they idled; the process stays while its output is wanted', () => {
    // Maps on one tracker until 10 s, the long reduce on the other: looks at 15, 20, 25, 30 and 35 s (10 s: the end of the maps comes first
    // or not), so the slots go between 35 s and 40 s; the process serves until the job has ended at 112 s.
    const { attempts } = hadoop(
      { slowStart: 0, mapSlots: 2, reduceSlots: 2 },
      [mapReduce('a', 2, 10, 1, 99)],
      [{ count: 2, cpus: 2, mem: 0 }],
    );
    const released = attempts.filter(({ reason }) => reason === 'tracker-idle');
    for (const { finishS } of released) {
      expect(finishS).toBeGreaterThanOrEqual(30);
      expect(finishS).toBeLessThanOrEqual(40);
    }
  });
});

describe('the JobTracker', () => {
  const ONE = [{ count: 1, cpus: 8, mem: 0 }];

  it('gives tasks at heartbeats of 3 s, so that a slot idles from the end of a task to the next one', () => {
    const { of } = hadoop(
      { mapSlots: 2, reduceSlots: 0, policy: 'fixed' },
      [{ id: 'a', tasks: [{ name: 'map', count: 4, s: 4 }] }],
      [{ count: 1, cpus: 2, mem: 0 }],
    );
    // The tracker registers at 0 s. Two maps run 0–4 s, the heartbeat of 6 s launches the others.
    expect(starts(of('a'), 'map')).toEqual([0, 0, 6, 6]);
    const early = hadoop(
      { mapSlots: 2, reduceSlots: 0, policy: 'fixed', outOfBand: true },
      [{ id: 'a', tasks: [{ name: 'map', count: 4, s: 4 }] }],
      [{ count: 1, cpus: 2, mem: 0 }],
    );
    expect(starts(early.of('a'), 'map')).toEqual([0, 0, 4, 4]);
  });

  it('starts reduces when 5 % of the maps are known to be done; they hold their slots until the last map has ended', () => {
    const options = { policy: 'fixed', mapSlots: 2, reduceSlots: 1, shuffleShare: 0.5 };
    const three = [{ count: 1, cpus: 3, mem: 0 }];
    const { of, finishS } = hadoop(options, [mapReduce('a', 6, 5, 1, 12)], three);
    // Two slots, six maps of 5 s: 0–5, 6–11, 12–17 s (heartbeats every 3 s). At 6 s two maps are known to be done: more than 5 % of 6.
    expect(starts(of('a'), 'map')).toEqual([0, 0, 6, 6, 12, 12]);
    expect(starts(of('a'), 'reduce')).toEqual([6]);
    // Its copying takes 6 s. The last map ends at 17 s; the last of 6 parts takes 1 s more: copied at 18 s, then 6 s of work.
    expect(finishS.get('a')).toBe(24);
    // Without a head start it would begin at 18 s and take the whole 12 s.
    expect(hadoop({ ...options, slowStart: 1 }, [mapReduce('a', 6, 5, 1, 12)], three).finishS.get('a')).toBe(30);
  });

  it('takes run times from bytes when told so', () => {
    const job: TableJob = {
      id: 'a',
      tasks: [
        { name: 'map', count: 2, s: 1, inputMib: 100, outputMib: 40 },
        { name: 'reduce', s: 1, after: 'map', inputMib: 80, outputMib: 20 },
      ],
    };
    const { of, finishS } = hadoop({ durations: 'bytes', policy: 'fixed', outOfBand: true, slowStart: 1 }, [job], ONE);
    // Map: 2 + 100/50 + 40/40 = 5 s. Reduce: 80/20 = 4 s of copying, 2 + 20/40 = 2.5 s of work.
    expect(of('a').map(({ finishS: endS }) => endS)).toEqual([5, 5, 11.5]);
    expect(finishS.get('a')).toBe(11.5);
  });

  it('runs maps again whose output was lost with their tracker while a reduce still needs it', () => {
    const options = { policy: 'fixed', mapSlots: 1, reduceSlots: 1, slowStart: 1 };
    const { of } = hadoop(options, [mapReduce('a', 2, 10, 1, 60)], [{ count: 2, cpus: 2, mem: 0 }], {
      actions: [{ at: 20, removeAgent: 'agent-0' }],
    });
    const rows = of('a');
    const lostMaps = rows.filter(({ task, agent }) => task.includes('map') && agent === 'agent-0').length;
    expect(lostMaps).toBe(1);
    expect(rows.filter(({ task, state }) => task.includes('map') && state === 'finished')).toHaveLength(3);
    expect(rows.filter(({ task, state }) => task.includes('reduce') && state === 'finished')).toHaveLength(1);
  });

  it('copies a straggler that is 0.2 behind the average after 60 s, so that the job ends earlier', () => {
    const agents = [
      { count: 4, cpus: 2, mem: 0 },
      { count: 1, cpus: 2, mem: 0, attributes: { speed: 0.1 } },
    ];
    const job = { id: 'a', tasks: [{ name: 'map', count: 10, s: 40 }] };
    const options = { policy: 'fixed', mapSlots: 2, reduceSlots: 0, inputBlocks: false };
    const off = hadoop({ ...options, speculation: 'off' }, [job], agents).finishS.get('a');
    // Two maps on the slow agent take 400 s. Both are slow at the first heartbeat after 60 s (63 s): copies end 40 s later.
    expect(off).toBe(400);
    expect(hadoop({ ...options, speculation: 'gap' }, [job], agents).finishS.get('a')).toBe(103);
    expect(hadoop({ ...options, speculation: 'late' }, [job], agents).finishS.get('a')).toBeLessThan(150);
  });

  it('fails a job whose task has failed four times', () => {
    const { states, of } = hadoop(
      { failureRate: 1, maxTrackerFailures: 0 },
      [{ id: 'a', tasks: [{ name: 'map', s: 6 }] }],
      ONE,
    );
    expect(states.get('a')).toBe('failed');
    expect(of('a')).toHaveLength(4);
  });
});

describe('schedulers inside', () => {
  const SLOTS = [{ count: 10, cpus: 2, mem: 0 }];
  const wide = (id: string, queue: string, count: number, atS = 0): TableJob => ({
    id,
    queue,
    atS,
    tasks: [{ name: 'map', count, s: 30 }],
  });
  const options = { policy: 'fixed', mapSlots: 2, reduceSlots: 0, inputBlocks: false, speculation: 'off' };
  /** Maps of a job that started by a time. */
  const begun = (rows: readonly { startS: number }[], byS: number): number =>
    rows.filter(({ startS }) => startS <= byS).length;

  it('FIFO serves the first job first, Fair each pool by its weight, Capacity each queue by its share', () => {
    const jobs = [wide('big', 'prod', 100), wide('small', 'adhoc', 100, 1)];
    const fifo = hadoop({ ...options, scheduler: 'fifo' }, jobs, SLOTS);
    expect(begun(fifo.of('small'), 100)).toBe(0);
    const pools = '{ "prod": { "weight": 3 } }';
    const fair = hadoop({ ...options, scheduler: 'fair', pools: 'pools.json' }, jobs, SLOTS, {
      files: { 'pools.json': pools },
    });
    // From the second wave on, prod runs 15 of 20 slots and adhoc 5.
    expect(begun(fair.of('small'), 70)).toBeGreaterThanOrEqual(9);
    expect(begun(fair.of('small'), 70)).toBeLessThanOrEqual(11);
    const queues = '{ "prod": { "capacity": 75 }, "adhoc": { "capacity": 25 } }';
    const capacity = hadoop({ ...options, scheduler: 'capacity', pools: 'queues.json' }, jobs, SLOTS, {
      files: { 'queues.json': queues },
    });
    // One map a heartbeat: big takes 10 slots at 0 s; at 3 s small is below its quarter and takes 5 of the other 10, big the rest. So it
    // goes on every 30 s: 5 at 3, 33 and 66 s.
    expect(begun(capacity.of('small'), 75)).toBe(15);
  });

  it('a pool below its minimum share goes before all others', () => {
    const jobs = [wide('big', 'prod', 100), wide('small', 'adhoc', 100, 1)];
    const pools = '{ "adhoc": { "minMaps": 16 } }';
    const { of } = hadoop({ ...options, scheduler: 'fair', pools: 'pools.json' }, jobs, SLOTS, {
      files: { 'pools.json': pools },
    });
    // The second wave: 16 of the 20 slots.
    expect(begun(of('small'), 40)).toBe(16);
  });

  it('delay scheduling of Hadoop 1.x raises the share of local maps', () => {
    const jobs = [
      { id: 'filler', queue: 'filler', tasks: [{ name: 'map', count: 900, s: 20, inputs: 'f' }] },
      ...Array.from({ length: 60 }, (_, index) => ({
        id: `s${index}`,
        queue: 'small',
        atS: 20 + 2 * index,
        tasks: [{ name: 'map', count: 2, s: 5, inputs: `x${index};y${index}` }],
      })),
    ];
    const agents = [{ count: 40, cpus: 2, mem: 0, attributes: { rack: 'r{i/10}' } }];
    const localOf = (delay: Record<string, unknown>): number => {
      const { simulation, of } = hadoop({ ...options, scheduler: 'fair', variation: 0.5, ...delay }, jobs, agents, {
        until: 300,
      });
      const { blocks, agents: store } = simulation.cluster.world;
      const isLocal = ({ task, agent }: { task: string; agent: string }): boolean => {
        const [, job = '', index = ''] = /^s(\d+)\/map-(\d)$/.exec(task) ?? [];
        return blocks.replicasOf(`${index === '0' ? 'x' : 'y'}${job}`).some((row) => store.names[row] === agent);
      };
      const rows = Array.from({ length: 60 }, (_, index) => of(`s${index}`)).flat();
      return rows.filter(isLocal).length / rows.length;
    };
    const none = localOf({ delayBy: 'none' });
    const some = localOf({ delayBy: 'time' });
    const more = localOf({ delayBy: 'time', nodeWait: '15 s' });
    // Three copies on 40 nodes: without delay about 3/40 · 2 of the maps; the wait of 1.5 heartbeats sees about 9 slots.
    expect(none).toBeLessThan(0.35);
    expect(some).toBeGreaterThan(none + 0.1);
    expect(more).toBeGreaterThan(0.9);
  });
});

describe('files', () => {
  const run = (options: Record<string, unknown>, files: Record<string, string> = {}) =>
    hadoop(options, [{ id: 'a', tasks: [{ name: 'map', count: 4, s: 10 }] }], [{ count: 1, cpus: 4, mem: 0 }], {
      files,
    });
  const site = (name: string, value: string): string =>
    `<?xml version="1.0"?>\n<configuration>\n<property>\n<name>${name}</name>\n<value>${value}</value>\n</property>\n</configuration>\n`;

  it('mapred-site.xml sets options; one that is given goes before it', () => {
    const files = { 'mapred-site.xml': site('mapred.tasktracker.map.tasks.maximum', '1') };
    // One tracker of one map slot per offer; what it leaves comes back after the 5 s filter: trackers at 0, 5 and 10 s. The fourth map
    // follows the first one's end (10 s) at the heartbeat of 12 s.
    expect(starts(run({ conf: 'mapred-site.xml' }, files).of('a'), 'map')).toEqual([0, 5, 10, 12]);
    expect(starts(run({ conf: 'mapred-site.xml', mapSlots: 4 }, files).of('a'), 'map')).toEqual([0, 0, 0, 0]);
  });

  it('mistakes name file, place and reason', () => {
    expect(mistake(() => run({ conf: 'm.xml' }, { 'm.xml': site('mapred.map.max.attempts', 'many') }))).toBe(
      'm.xml:3:11: error E_OPTION_VALUE: mapred.map.max.attempts[maxAttempts] must be a whole number, got "many"',
    );
    expect(mistake(() => run({ conf: 'm.xml' }, { 'm.xml': '<settings/>' }))).toMatch(
      /^m\.xml:1:\d+: error E_CONF: the root element must be "configuration", got "settings"/,
    );
    expect(mistake(() => run({ conf: 'm.xml' }, { 'm.xml': '<configuration>' }))).toMatch(
      /^m\.xml:1:\d+: error E_CONF: the file must be XML/,
    );
    expect(mistake(() => run({ pools: 'p.json' }, { 'p.json': '{ "prod": { "weight": "x" } }' }))).toMatch(
      /^p\.json:1:23: error E_JOB_JSON: \$\.prod\.weight must be a number, got "x"/,
    );
    expect(
      mistake(() => run({ pools: 'p.json' }, { 'p.json': '{ "a": { "capacity": 60 }, "b": { "capacity": 60 } }' })),
    ).toMatch(/E_JOB_JSON: \$\.b\.capacity makes the capacities more than 100 % in all, got "60"/);
    expect(mistake(() => run({ pools: 'p.json' }, { 'p.json': '{ "a": ' }))).toMatch(
      /^p\.json:1:\d+: error E_JOB_JSON/,
    );
    expect(mistake(() => run({ scheduler: 'lifo' }))).toMatch(
      /E_OPTION_VALUE: framework hadoop\[scheduler\] must be one of fifo, fair, fair-deficit, capacity/,
    );
  });
});
