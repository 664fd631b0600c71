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
    format: 'alibaba-2018',
    holds: 'jobs',
    files: {
      'batch_task.csv':
        'M1,3,j_1,1,Terminated,100,130,50,0.5\nR2_1,1,j_1,1,Terminated,130,150,100,1\nM1,2.0,j_2,1,Terminated,90,95,,\n',
    },
  },
  { format: 'eagle', holds: 'jobs', files: { 'own.tr': '0.5 2 3.5 3 4\n1.25 3 10 10 10 10\n2 1 0.5 0.5\n' } },
];
