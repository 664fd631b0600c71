import type { Command } from 'commander';
import type { Scenario } from '../../scenario/load.js';
import { EXIT_CHECK_FAILED } from '../failure.js';
import { type ScenarioFlags, wholeNumber, withScenarioFlags } from '../flags.js';
import { HeapBounds } from '../memory.js';
import { loadPluginFlags } from '../plugins.js';
import { interruptSignal, say, sayJson, tell } from '../terminal.js';

interface RunFlags extends ScenarioFlags {
  readonly allocator?: string;
  readonly order?: string;
  readonly placement?: string;
  readonly execute?: string;
  readonly duration?: string;
  readonly seed?: number;
  readonly out?: string;
  readonly force?: true;
  readonly events?: true;
  readonly offers?: true;
  readonly invariants?: true;
  readonly naive?: true;
  readonly until?: string;
  readonly forkAt?: string;
}

const EXAMPLES = `
Examples:
  $ mesosim run scenarios/quick-start.yaml
  $ mesosim run scenarios/quick-start.yaml --allocator 'priority[preemption=true]' --seed 7 --out out/priority --force
  $ mesosim run scenarios/quick-start.yaml --set network.delay=1ms --events --offers
  $ mesosim run scenarios/quick-start.yaml --fork-at '1 h' --set policy.allocator=priority
  $ mesosim run --execute 'cpus:2;mem:1024;disk:512' --duration '90 s'`;

/** `mesosim run`: one run, a one-screen summary and the folder of its results. */
export function addRun(program: Command): void {
  const command = program
    .command('run')
    .summary('run one scenario')
    .description('Runs one scenario, prints a one-screen summary and writes a result folder.')
    .argument('[scenario]', 'scenario file (YAML or JSON)')
    .option('--allocator <policy>', "allocator instead of the scenario's, such as drf or priority[preemption=true]")
    .option('--order <policy>', "order instead of the scenario's")
    .option('--placement <policy>', "placement instead of the scenario's")
    .option('--execute <resources>', "instead of a scenario: one task on one default agent, such as 'cpus:2;mem:1024'")
    .option('--duration <time>', 'run time of the task of --execute', '60 s')
    .option('--seed <n>', "seed instead of the scenario's", wholeNumber(0))
    .option('--out <dir>', 'result folder (default: results/<scenario>/<policy>-s<seed>)')
    .option('--force', 'replace an earlier result folder')
    .option('--events', 'write events.csv')
    .option('--offers', 'write offers.csv')
    .option('--invariants', 'check the books after every event (slow)')
    .option('--naive', 'take no short cuts: the slow twin of the engine, for tests')
    .option('--until <time>', 'stop at this simulated time')
    .option('--fork-at <time>', 'share the past of the run up to this simulated time; --set applies from then on')
    .addHelpText('after', EXAMPLES);
  withScenarioFlags(command).action(runCommand);
}

async function runCommand(file: string | undefined, flags: RunFlags, command: Command): Promise<void> {
  if ((file === undefined) === (flags.execute === undefined)) {
    command.error('error: give either a scenario file or --execute RESOURCES');
  }
  const signal = interruptSignal();
  const heap = new HeapBounds();
  await loadPluginFlags(flags);
  const { loadScenario } = await import('../../scenario/load.js');
  const { defaultFolder, runScenario } = await import('../../scenario/run.js');
  const { parseDurationUs } = await import('../../model/units.js');
  const { ProgressBoard } = await import('../../experiment/progress-board.js');
  const { Progress } = await import('../progress.js');
  const { readerNotes, summaryScreen } = await import('../summary-table.js');
  const load = async (overrides: readonly string[]): Promise<Scenario> =>
    file === undefined ? executeScenario(flags, overrides) : loadScenario(file, overrides);
  const scenario = await load(flags.forkAt === undefined ? flags.set : []);
  const fork =
    flags.forkAt === undefined
      ? undefined
      : {
          atUs: parseDurationUs(flags.forkAt, '--fork-at'),
          overrides: flags.set,
          scenario: await load(flags.set),
        };
  const label = labelOf(flags, scenario);
  const board = ProgressBoard.of(1);
  const progress = new Progress();
  await progress.show(board);
  try {
    const result = await runScenario(scenario, {
      allocator: flags.allocator,
      order: flags.order,
      placement: flags.placement,
      seed: flags.seed,
      out: flags.out ?? defaultFolder(scenario, label, flags.seed ?? scenario.document.seed),
      isExplicitOut: flags.out !== undefined,
      force: flags.force === true,
      extraMetrics: [...(flags.events === true ? ['events'] : []), ...(flags.offers === true ? ['offers'] : [])],
      checksInvariants: flags.invariants === true,
      isNaive: flags.naive === true,
      untilUs: flags.until === undefined ? undefined : parseDurationUs(flags.until, '--until'),
      fork,
      signal,
      onProgress: ({ jobsArrived, jobsLive, nowUs }) => {
        heap.fit(jobsLive);
        board.note(0, jobsArrived, nowUs);
        void progress.show(board);
      },
    });
    board.finish(0);
    progress.stop();
    for (const note of readerNotes(result)) tell(`note: ${note}`);
    if (flags.format === 'json') sayJson(resultObject(result));
    else say(`${summaryScreen(result)}\nresults in    ${result.folder}`);
    for (const check of result.failedChecks) tell(`check failed: ${check}`);
    if (result.failedChecks.length > 0) process.exitCode = EXIT_CHECK_FAILED;
  } finally {
    progress.stop();
  }
}

/** Names the default folder of results: the policy, and how the run was forked. */
function labelOf(flags: RunFlags, { document }: Scenario): string {
  const slots = [flags.allocator ?? document.policy?.allocator ?? 'drf', flags.order, flags.placement];
  const policy = slots.filter((slot) => slot !== undefined).join('+');
  return flags.forkAt === undefined ? policy : [policy, 'fork', flags.forkAt, ...flags.set].join('-');
}

/** `--execute 'cpus:2;mem:1024'`: one task on one agent that it fits, without a file. */
async function executeScenario(flags: RunFlags, overrides: readonly string[]): Promise<Scenario> {
  const { executeText } = await import('../execute.js');
  const { parseScenario } = await import('../../scenario/load.js');
  return parseScenario(executeText(flags.execute ?? '', flags.duration ?? '60 s'), '--execute', overrides);
}

type Result = Awaited<ReturnType<typeof import('../../scenario/run.js')['runScenario']>>;

/** What `--format json` prints: stable keys. */
function resultObject(result: Result): Record<string, unknown> {
  return {
    scenario: result.scenario,
    policy: result.policy,
    seed: result.seed,
    folder: result.folder,
    replay_digest: result.digest,
    end_s: result.endS,
    failed_checks: result.failedChecks,
    summary: result.summary.map(({ scope, name, metric, unit, value, n, nCensored }) => ({
      scope,
      name,
      metric,
      unit,
      value: Number.isFinite(value) ? value : null,
      n: n ?? null,
      n_censored: nCensored ?? null,
    })),
  };
}
