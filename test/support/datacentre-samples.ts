import type { TraceSample } from './trace-samples.js';

const lines = (count: number, row: (index: number) => string): string =>
  `${Array.from({ length: count }, (_, index) => row(index)).join('\n')}\n`;

/** Small traces of the formats of data centres and GPU clusters, made by us. */
export const datacentreSamples: readonly TraceSample[] = [
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
