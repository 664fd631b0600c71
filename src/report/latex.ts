import { meanText, paperRows } from './paper-rows.js';
import type { ResultSet } from './result-set.js';

/** One `tabular` per scenario, by file name: metrics down, policies across (package booktabs). */
export function latexTables(set: ResultSet): Map<string, string> {
  const tables = new Map<string, string>();
  for (const scenario of set.scenarios) {
    const name = set.scenarios.length === 1 ? 'summary' : `summary-${scenario}`;
    tables.set(`${name}.tex`, latexTable(set, scenario));
  }
  return tables;
}

function latexTable(set: ResultSet, scenario: string): string {
  const isRepeated = set.stats.some((stat) => stat.n > 1);
  const notes = [
    `% ${scenario}, written by mesosim ${set.version}. Needs \\usepackage{booktabs}.`,
    ...(isRepeated ? ['% Mean and half-width of the 95 % confidence interval over replications.'] : []),
    ...(set.baseline !== '' && isRepeated ? [`% * differs from ${set.baseline} at 5 % (paired test, Holm).`] : []),
  ];
  const lines = [
    ...notes,
    `\\begin{tabular}{l${'r'.repeat(set.policies.length)}}`,
    '\\toprule',
    `metric & ${set.policies.map(escapeLatex).join(' & ')} \\\\`,
    '\\midrule',
  ];
  for (const { label, isPercent, cells } of paperRows(set, scenario)) {
    const texts = cells.map((cell) => {
      const { mean, half, isDifferent } = meanText(cell, isPercent);
      const number = mean === '–' ? '--' : `$${mean}${half === '' ? '' : ` \\pm ${half}`}$`;
      return isDifferent ? `${number}*` : number;
    });
    lines.push(`${escapeLatex(label)} & ${texts.join(' & ')} \\\\`);
  }
  lines.push('\\bottomrule', '\\end{tabular}', '');
  return lines.join('\n');
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
};

/** Text that LaTeX prints as it is. */
export function escapeLatex(text: string): string {
  return text.replace(/[\\~^&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`);
}
