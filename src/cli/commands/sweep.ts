import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import type { ParetoFront } from '../../experiment/pareto.js';
import { type CommonFlags, wholeNumber, withCommonFlags } from '../flags.js';
import { loadPluginFlags } from '../plugins.js';
import { interruptSignal, say, sayJson } from '../terminal.js';

interface SweepFlags extends CommonFlags {
  readonly shard: { readonly part: number; readonly of: number };
  readonly resume?: true;
  readonly dryRun?: true;
  readonly jobs: number;
  readonly out?: string;
}

const EXAMPLES = `
An experiment file:
  name: load-study
  scenario: quick-start.yaml
  axes: { workload.load: [0.5, 0.8, 1], policy.allocator: [drf, "priority[preemption=true]"] }
  seeds: 1..5
  pareto: [wait_s_mean, { metric: jain_dominant_share, better: more }]

Examples:
  $ mesosim sweep load-study.yaml --dry-run
  $ mesosim sweep load-study.yaml --jobs 4
  $ mesosim sweep load-study.yaml --shard 2/8 --out shard-2     (one of eight machines)
  $ mesosim merge shard-1 shard-2 --out all`;

/** `mesosim sweep`: a grid of settings; `mesosim merge`: parts of one brought together. */
export function addSweep(program: Command): void {
  const command = program
    .command('sweep')
    .summary('run a grid of settings')
    .description(
      'Runs every point of a grid with every seed and writes sweep.csv. An interrupted sweep goes on with --resume.',
    )
    .argument('<experiment>', 'experiment file (YAML or JSON)')
    .option('--shard <k/n>', "this machine's part of the grid", shardOf, { part: 1, of: 1 })
    .option('--resume', 'keep the runs that are there')
    .option('--dry-run', 'list the runs and end')
    .option('--jobs <n>', 'runs at the same time', wholeNumber(1, 1024), availableParallelism())
    .option('--out <dir>', 'result folder (default: results/<name>/sweep)')
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(sweepCommand);
  const merge = program
    .command('merge')
    .summary('bring the shards of a sweep together')
    .description('Moves the runs of several shards into one folder and writes its sweep.csv.')
    .argument('<dir...>', 'folders of shards')
    .requiredOption('--out <dir>', 'folder to bring them into')
    .addHelpText('after', '\nExample:\n  $ mesosim merge shard-1 shard-2 --out all');
  withCommonFlags(merge).action(async (folders: string[], flags: CommonFlags & { readonly out: string }) => {
    const { merge: bringTogether } = await import('../../experiment/sweep.js');
    const outcome = await bringTogether(folders, flags.out);
    if (flags.format === 'json') sayJson(outcome);
    else {
      await sayFront(outcome.pareto);
      say(`${outcome.folder}: ${outcome.ran} runs moved, ${outcome.missing} still missing`);
    }
  });
}

async function sweepCommand(file: string, flags: SweepFlags): Promise<void> {
  const signal = interruptSignal();
  const plugins = await loadPluginFlags(flags);
  const { cellsOf, sweep } = await import('../../experiment/sweep.js');
  if (flags.dryRun === true) {
    const { loadExperiment } = await import('../../experiment/sweep-plan.js');
    const plan = loadExperiment(file);
    const cells = cellsOf(plan, flags.shard);
    if (flags.format === 'json') sayJson({ ...plan, cells });
    else say([...cells.map((cell) => cell.label), `${cells.length} of ${plan.cells.length} runs`].join('\n'));
    return;
  }
  const { Progress } = await import('../progress.js');
  const progress = new Progress();
  try {
    const outcome = await sweep({
      experimentFile: file,
      plugins,
      out: flags.out,
      resume: flags.resume === true,
      shard: flags.shard,
      jobs: flags.jobs,
      signal,
      onProgress: (board) => void progress.show(board),
    });
    progress.stop();
    if (flags.format === 'json') sayJson(outcome);
    else {
      await sayFront(outcome.pareto);
      say(
        `${outcome.ran} runs done, ${outcome.kept} kept, ${outcome.missing} still missing\nresults in ${outcome.folder}/sweep.csv`,
      );
    }
  } finally {
    progress.stop();
  }
}

/** The points of the grid with their means, those of the Pareto front marked, the others with one that is better. */
async function sayFront(front: ParetoFront | undefined): Promise<void> {
  if (front === undefined) return;
  const { renderTable, shown } = await import('../table.js');
  const { axes, objectives, points } = front;
  const head = [
    'point',
    ...axes.map((axis) => axis.split('.').at(-1) ?? axis),
    ...objectives.map(({ metric, better }) => `${metric} (${better})`),
    'front',
  ];
  const rows = points.map(({ values, means, isOnFront, dominatedBy }, index) => {
    const mark = isOnFront === undefined ? '–' : isOnFront ? '*' : `worse than ${dominatedBy}`;
    return [String(index), ...values, ...means.map(shown), mark];
  });
  const isNumber = (column: number): boolean => column > axes.length && column <= axes.length + objectives.length;
  say(
    renderTable(
      head,
      rows,
      head.map((_, column) => column === 0 || isNumber(column)),
    ),
  );
  say('* on the Pareto front: no other point is as good in everything and better in something (means over seeds)');
}

function shardOf(text: string): { part: number; of: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const part = Number(match?.[1]);
  const of = Number(match?.[2]);
  if (match === null || part < 1 || part > of)
    throw new InvalidArgumentError(`It must be k/n with k from 1 to n, got "${text}".`);
  return { part, of };
}
