// Compiles bench/ and runs a part of it: the suite (a table and bench/results.csv), or `growth` (plots of cost against size).
// Usage: npm run bench -- [--only TEXT | --again TEXT | --list], npm run bench:growth [-- --draw]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTable } from '../bench/table.mjs';
import { compileBench } from './compile-bench.mjs';

const words = process.argv.slice(2);
const isGrowth = words[0] === 'growth';
const file = join(compileBench(), 'bench', isGrowth ? 'growth.js' : 'suite.js');
const run = spawnSync(process.execPath, [file, ...(isGrowth ? words.slice(1) : words)], { stdio: 'inherit' });
process.exitCode = run.status ?? 1;
// What stands in results.csv is the table of bench/README.md.
if (run.status === 0 && (words.length === 0 || words[0] === '--again')) setTable();
