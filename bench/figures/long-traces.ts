import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Figure } from '../figure.js';
import type { LongTraceCost } from '../long-trace.js';

const PROGRAM = fileURLToPath(new URL('../long-trace.js', import.meta.url));
const FOLDER = '.tmp/bench-long';
/** 2 GB are some 36 million jobs of one task. */
const BYTES = 2e9;

function run(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** What a process costs that does this with a long trace, which is made for it and gone afterwards. */
function costOf(kind: string, format = 'native'): LongTraceCost {
  try {
    run('write', format, FOLDER, String(BYTES));
    return JSON.parse(run(kind, format, FOLDER)) as LongTraceCost;
  } finally {
    rmSync(FOLDER, { recursive: true, force: true });
  }
}

const memory = (kind: string, name: string, format = 'native'): Figure => ({
  name: `${name}, 2 GB ${format} trace: peak memory`,
  unit: 'MB',
  better: 'less',
  floor: 150,
  runs: 1,
  measure: () => costOf(kind, format).peakMb,
});

/** Traces that are longer than memory should be large. */
export const longTraceFigures: Figure[] = [
  memory('read', 'reader'),
  memory('inspect', 'trace inspect'),
  memory('validate', 'trace validate'),
  memory('read', 'reader', 'swf'),
  memory('read', 'reader', 'alibaba-2017'),
  memory('read', 'reader', 'alibaba-2018'),
  {
    name: 'reader, 36 million tasks: CPU to the first job',
    unit: 'ms',
    better: 'less',
    floor: 1000,
    measure: () => costOf('first').firstMs,
  },
];
