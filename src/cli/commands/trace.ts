import { type Command, Option } from 'commander';
import type { ConversionTarget } from '../../workloads/convert/convert.js';
import type { TraceRequest } from '../../workloads/index.js';
import type { TraceProfile } from '../../workloads/profile.js';
import { type CommonFlags, wholeNumber, withCommonFlags } from '../flags.js';
import { interruptSignal, say, sayJson, tell } from '../terminal.js';

interface TraceFlags extends CommonFlags {
  readonly from?: string;
  readonly strict?: boolean;
  readonly maxSkipped?: number;
}

function requestOf(flags: TraceFlags): TraceRequest {
  return {
    format: flags.from ?? '',
    options: {},
    onBadRow: flags.strict === true ? 'error' : 'skip',
    maxSkipped: flags.maxSkipped ?? -1,
  };
}

function withTraceFlags(command: Command): Command {
  return withCommonFlags(command)
    .option('--from <format>', 'name[option=value,…]; recognised by content and name when left out')
    .option('--strict', 'a row that would be skipped is an error')
    .option('--max-skipped <n>', 'more skipped rows than this are an error', wholeNumber(0));
}

const EXAMPLES = `
Examples:
  $ mesosim trace inspect trace.swf.gz --cpus 128 --html trace.html
  $ mesosim trace validate workload-jobs.csv --strict
  $ mesosim trace convert trace.swf.gz --to native --out converted
  $ mesosim trace fit trace.swf.gz --out twin.yaml`;

function examples(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ mesosim ${line}`).join('\n')}`;
}

/** `mesosim trace inspect|validate|convert|stats|fit`. */
export function addTrace(program: Command): void {
  const trace = program
    .command('trace')
    .summary('look into traces')
    .description('What is in a trace, what is wrong with it, and its conversion.')
    .addHelpText('after', EXAMPLES);
  addInspect(trace);
  addValidate(trace);
  addConvert(trace);
  addStats(trace);
  addFit(trace);
}

interface InspectFlags extends TraceFlags {
  readonly cpus?: number;
  readonly memMib?: number;
  readonly gpus?: number;
  readonly agents?: string;
  readonly html?: string;
}

function addInspect(trace: Command): void {
  withTraceFlags(trace.command('inspect <file...>'))
    .summary('what is in a trace')
    .addHelpText(
      'after',
      examples('trace inspect trace.swf.gz --cpus 128', 'trace inspect trace.swf.gz --html trace.html'),
    )
    .option('--cpus <n>', 'CPUs of a cluster, for the offered load', wholeNumber(1))
    .option('--mem-mib <n>', 'memory of a cluster in MiB, for the offered load', wholeNumber(1))
    .option('--gpus <n>', 'GPUs of a cluster, for the offered load', wholeNumber(1))
    .option('--agents <file>', 'a list of machines in any format that has them, for the offered load')
    .option('--html <file>', 'a page with tables and plots, all in one file')
    .action(async (files: string[], flags: InspectFlags) => {
      const { lookInto, tellInspection, totalsOf } = await import('../../workloads/inspect.js');
      const { inspectionTables, printedTables } = await import('../trace-text.js');
      const { cpus, memMib, gpus } = flags;
      const machines = flags.agents === undefined ? {} : totalsOf([flags.agents], requestOf({ ...flags, from: '' }));
      const given = Object.entries({ cpus, memMib, gpus }).filter(([, amount]) => amount !== undefined);
      const inspection = lookInto(files, requestOf(flags), { ...machines, ...Object.fromEntries(given) });
      const tables = inspectionTables(inspection);
      if (flags.html !== undefined) {
        const { profile } = inspection;
        const name = files.map((file) => file.replace(/^.*[\\/]/, '')).join(' ');
        const subtitle = `${inspection.format} · mesosim trace inspect`;
        await writePage(flags.html, name, subtitle, tables, profile === undefined ? [] : [{ name, profile }]);
      }
      if (flags.format === 'json') sayJson(tellInspection(inspection));
      else say(printedTables(tables));
    });
}

async function writePage(
  path: string,
  ...page: Parameters<typeof import('../../report/trace-page.js').tracePage>
): Promise<void> {
  const { tracePage } = await import('../../report/trace-page.js');
  const { writeWhole } = await import('../../workloads/bytes/whole-file.js');
  writeWhole(path, await tracePage(...page));
  tell(`page written to ${path}`);
}

function addValidate(trace: Command): void {
  withTraceFlags(trace.command('validate <file...>'))
    .summary('every violation; exit 0 clean, 1 only rows that a run would skip, 2 errors')
    .addHelpText(
      'after',
      examples('trace validate workload-jobs.csv', 'trace validate jobs.csv --from native --strict --format json'),
    )
    .action(async (files: string[], flags: TraceFlags) => {
      const { validateTrace } = await import('../../workloads/validate.js');
      const { renderTable } = await import('../table.js');
      const isJson = flags.format === 'json';
      const { maxSkipped, onBadRow, ...request } = requestOf(flags);
      const result = validateTrace(files, { ...request, maxSkipped, onBadRow }, isJson ? 100_000 : 0, (issue) => {
        if (isJson) return;
        const place = issue.line > 0 ? `:${issue.line}:${issue.column}` : '';
        const hint = issue.hint === '' ? '' : `\n  hint: ${issue.hint}`;
        say(`${issue.file}${place}: ${issue.severity} ${issue.code}: ${issue.message}${hint}`);
      });
      if (isJson) sayJson(result);
      else {
        const rows = Object.entries(result.counts).map(([code, count]) => [code, String(count)]);
        say(rows.length === 0 ? 'nothing to complain about' : renderTable(['code', 'count'], rows, [false, true]));
      }
      const isBad = result.hasErrors || (flags.strict === true && result.hasSkips);
      process.exitCode = isBad ? 2 : result.hasSkips ? 1 : 0;
    });
}

function addConvert(trace: Command): void {
  withTraceFlags(trace.command('convert <file...>'))
    .summary('to the native tables, Parquet, SWF or Batsim JSON; also the workload of a scenario')
    .addHelpText(
      'after',
      examples(
        'trace convert trace.swf.gz --out converted',
        'trace convert trace.swf.gz --to batsim --out workload.json',
        'trace convert scenario.yaml --to swf --out workload.swf',
      ),
    )
    .requiredOption('--out <path>', 'a folder for native and parquet, a file for swf and batsim')
    .addOption(
      new Option('--to <format>', 'native CSV, the same as Parquet, SWF, or Batsim JSON')
        .choices(['native', 'swf', 'parquet', 'batsim'])
        .default('native'),
    )
    .action(async (files: string[], flags: TraceFlags & { readonly out: string; readonly to: ConversionTarget }) => {
      const { convertJobs, convertTrace } = await import('../../workloads/convert/convert.js');
      const { isScenarioFile, scenarioJobs } = await import('../../scenario/workload-jobs.js');
      const [only = ''] = files.length === 1 && isScenarioFile(files[0] ?? '') ? files : [];
      const { source, resources } = only === '' ? {} : scenarioJobs(only);
      const conversion =
        source === undefined || resources === undefined
          ? await convertTrace(files, requestOf(flags), flags.to, flags.out, interruptSignal)
          : await convertJobs(source, resources, { to: flags.to, out: flags.out, interrupts: interruptSignal });
      if (flags.format === 'json') {
        sayJson(conversion);
        return;
      }
      const { jobs, agents, events, written } = conversion;
      const parts = [`${jobs} jobs`, `${agents} agents`, `${events} machine events`];
      const told = parts.filter((part) => !part.startsWith('0 '));
      say(`${told.length > 0 ? told.join(', ') : '0 jobs'} written to ${written.join(', ')}`);
      for (const [reason, jobs] of Object.entries(conversion.left))
        tell(`${jobs} jobs left out, which ${flags.to} cannot tell of: ${reason}`);
    });
}

/** The profile of a trace, or of the workload of a scenario. */
async function profileAt(path: string, flags: TraceFlags): Promise<TraceProfile> {
  const { profileOf, profileTrace } = await import('../../workloads/inspect.js');
  const { isScenarioFile, scenarioJobs } = await import('../../scenario/workload-jobs.js');
  return isScenarioFile(path) ? profileOf(scenarioJobs(path).source) : profileTrace([path], requestOf(flags));
}

function addStats(trace: Command): void {
  withTraceFlags(trace.command('stats <a> <b>'))
    .summary('two traces, or workloads of scenarios, side by side: distributions and how far they are apart')
    .addHelpText('after', examples('trace stats a.swf.gz b.swf.gz --html stats.html', 'trace stats a.swf.gz twin.yaml'))
    .option('--html <file>', 'a page with tables and both traces in each plot')
    .action(async (a: string, b: string, flags: TraceFlags & { readonly html?: string }) => {
      const { TraceComparison } = await import('../../workloads/stats.js');
      const { comparisonTables, printedTables } = await import('../trace-text.js');
      const comparison = new TraceComparison(await profileAt(a, flags), await profileAt(b, flags));
      const tables = comparisonTables(comparison, a, b);
      if (flags.html !== undefined) {
        const [left, right] = a === b ? [`${a} (A)`, `${b} (B)`] : [a, b];
        const profiles = [
          { name: left, profile: comparison.a },
          { name: right, profile: comparison.b },
        ];
        await writePage(flags.html, 'Two traces side by side', 'mesosim trace stats', tables, profiles);
      }
      if (flags.format === 'json') sayJson({ a, b, ...comparison.tell() });
      else say(printedTables(tables));
    });
}

function addFit(trace: Command): void {
  withTraceFlags(trace.command('fit <file...>'))
    .summary('a synthetic workload fitted to a trace, as a scenario fragment')
    .addHelpText('after', examples('trace fit trace.swf.gz --out twin.yaml'))
    .option('--out <file>', 'writes the fragment there instead of printing it')
    .action(async (files: string[], flags: TraceFlags & { readonly out?: string }) => {
      const { fitTrace } = await import('../../workloads/inspect.js');
      const { fragmentText } = await import('../fit-text.js');
      const fit = fitTrace(files, requestOf(flags));
      const text = flags.format === 'json' ? undefined : await fragmentText(files, fit);
      if (flags.out !== undefined) {
        const { writeWhole } = await import('../../workloads/bytes/whole-file.js');
        writeWhole(flags.out, text ?? `${JSON.stringify(fit, null, 2)}\n`);
        tell(`fragment written to ${flags.out}`);
      } else if (text === undefined) sayJson(fit);
      else say(text.trimEnd());
    });
}
