import type { TraceProfile } from '../workloads/profile.js';
import { drawSvg } from './draw.js';
import { escapeHtml, figureHtml, STYLE } from './page.js';
import { type NamedProfile, traceFigures } from './trace-figures.js';

/** A table of the page: every cell is text. */
export interface PageTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers. */
  readonly right: readonly boolean[];
}

/** Tables above the figures; the rest stands below them. */
const SUMMARY_TABLES = 2;

/** A trace, or several side by side, as one HTML file: style and figures inline, nothing fetched. */
export async function tracePage(
  title: string,
  subtitle: string,
  tables: readonly PageTable[],
  profiles: readonly { readonly name: string; readonly profile: TraceProfile }[],
): Promise<string> {
  const figures: string[] = [];
  for (const figure of traceFigures(profiles as readonly NamedProfile[])) {
    figures.push(figureHtml(figure, await drawSvg(figure)));
  }
  const shown = tables.filter(({ rows }) => rows.length > 0);
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)} · mesosim</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body><main>',
    `<h1>${escapeHtml(title)}</h1>`,
    `<p class="soft">${escapeHtml(subtitle)}</p>`,
    ...shown.slice(0, SUMMARY_TABLES).map((table) => tableHtml(table)),
    ...(figures.length > 0 ? ['<h2>Figures</h2>', '<div class="figures">', ...figures, '</div>'] : []),
    ...shown.slice(SUMMARY_TABLES).map((table) => tableHtml(table)),
    '</main></body></html>',
    '',
  ].join('\n');
}

function tableHtml({ title, head, rows, right }: PageTable): string {
  const align = (column: number): string => ((right[column] ?? false) ? '' : ' style="text-align: left"');
  const cells = (tag: string, row: readonly string[]): string =>
    row.map((cell, column) => `<${tag}${align(column)}>${escapeHtml(cell)}</${tag}>`).join('');
  return [
    `<h2>${escapeHtml(title)}</h2>`,
    '<div class="scroll"><table>',
    `<thead><tr>${cells('th', head)}</tr></thead>`,
    `<tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</tbody>`,
    '</table></div>',
  ].join('\n');
}
