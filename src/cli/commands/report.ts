import type { Command } from 'commander';
import { Option } from 'commander';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { say, sayJson } from '../terminal.js';

interface ReportFlags extends CommonFlags {
  readonly export: readonly string[];
}

const FORMATS = ['batsim', 'batsim4', 'cook', 'swf', 'google-2011', 'opendc', 'perfetto', 'openmetrics'];

const EXAMPLES = `
Examples:
  $ mesosim report results/quick-start/compare
  $ mesosim report results/quick-start/drf-s1 --export batsim perfetto`;

/** `mesosim report`: figures, LaTeX tables and a page from a result folder; other tools' formats. */
export function addReport(program: Command): void {
  const command = program
    .command('report')
    .summary('figures, LaTeX tables and a page from a result folder')
    .description(
      'Adds figures/*.svg, tables/*.tex and report.html to the folder of a run or a comparison, or exports it.',
    )
    .argument('<dir>', 'result folder')
    .addOption(
      new Option('--export <format...>', 'write export/<format> for other tools instead').choices(FORMATS).default([]),
    )
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(async (folder: string, flags: ReportFlags) => {
    const files =
      flags.export.length > 0
        ? await exportAll(folder, flags.export)
        : await (await import('../../report/report.js')).reportFolder(folder);
    if (flags.format === 'json') sayJson({ folder, files });
    else say(`wrote ${files.join(', ')}`);
  });
}

async function exportAll(folder: string, formats: readonly string[]): Promise<string[]> {
  const { exportResults } = await import('../../report/exports/index.js');
  const files: string[] = [];
  for (const format of formats) files.push(...(await exportResults(folder, format)));
  return files;
}
