import { Command } from 'commander';
import { VERSION } from '../version.js';
import { addAudit } from './commands/audit.js';
import { addCheckCases } from './commands/check-cases.js';
import { addCompare } from './commands/compare.js';
import { addDiff } from './commands/diff.js';
import { addDivide } from './commands/divide.js';
import { addDoctor } from './commands/doctor.js';
import { addExplain } from './commands/explain.js';
import { addInit } from './commands/init.js';
import { addList } from './commands/list.js';
import { addReport } from './commands/report.js';
import { addRerun } from './commands/rerun.js';
import { addRun } from './commands/run.js';
import { addSchema } from './commands/schema.js';
import { addSweep } from './commands/sweep.js';
import { addTrace } from './commands/trace.js';
import { reportFailure } from './failure.js';

const EXAMPLES = `
Examples:
  $ mesosim run scenarios/quick-start.yaml
  $ mesosim compare scenarios/quick-start.yaml --allocators drf,market-uniform,priority --seeds 1..5
  $ mesosim trace inspect trace.swf.gz
  $ mesosim list allocator

Exit codes: 0 done · 1 a check or a run failed · 2 wrong input or usage · 70 broken invariant · 130 interrupted`;

/** The whole command line. Modules that do work are imported by the command that needs them, so that help starts at once. */
function buildProgram(): Command {
  const program = new Command('mesosim');
  program
    .description('deterministic discrete-event simulator of Mesos-style clusters')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showSuggestionAfterError(true)
    .addHelpText('after', EXAMPLES);
  for (const add of [
    addRun,
    addCompare,
    addSweep,
    addTrace,
    addReport,
    addList,
    addSchema,
    addInit,
    addRerun,
    addExplain,
    addDiff,
    addDivide,
    addAudit,
    addCheckCases,
    addDoctor,
  ]) {
    add(program);
  }
  for (const command of [program, ...program.commands, ...program.commands.flatMap((child) => child.commands)]) {
    command.exitOverride();
    command.configureHelp({ helpWidth: 110 });
  }
  return program;
}

/** Runs one command line and returns its exit code (DESIGN §10). */
export async function runProgram(words: readonly string[]): Promise<number> {
  const program = buildProgram();
  try {
    await program.parseAsync([...words], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return reportFailure(error);
  }
}
