import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { MachineEvent } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import type { Failure } from '../../../src/model/trace-format.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { validateTrace } from '../../../src/workloads/validate.js';
import { opendcFailures, parquetBytes } from '../../support/parquet-bytes.js';
import { traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SYSTEM_20 = 'traces/lanl-system-20/failures-system-20.csv.gz';
const ROOT = '../shared/traces';
const HEADER =
  'System,machine type,nodes,procstot,procsinnode,nodenum,nodenumz,node install,node prod,node decom,fru type,mem,cputype,memtype,num intercon,purpose,Prob Started,Prob Fixed,Down Time,Facilities,Hardware,Human Error,Network,Undetermined,Software,Same Event\n';
const lanlRow = (node: string, from: string, to: string, minutes: number, cause = ',Memory,,,,'): string =>
  `20,cluster,2,8,4,${node},${node},5-Apr,5-Jun,current,part,16,1,1,0,"compute, big",${from},${to},${minutes},${cause},No`;

function failuresOf(path: string, format = ''): Failure[] {
  const prepared = prepareTrace([path], { ...request, format }, new ResourceSpace());
  const source = prepared.format.openFailures?.([path], prepared.context);
  const list: Failure[] = [];
  for (let next = source?.next() ?? null; next !== null; next = source?.next() ?? null) list.push(next);
  return list;
}

function eventsOf(path: string): MachineEvent[] {
  const { format, context } = prepareTrace([path], request, new ResourceSpace());
  const source = format.openMachineEvents?.([path], context);
  const list: MachineEvent[] = [];
  for (let next = source?.next() ?? null; next !== null; next = source?.next() ?? null) list.push(next);
  return list;
}

describe('lanl', () => {
  const path = file(
    `${HEADER}${[
      lanlRow('1', '6/21/2005 11:00', '6/21/2005 12:00', 60),
      lanlRow('0', '6/21/2005 10:54', '6/21/2005 11:00', 6, ',,,,Undetermined,'),
      lanlRow('1', '6/21/2005 11:30', '6/21/2005 12:30', 60),
      // The clocks go from 2:00 to 3:00 on 3 April 2005: from 1:30 to 3:30 is an hour.
      lanlRow('0', '4/3/2005 1:30', '4/3/2005 3:30', 120),
      lanlRow('', '6/21/2005 11:30', '6/21/2005 12:30', 60),
      lanlRow('1', '6/21/2005', '6/21/2005 12:30', 60),
      lanlRow('1', '6/21/2005 11:30', '6/20/2005 12:30', 60),
    ].join('\n')}\n`,
    'lanl.csv',
  );

  it('tells failures in order of time, on the clocks of Los Alamos, from the earliest on', () => {
    const failures = failuresOf(path);
    expect(failures.map(({ agent, durationUs, cause }) => [agent, durationUs / 60e6, cause])).toEqual([
      ['20-0', 60, 'hardware'],
      ['20-0', 6, 'undetermined'],
      ['20-1', 60, 'hardware'],
      ['20-1', 60, 'hardware'],
    ]);
    // From 3 April 1:30 (UTC−7) to 21 June 10:54 (UTC−6): 79 days, 9 h 24 min on the clocks, an hour less in truth.
    expect(failures[1]?.timeUs).toBe((79 * 86_400 + 9 * 3600 + 24 * 60 - 3600) * 1e6);
  });

  it('joins outages of a node that overlap into one departure', () => {
    const events = eventsOf(path).map(({ agent, event, timeUs }) => [agent, event, timeUs]);
    const startUs = failuresOf(path)[2]?.timeUs ?? 0;
    expect(events.filter(([agent]) => agent === '20-1')).toEqual([
      ['20-1', 'remove', startUs],
      ['20-1', 'add', startUs + 90 * 60e6],
    ]);
  });

  it('counts what it leaves out and what the times contradict', () => {
    expect(validateTrace([path], request).counts).toEqual({
      E_LANL_DOWN: 1,
      E_LANL_NODE: 1,
      E_LANL_TIME: 1,
      E_LANL_RUN: 1,
    });
    const { format, context } = prepareTrace([path], request, new ResourceSpace());
    const agents = format.readAgents?.([path], context).agents ?? [];
    expect(agents.map(({ id, amounts }) => [id, amounts[0], amounts[1]])).toEqual([
      ['20-0', 4000, 16_384_000],
      ['20-1', 4000, 16_384_000],
    ]);
  });

  it('agrees with csv-parse on the system that comes along', () => {
    const rows = parse(gunzipSync(readFileSync(SYSTEM_20)), { columns: true }) as Record<string, string>[];
    const named = rows.filter((row) => row['nodenumz'] !== '');
    expect(failuresOf(SYSTEM_20)).toHaveLength(named.length);
    const facts = inspectTrace([SYSTEM_20], request)['facts'];
    expect(facts).toMatchObject({
      rows: 2478,
      systems: 1,
      downMinutes: rows.reduce((sum, row) => sum + Number(row['Down Time']), 0),
      nodes: new Set(rows.map((row) => row['nodenumz'])).size,
    });
  });
});

describe('opendc-failures and failures.csv', () => {
  it('counts intervals from the failure before, also over rows that cannot be used', () => {
    const path = file(parquetBytes(opendcFailures), 'f.parquet');
    expect(failuresOf(path).map(({ timeUs, durationUs, share }) => [timeUs, durationUs, share])).toEqual([
      [0, 5e6, 1],
      [60e6, 10e6, 0.25],
      [90e6, 20e6, 0.01],
    ]);
    const bad = opendcFailures.map((column) =>
      column.name === 'failure_intensity' ? { ...column, data: [1, 0, 2] } : column,
    );
    const odd = file(parquetBytes(bad), 'odd.parquet');
    expect(failuresOf(odd)).toHaveLength(1);
    expect(validateTrace([odd], request).counts).toEqual({ E_FAILURE_VALUE: 2 });
  });

  it.skipIf(!existsSync(ROOT))('agrees with the counts and means of the published traces', () => {
    // The samples' page: 4,069 / 3,926 / 3,388 failures of 41.4 / 84.7 / 66.7 min on average.
    for (const [name, rows, minutes] of [
      ['Facebook', 4069, 41.4],
      ['Instagram', 3926, 84.7],
      ['Netflix', 3388, 66.7],
    ] as const) {
      const path = `${ROOT}/opendc/failures/${name}_user_reported.parquet`;
      const facts = inspectTrace([path], request)['facts'] as Record<string, number>;
      expect(facts['rows']).toBe(rows);
      expect(facts['meanDurationMin']).toBeCloseTo(minutes, 1);
      expect(failuresOf(path)).toHaveLength(rows);
    }
  });

  it('reads a plain table in any order, with and without agents', () => {
    const path = file(
      'time_s,agent_id,duration_s,share,cause\n90,a,30,,\n10,b,5,,disk\n20,,7,0.5,\n100,a,5,,\nx,a,1,,\n1,a,1,2,\n',
      'failures.csv',
    );
    expect(failuresOf(path).map(({ timeUs, agent, share }) => [timeUs / 1e6, agent, share])).toEqual([
      [10, 'b', 0],
      [20, '', 0.5],
      [90, 'a', 0],
      [100, 'a', 0],
    ]);
    expect(eventsOf(path).map(({ agent, event, timeUs }) => `${agent} ${event} ${timeUs / 1e6}`)).toEqual([
      'b remove 10',
      'b add 15',
      'a remove 90',
      'a add 120',
    ]);
    expect(inspectTrace([path], request)).toMatchObject({
      format: 'failures',
      rows: { read: 6, kept: 4, skipped: { E_FAILURE_VALUE: 2 } },
    });
  });
});
