import type { Command } from 'commander';
import type { TraceRequest } from '../../workloads/index.js';
import { type CommonFlags, wholeNumber, withCommonFlags } from '../flags.js';
import { say } from '../terminal.js';

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
  $ mesosim trace inspect trace.swf.gz
  $ mesosim trace validate workload-jobs.csv --strict
  $ mesosim trace convert trace.swf.gz --to native --out converted`;

/** `mesosim trace inspect|validate|convert`. */
export function addTrace(program: Command): void {
  const trace = program
    .command('trace')
    .summary('look into traces')
    .description('What is in a trace, what is wrong with it, and its conversion.')
    .addHelpText('after', EXAMPLES);
  addInspect(trace);
  addValidate(trace);
  addConvert(trace);
}

function addInspect(trace: Command): void {
  withTraceFlags(trace.command('inspect <file...>'))
    .summary('what is in a trace')
    .option('--cpus <n>', 'CPUs of a cluster, for the offered load', Number)
    .option('--mem-mib <n>', 'memory of a cluster in MiB, for the offered load', Number)
    .action(async (files: string[], flags: TraceFlags & { readonly cpus?: number; readonly memMib?: number }) => {
      const { inspectTrace } = await import('../../workloads/inspect.js');
      const { renderTable } = await import('../table.js');
      const totals = {
        ...(flags.cpus === undefined ? {} : { cpus: flags.cpus }),
        ...(flags.memMib === undefined ? {} : { memMib: flags.memMib }),
      };
      const result = inspectTrace(files, requestOf(flags), totals);
      say(
        flags.format === 'json'
          ? `${JSON.stringify(result, null, 2)}\n`
          : `${renderTable(['what', 'value'], flat(result), [false, false])}\n`,
      );
    });
}

function addValidate(trace: Command): void {
  withTraceFlags(trace.command('validate <file...>'))
    .summary('every violation; exit 0 clean, 1 only rows that a run would skip, 2 errors')
    .action(async (files: string[], flags: TraceFlags) => {
      const { validateTrace } = await import('../../workloads/inspect.js');
      const { renderTable } = await import('../table.js');
      const result = validateTrace(files, requestOf(flags));
      if (flags.format === 'json') say(`${JSON.stringify(result, null, 2)}\n`);
      else {
        for (const issue of result.issues) {
          const hint = issue.hint === '' ? '' : `\n  hint: ${issue.hint}`;
          say(
            `${issue.file}:${issue.line}:${issue.column}: ${issue.severity} ${issue.code}: ${issue.message}${hint}\n`,
          );
        }
        say(
          `${renderTable(
            ['code', 'count'],
            Object.entries(result.counts).map(([code, count]) => [code, String(count)]),
            [false, true],
          )}\n`,
        );
      }
      const skips = result.issues.some((issue) => issue.severity === 'skip');
      process.exitCode = result.hasErrors ? 2 : skips ? 1 : 0;
    });
}

function addConvert(trace: Command): void {
  withTraceFlags(trace.command('convert <file...>'))
    .summary('to the native tables or SWF')
    .requiredOption('--out <path>', 'a folder for native, a file for swf')
    .option('--to <format>', 'native or swf', 'native')
    .action(async (files: string[], flags: TraceFlags & { readonly out: string; readonly to: string }) => {
      if (flags.to !== 'native' && flags.to !== 'swf')
        trace.error(`error: --to must be native or swf, got "${flags.to}"`);
      const { convertTrace } = await import('../../workloads/convert.js');
      const { jobs, written } = convertTrace(files, requestOf(flags), flags.to as 'native' | 'swf', flags.out);
      say(
        flags.format === 'json'
          ? `${JSON.stringify({ jobs, written })}\n`
          : `${jobs} jobs written to ${written.join(', ')}\n`,
      );
    });
}

/** Rows of nested values, by path. */
function flat(value: unknown, path = ''): string[][] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  if (Array.isArray(value)) return [[path, value.map(String).join(' ')]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`));
}
