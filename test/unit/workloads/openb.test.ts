import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { FOREVER_US } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const SHARED = '../shared/traces/openb';
const HEADER =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time';

describe('openb pods', () => {
  it('ask for thousandths of a GPU or whole ones, on the models of their constraint, by quality of service', () => {
    const path = file(
      [
        HEADER,
        'p2,12000,16384,1,460,V100M16|V100M32,LS,Running,100,400,110',
        'p1,6000,0,0,0,,BE,Succeeded,50,80,60',
        'p3,64000,1024,8,1000,,Burstable,Failed,120,121,120',
        'p4,4000,1024,2,500,,Guaranteed,Succeeded,130,140,130',
        'p5,4000,1024,1,1000,,LS,Pending,130,140,',
        'p6,4000,1024,1,1000,,LS,Succeeded,130,140,150',
        'p7,x,1024,1,1000,,LS,Succeeded,130,140,130',
      ].join('\n'),
      'openb_pod_list_own.csv',
    );
    const reading = readJobs(path);
    expect(
      reading.jobs.map(({ id, submitUs, priority, class: qos, groups: [group] }) => [
        ...[id, submitUs / 1e6, priority, qos],
        ...[(group?.durationUs ?? 0) / 1e6, group?.amounts[0], group?.amounts[3], group?.constraints],
      ]),
    ).toEqual([
      ['p1', 50, 1, 'BE', 20, 6000, 0, ''],
      ['p2', 100, 3, 'LS', 290, 12000, 460, 'model=V100M16|V100M32'],
      ['p3', 120, 2, 'Burstable', 1, 64000, 8000, ''],
      ['p4', 130, 3, 'Guaranteed', 10, 4000, 2000, ''],
    ]);
    expect(skippedOf(reading)).toEqual({ E_OPENB_PENDING: 1, E_OPENB_RUN: 1, E_OPENB_VALUE: 1 });
    expect(repairedOf(reading)).toEqual({ E_OPENB_CENSORED: 1, E_OPENB_GPUS: 1, E_ORDER: 1 });
  });

  it('of lists with five columns are there from the start and stay', () => {
    const path = file(
      'name,cpu_milli,memory_mib,num_gpu,gpu_milli\np1,1000,512,1,250\np2,2000,512,2,1000\n',
      'five.csv',
    );
    expect(readJobs(path).jobs.map(({ id, submitUs, groups }) => [id, submitUs, groups[0]?.durationUs])).toEqual([
      ['p1', 0, FOREVER_US],
      ['p2', 0, FOREVER_US],
    ]);
  });

  for (const name of ['default', 'cpu050', 'gpushare100', 'gpuspec33', 'multigpu50']) {
    const path = `${SHARED}/openb_pod_list_${name}.csv`;
    it.skipIf(!existsSync(path))(`agree with csv-parse on the real list ${name}`, () => {
      const rows = parse(readFileSync(path), { columns: true }) as Record<string, string>[];
      const good = rows.filter((row) => row['scheduled_time'] !== '');
      const { jobs, report } = readJobs(path);
      expect([report.rowsRead, jobs.length]).toEqual([rows.length, good.length]);
      const sum = (of: (row: Record<string, string>) => number): number =>
        good.reduce((total, row) => total + of(row), 0);
      const read = (resource: number): number =>
        jobs.reduce((total, { groups }) => total + (groups[0]?.amounts[resource] ?? 0), 0);
      expect(read(0)).toBe(sum((row) => Number(row['cpu_milli'])));
      expect(read(1)).toBe(sum((row) => Number(row['memory_mib'])) * 1000);
      expect(read(3)).toBe(sum((row) => Number(row['num_gpu']) * Number(row['gpu_milli'])));
      const constrained = jobs.filter(({ groups }) => groups[0]?.constraints !== '').length;
      expect(constrained).toBe(good.filter((row) => (row['gpu_spec'] ?? '') !== '').length);
    });
  }

  const NODES = `${SHARED}/openb_node_list_all_node.csv`;
  it.skipIf(!existsSync(NODES))('find nodes with models as csv-parse does', () => {
    const rows = parse(readFileSync(NODES), { columns: true }) as Record<string, string>[];
    const { format, context } = prepareTrace([NODES], request, new ResourceSpace());
    expect(
      format
        .readAgents?.([NODES], context)
        .agents.map(({ id, amounts, attributes }) => [id, ...amounts, attributes['model'] ?? '']),
    ).toEqual(
      rows.map((row) => [
        row['sn'],
        Number(row['cpu_milli']),
        Number(row['memory_mib']) * 1000,
        0,
        Number(row['gpu']) * 1000,
        row['model'],
      ]),
    );
  });
});
