import type { TraceSample } from './trace-samples.js';

const lines = (count: number, row: (index: number) => string): string =>
  `${Array.from({ length: count }, (_, index) => row(index)).join('\n')}\n`;

/** Small traces of the formats of data centres and GPU clusters, made by us. */
export const datacentreSamples: readonly TraceSample[] = [
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
