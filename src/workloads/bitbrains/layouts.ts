import type { TableLayout } from '../rows.js';

/** Columns of GWA-T-12 (fastStorage, rnd): one file per virtual machine, cells behind `;` and a tab. */
export const BITBRAINS: TableLayout = {
  columns: [
    ...['timestamp [ms]', 'cpu cores', 'cpu capacity provisioned [mhz]', 'cpu usage [mhz]', 'cpu usage [%]'],
    ...['memory capacity provisioned [kb]', 'memory usage [kb]', 'disk read throughput [kb/s]'],
    ...['disk write throughput [kb/s]', 'network received throughput [kb/s]', 'network transmitted throughput [kb/s]'],
  ],
  aliases: { timestamp: 'timestamp [ms]', 'timestamp [s]': 'timestamp [ms]' },
  numeric: ['timestamp [ms]', 'cpu cores'],
  optional: 4,
  separator: 59,
};

export const TIME = 0;
export const CORES = 1;
export const PERCENT = 4;
export const MEMORY = 5;
export const MEMORY_USED = 6;

/** Seconds of a timestamp: the header says milliseconds, the values are seconds; a real time in ms lies beyond the year 5000. */
export function secondsOf(timestamp: number): number {
  return timestamp > 1e11 ? timestamp / 1000 : timestamp;
}
