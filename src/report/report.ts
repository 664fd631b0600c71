import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../workloads/bytes/whole-file.js';
import { drawSvg } from './draw.js';
import { figuresOf } from './figures/figures.js';
import { latexTables } from './latex.js';
import { page } from './page.js';
import { readResultSet } from './result-set.js';

/** Adds `figures/*.svg`, `tables/*.tex` and `report.html` to a result folder; returns the names of the files. */
export async function reportFolder(folder: string): Promise<string[]> {
  const set = await readResultSet(folder);
  const files: string[] = [];
  const write = (name: string, text: string): void => {
    writeWhole(join(folder, name), text);
    files.push(name);
  };
  mkdirSync(join(folder, 'figures'), { recursive: true });
  mkdirSync(join(folder, 'tables'), { recursive: true });
  const drawn = [];
  for (const figure of await figuresOf(set)) {
    const svg = await drawSvg(figure);
    drawn.push({ figure, svg });
    write(`figures/${figure.name}.svg`, `${svg}\n`);
  }
  for (const [name, text] of latexTables(set)) write(`tables/${name}`, text);
  write('report.html', page(set, drawn));
  return files;
}
