import { opendcFailures, opendcFragments, opendcTasks, parquetBytes, wtaTasks } from './parquet-bytes.js';
import type { TraceSample } from './trace-samples.js';

/** Small traces of the formats of other simulators and archives, made by us. */
export const peerSamples: readonly TraceSample[] = [
  {
    format: 'swim',
    holds: 'jobs',
    files: {
      'own.tsv': Array.from(
        { length: 12 },
        (_, row) => `job${row}\t${row * 30}\t30\t${row * 150_000_000}\t${(row % 3) * 90_000_000}\t${row * 1_000_000}\n`,
      ).join(''),
    },
  },
  {
    format: 'gwf',
    holds: 'jobs',
    files: {
      'own.gwf':
        'WorkflowID, JobID, SubmitTime, RunTime, NProcs, ReqNProcs, Dependencies\n0 , 1 , 3 , 11 , 1 , 1 , \n0 , 2 , 20 , 5 , 2 , 2 , 1\n0 , 3 , 20 , 7 , 1 , 1 , 1 2\n1 , 1 , 8 , 4 , 1 , 1 ,\n',
    },
  },
  {
    format: 'wfformat',
    holds: 'jobs',
    isWhole: true,
    files: {
      'own.json': JSON.stringify({
        name: 'own',
        schemaVersion: '1.5',
        workflow: {
          specification: {
            tasks: [
              { id: 'a', name: 'a', parents: [], children: ['b'], inputFiles: ['f'], outputFiles: ['g'] },
              { id: 'b', name: 'b', parents: ['a'], children: [], inputFiles: ['g'], outputFiles: [] },
            ],
            files: [
              { id: 'f', sizeInBytes: 5_000_000 },
              { id: 'g', sizeInBytes: 1_000_000 },
            ],
          },
          execution: {
            tasks: [
              { id: 'a', runtimeInSeconds: 12.5, coreCount: 2, memoryInBytes: 1_048_576 },
              { id: 'b', runtimeInSeconds: 3 },
            ],
          },
        },
      }),
      'older.json': JSON.stringify({
        name: 'own',
        schemaVersion: '1.3',
        workflow: { tasks: [{ name: 'x', runtime: 4, cores: 1, memory: 2048, parents: [], files: [] }] },
      }),
      'third.json': JSON.stringify({ schemaVersion: '1.1', workflow: { jobs: [{ name: 'y', runtime: 2 }] } }),
    },
  },
  {
    format: 'dax',
    holds: 'jobs',
    isWhole: true,
    files: {
      'own.dax':
        '<?xml version="1.0"?>\n<adag name="own"><job id="A" runtime="5"><uses file="f" link="output" size="100"/></job><job id="B" runtime="2.5"/><child ref="B"><parent ref="A"/></child></adag>\n',
      'two.dax': '<adag><job id="A"><profile namespace="pegasus" key="runtime">7</profile></job></adag>',
      'three.dax': '<adag name="own"><job id="A" runtime="5"/></adag>',
    },
  },
  {
    format: 'batsim',
    holds: 'jobs',
    files: {
      'own.json': JSON.stringify({
        nb_res: 8,
        jobs: [
          { id: 1, subtime: 0, res: 2, profile: 'd', walltime: 20 },
          { id: 'two', subtime: 1.5, res: 8, profile: 'h' },
          { id: 3, subtime: 3, res: 1, profile: 's', walltime: 5, dependencies: ['1'] },
        ],
        profiles: {
          d: { type: 'delay', delay: 10.25 },
          h: { type: 'ParallelTaskHomogeneousProfile', cpu: 4e9, com: 0 },
          s: { type: 'composed', seq: ['d', 'h'], repeat: 2 },
        },
      }),
    },
  },
  {
    format: 'batsim',
    holds: 'agents',
    files: { 'size.json': '{"nb_res": 4, "jobs": [], "profiles": {}}' },
  },
  {
    format: 'sls',
    holds: 'jobs',
    files: {
      'own.json': ['a', 'b', 'c']
        .map((id, row) =>
          JSON.stringify({
            'am.type': 'mapreduce',
            'job.start.ms': row * 1000,
            'job.id': id,
            'job.queue.name': `q${row % 2}`,
            'job.tasks': [
              { 'container.start.ms': 5, 'container.end.ms': 4005, 'container.type': 'map', count: 3 },
              { 'duration.ms': 2500, 'container.type': 'reduce' },
            ],
          }),
        )
        .join('\n'),
    },
  },
  {
    format: 'rumen',
    holds: 'jobs',
    files: {
      'own.json': ['j_1', 'j_2', 'j_3']
        .map((jobID, row) =>
          JSON.stringify({
            jobID,
            user: 'u',
            priority: 'HIGH',
            submitTime: 1_300_000_000_000 + row * 5000,
            outcome: 'SUCCESS',
            mapTasks: [
              { taskID: 'm', attempts: [{ result: 'SUCCESS', startTime: 100, finishTime: 4100, hdfsBytesRead: 1e7 }] },
            ],
            reduceTasks: [{ taskID: 'r', attempts: [{ result: 'FAILED', startTime: 100, finishTime: 1100 }] }],
          }),
        )
        .join(''),
    },
  },
  {
    format: 'opendc',
    holds: 'jobs',
    files: { 'tasks.parquet': parquetBytes(opendcTasks), 'fragments.parquet': parquetBytes(opendcFragments) },
  },
  { format: 'wta', holds: 'jobs', files: { 'tasks.parquet': parquetBytes(wtaTasks) } },
  {
    format: 'failures',
    holds: 'events',
    files: { 'failures.csv': 'time_s,agent_id,duration_s,share,cause\n5,a,10,,disk\n2,,4,0.5,power\n' },
  },
  { format: 'opendc-failures', holds: 'events', files: { 'failures.parquet': parquetBytes(opendcFailures) } },
  {
    format: 'lanl',
    holds: 'agents',
    files: {
      'lanl.csv':
        'System,machine type,nodes,procstot,procsinnode,nodenum,nodenumz,node install,node prod,node decom,fru type,mem,cputype,memtype,num intercon,purpose,Prob Started,Prob Fixed,Down Time,Facilities,Hardware,Human Error,Network,Undetermined,Software,Same Event\n20,cluster,2,8,4,0,0,5-Apr,5-Jun,current,part,16,1,1,0,compute,6/21/2005 10:54,6/21/2005 11:00,6,,Memory,,,,,No\n',
    },
  },
  {
    format: 'spot-prices',
    holds: 'events',
    files: {
      'prices.csv': 'Timestamp,Region,SpotPrice\n2026-01-01 02:00:00+00:00,us,0.5\n2026-01-01 00:00:00+00:00,us,0.25\n',
    },
  },
  { format: 'eagle', holds: 'jobs', files: { 'own.tr': '0.5 2 3.5 3 4\n1.25 3 10 10 10 10\n2 1 0.5 0.5\n' } },
];
