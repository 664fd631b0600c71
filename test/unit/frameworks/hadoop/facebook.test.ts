import { describe, expect, it } from 'vitest';
import { play } from '../support.js';

const MIB = 2 ** 20;
const BLOCK = 64 * MIB;

/** Rows of SWIM's FB-2009_samples_24_times_1hr_0.tsv (New BSD): id, bytes read, shuffled, written. */
const JOBS = [
  { id: 'job151', read: 14035149712, shuffled: 3933199675, written: 72342569, reduces: 4 },
  { id: 'job268', read: 23938526368, shuffled: 7986026224, written: 91344817, reduces: 8 },
  { id: 'job1090', read: 77269444602, shuffled: 6020, written: 248, reduces: 1 },
];

/**
 * A job alone on 10 trackers of 4 map and 2 reduce slots; the FIFO scheduler; one rate for near and far, so that placement says nothing.
 */
function runOf({ id, read, shuffled, written }: (typeof JOBS)[number]) {
  const options = {
    ...{ trackerCpus: 0, trackerMem: 0, trackerDisk: 0, slotMem: 0, slotDisk: 0 },
    ...{ policy: 'fixed', mapSlots: 4, reduceSlots: 2, speculation: 'off', durations: 'bytes' },
    ...{ startup: '2 s', readMibS: 4, networkMibS: 4, shuffleMibS: 4, writeMibS: 40 },
  };
  const { of, finishS } = play(
    {
      workload: { trace: 'fb.tsv', format: 'swim' },
      cluster: { agents: [{ count: 10, cpus: 6, mem: 16_384 }] },
      frameworks: [{ name: 'hadoop', type: 'hadoop', options }],
    },
    { 'fb.tsv': [id, 0, 1, read, shuffled, written].join('\t') },
  );
  return { rows: of(id), endS: finishS.get(id) ?? Number.NaN };
}

describe('jobs of the Facebook day of 2009', () => {
  it.each(JOBS)(
    '$id runs in waves that start at heartbeats, and ends when its last reduce has copied and written',
    (job) => {
      const maps = Math.ceil(job.read / BLOCK);
      // A map: 2 s of start-up, its part of the input at 4 MiB/s, its part of the shuffle written at 40 MiB/s.
      const mapS = 2 + job.read / maps / MIB / 4 + job.shuffled / maps / MIB / 40;
      // 40 map slots; a slot whose map ends is filled at the tracker's next heartbeat, every 3 s.
      const waves = Math.ceil(maps / 40);
      const waveS = 3 * Math.ceil(mapS / 3);
      const lastMapS = (waves - 1) * waveS + mapS;
      const { rows, endS } = runOf(job);
      const mapRows = rows.filter(({ task }) => task.includes('/map'));
      expect(mapRows).toHaveLength(maps);
      for (const [index, { startS }] of mapRows.entries()) expect(startS).toBe(waveS * Math.floor(index / 40));
      expect(Math.max(...mapRows.map(({ finishS }) => finishS))).toBeCloseTo(lastMapS, 2);

      // Reduces start at the first heartbeat that knows of 5 % of the maps, each on a tracker of its own.
      const known = Math.ceil(0.05 * maps);
      const firstS = waveS * Math.ceil(known / 40);
      // The heartbeat that passes the mark is that of tracker ⌈known / 4⌉ (known of its wave): from there on each tracker gets one reduce, the rest 3 s later.
      const reduceRows = rows.filter(({ task }) => task.includes('/reduce'));
      const inTime = 10 - Math.ceil((((known - 1) % 40) + 1) / 4) + 1;
      const expected = Array.from({ length: job.reduces }, (_, index) => (index < inTime ? firstS : firstS + 3));
      expect(reduceRows.map(({ startS }) => startS)).toEqual(expected);
      // A reduce copies its part at 4 MiB/s, not done before the last map's part has come; then it writes.
      const copyS = job.shuffled / job.reduces / MIB / 4;
      const copiedS = Math.max((expected.at(-1) ?? Number.NaN) + copyS, lastMapS + copyS / maps);
      const makespanS = copiedS + 2 + job.written / job.reduces / MIB / 40;
      expect(endS).toBeCloseTo(makespanS, 2);
    },
  );

  it('job151 is bound by its shuffle, job1090 by its 29 waves of maps, through which its one reduce holds a slot', () => {
    const [shuffling, , reading] = JOBS.map(runOf);
    expect(shuffling?.endS).toBeCloseTo(257.9, 1);
    expect(reading?.endS).toBeCloseTo(524, 0);
    const reduce = reading?.rows.find(({ task }) => task.includes('/reduce'));
    expect((reduce?.finishS ?? 0) - (reduce?.startS ?? 0)).toBeGreaterThan(480);
  });
});
