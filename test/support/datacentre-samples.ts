import type { TraceSample } from './trace-samples.js';

const lines = (count: number, row: (index: number) => string): string =>
  `${Array.from({ length: count }, (_, index) => row(index)).join('\n')}\n`;

/** Encrypted ids of virtual machines are long. */
const VM = 'x/XsOfHO4ocsV99i4NluqKDuxctW2MMVmwqOPAlg4wp8mqbBOe3wxBlQo0+Qx';

/** Small traces of the formats of data centres and GPU clusters, made by us. */
export const datacentreSamples: readonly TraceSample[] = [
  {
    format: 'google-2019',
    holds: 'jobs',
    files: {
      'instance_events.json': lines(24, (row) =>
        JSON.stringify({
          time: String(600e6 + row * 7e6),
          type: String([0, 3, 6][row % 3]),
          collection_id: String(3750 + Math.floor(row / 6)),
          priority: '103',
          instance_index: String(Math.floor(row / 3) % 2),
          resource_request: { cpus: 0.0625, memory: 0.01 },
        }),
      ),
    },
  },
  {
    format: 'google-2011',
    holds: 'jobs',
    isWhole: true,
    files: {
      'task_events.csv': lines(24, (row) => {
        const kind = [0, 1, 4][row % 3];
        return `${600e6 + row * 7e6},,${3750 + Math.floor(row / 6)},${Math.floor(row / 3) % 2},,${kind},u,1,2,0.0625,0.01,0.0001,0`;
      }),
      'task_usage.csv': lines(8, (row) => {
        const start = 600e6 + (row * 3 + 1) * 7e6;
        return `${start},${start + 7e6},${3750 + Math.floor(row / 2)},${row % 2},5,0.03,0.005${',0'.repeat(12)}`;
      }),
    },
  },
  {
    format: 'azure-vm',
    holds: 'jobs',
    isWhole: true,
    files: {
      'vmtable.csv': lines(
        8,
        (row) =>
          `${VM}${row},sub${row % 3},dep,${row * 300},${3000 + row * 600},90,${10 + row},50,${row % 2 === 0 ? 'Interactive' : 'Unkown'},${1 + (row % 4)},1.75`,
      ),
      'vm_cpu_readings-file-1-of-125.csv': lines(8, (row) => `${600 + row * 300},${VM}${row % 4},1,90,${5 * row}`),
    },
  },
  {
    format: 'bitbrains',
    holds: 'jobs',
    isWhole: true,
    files: Object.fromEntries(
      [1, 2, 3, 4].map((vm) => [
        `${vm}.csv`,
        `Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB]\n${lines(
          9,
          (row) => [1376314846 + vm * 100 + row * 300, vm, 2600, 26, row * 9, 2097152, 100000 + row].join(';\t'),
        )}`,
      ]),
    ),
  },
  {
    format: 'philly',
    holds: 'jobs',
    files: {
      'cluster_job_log.json': JSON.stringify(
        Array.from({ length: 8 }, (_, row) => ({
          status: row % 3 === 0 ? 'Failed' : 'Pass',
          vc: `vc${row % 2}`,
          jobid: `application_${row}`,
          attempts: [
            {
              start_time: `2017-10-07 01:${10 + row}:09`,
              end_time: `2017-10-07 01:${12 + row}:23`,
              detail: [{ ip: 'm1', gpus: row % 2 === 0 ? ['gpu0'] : ['gpu0', 'gpu1'] }],
            },
          ],
          submitted_time: `2017-10-07 01:${10 + row}:00`,
          user: `u${row % 3}`,
        })),
      ),
    },
  },
  {
    format: 'tiresias',
    holds: 'jobs',
    files: {
      'chronus.csv': `job_id,user,num_gpu,submit_time,iterations,model_name,duration,interval,expect_time_list,expect_value_list,best_effort,job_type\n${lines(
        10,
        (row) =>
          `${row},vc_${row % 2},${1 + (row % 4)},${3 + row},10,vgg${row % 3},${1 + (row % 5)},8,${9 + row},10,0,strict`,
      )}`,
    },
  },
  {
    format: 'helios',
    holds: 'jobs',
    files: {
      'cluster_log.csv': `job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue\n${lines(
        10,
        (row) =>
          `${row},u${row % 3},vc${row % 2},${2 * (row % 3)},4,${1 + (row % 2)},COMPLETED,2020-06-09 18:${10 + row}:00,2020-06-09 18:${10 + row}:05,2020-06-09 18:${12 + row}:00,115,5`,
      )}`,
    },
  },
  {
    format: 'gavel',
    holds: 'jobs',
    files: {
      'small.trace': lines(10, (row) =>
        [
          'LM',
          'python3 main.py',
          '--steps',
          '1',
          300 + row * 7,
          1 + (row % 4),
          1 + (row % 2),
          row % 3 === 0 ? 2.5 : -1,
          row * 12.25,
        ].join('\t'),
      ),
    },
  },
  {
    format: 'alibaba-2017',
    holds: 'jobs',
    files: {
      'batch_task.csv': lines(12, (row) => {
        const start = row * 15 - 20;
        return `${start},${start + 30},${Math.floor(row / 2)},${row},${1 + (row % 4)},Terminated,${50 + 50 * (row % 2)},0.01`;
      }),
    },
  },
  {
    format: 'alibaba-gpu-2020',
    holds: 'jobs',
    isWhole: true,
    files: {
      'pai_task_table.csv': `job_name,task_name,inst_num,status,start_time,end_time,plan_cpu,plan_mem,plan_gpu,gpu_type\n${lines(
        12,
        (row) =>
          `job${Math.floor(row / 2)},role${row % 2},${1 + (row % 2)}.0,Terminated,${5000 + row * 9}.0,${5060 + row * 11}.0,200.0,4.0,${50 * (row % 3)}.0,`,
      )}`,
      'pai_job_table.csv': `job_name,inst_id,user,status,start_time,end_time\n${lines(
        6,
        (row) => `job${row},x,u${row % 2},Terminated,${4990 + row * 18}.0,${5999}.0`,
      )}`,
    },
  },
  {
    format: 'alibaba-2018',
    holds: 'jobs',
    files: {
      'batch_task.csv': lines(12, (row) => {
        const start = 10 + row * 15;
        const rest = `${1 + (row % 3)},j_${Math.floor(row / 2)},1,Terminated,${start},${start + 20},${50 + 50 * (row % 2)},0.5`;
        return `${row % 2 === 0 ? 'M1' : 'R2_1'},${rest}`;
      }),
    },
  },
];
