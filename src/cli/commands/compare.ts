import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { EXIT_CHECK_FAILED } from '../failure.js';
import { type ScenarioFlags, seedList, wholeNumber, withScenarioFlags } from '../flags.js';
import { loadPluginFlags } from '../plugins.js';
import { interruptSignal, say, sayJson, tell } from '../terminal.js';

interface CompareFlags extends ScenarioFlags {
  readonly allocators: string;
  readonly seeds: readonly number[];
  readonly replicate: string;
  readonly baseline?: string;
  readonly jobs: number;
  readonly out?: string;
  readonly force?: true;
  readonly invariants?: true;
  readonly until?: string;
  readonly figures: boolean;
}

const EXAMPLES = `
Examples:
  $ mesosim compare scenarios/quick-start.yaml
  $ mesosim compare scenarios/quick-start.yaml --allocators 'drf,market-uniform,priority[preemption=true]' --seeds 1..5
  $ mesosim compare trace-a.yaml trace-b.yaml --replicate windows:6 --baseline drf --jobs 2 --out out/study

Replications: "seeds" repeats every run with other seeds (on a trace this varies chance only), "windows:N" cuts the trace into N spans.`;

/** `mesosim compare`: every policy on the same workloads. */
export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .summary('run several policies on the same workload and set them side by side')
    .description(
      'Runs every policy on the same workloads; prints a table and writes CSV, figures, LaTeX tables and a page.',
    )
    .argument('<scenario...>', 'scenario files')
    .option('--allocators <list>', "allocators, separated by commas (default: the scenario's compare:)", '')
    .option('--seeds <list>', "seeds such as 1..10 (default: the scenario's)", seedList, [])
    .option('--replicate <plan>', 'seeds, windows:N or resample:N', 'seeds')
    .option('--baseline <policy>', 'policy that the others are set against (default: the first)')
    .option('--jobs <n>', 'runs at the same time', wholeNumber(1, 1024), availableParallelism())
    .option('--out <dir>', 'result folder (default: results/<scenario>/compare)')
    .option('--force', 'replace an earlier result folder')
    .option('--invariants', 'check the books after every event (slow)')
    .option('--until <time>', 'stop every run at this simulated time')
    .option('--no-figures', 'write no figures, tables and page')
    .addHelpText('after', EXAMPLES);
  withScenarioFlags(command).action(compareCommand);
}

async function compareCommand(files: readonly string[], flags: CompareFlags): Promise<void> {
  const signal = interruptSignal();
  const plugins = await loadPluginFlags(flags);
  const { splitTopLevel } = await import('../../model/plugin.js');
  const { compare } = await import('../../experiment/compare.js');
  const { comparisonObject, comparisonScreen } = await import('../comparison-table.js');
  const { readerNotes } = await import('../summary-table.js');
  const { Progress } = await import('../progress.js');
  const progress = new Progress();
  try {
    const comparison = await compare({
      scenarioFiles: files,
      overrides: flags.set,
      plugins,
      allocators: splitTopLevel(flags.allocators),
      seeds: flags.seeds,
      replicate: flags.replicate,
      baseline: flags.baseline,
      jobs: flags.jobs,
      out: flags.out,
      force: flags.force === true,
      extraMetrics: [],
      checksInvariants: flags.invariants === true,
      until: flags.until,
      signal,
      onProgress: (board) => void progress.show(board),
      finish: flags.figures ? writeReport : undefined,
    });
    progress.stop();
    for (const note of new Set(comparison.runs.flatMap(({ result }) => readerNotes(result)))) tell(`note: ${note}`);
    if (flags.format === 'json') sayJson(comparisonObject(comparison));
    else say(comparisonScreen(comparison));
    const failed = comparison.runs.flatMap(({ cell, result }) =>
      result.failedChecks.map(
        (check) => `${cell.scenarioName}, ${cell.policy.label}, ${cell.replication.label}: ${check}`,
      ),
    );
    for (const line of failed) tell(`check failed: ${line}`);
    if (failed.length > 0) process.exitCode = EXIT_CHECK_FAILED;
  } finally {
    progress.stop();
  }
}

async function writeReport(folder: string): Promise<void> {
  const { reportFolder } = await import('../../report/report.js');
  await reportFolder(folder);
}
