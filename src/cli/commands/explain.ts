import type { Command } from 'commander';
import type { AttemptStory, TaskStory } from '../../experiment/explain.js';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { loadPluginFlags } from '../plugins.js';
import { interruptSignal, say, sayJson } from '../terminal.js';

const EXAMPLES = `
Examples:
  $ mesosim explain results/tiny/drf-s1 job-7/0
  $ mesosim explain results/tiny/drf-s1 job-7/0 --format json`;

/** `mesosim explain`: repeats a run and tells, second by second, why one task waited. */
export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .summary('why a task waited')
    .description(
      'Repeats a run from its manifest, watches one task, and charges every second of its waiting to one cause of waits.csv.',
    )
    .argument('<dir>', 'folder of a run')
    .argument('<task>', 'task_id, as in tasks.csv')
    .option('--folder <dir>', "folder that the scenario's paths are relative to (default: as in the manifest)")
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(
    async (dir: string, task: string, flags: CommonFlags & { readonly folder?: string }) => {
      const signal = interruptSignal();
      await loadPluginFlags(flags);
      const { explainTask } = await import('../../experiment/explain.js');
      const story = await explainTask(dir, task, { folder: flags.folder, signal });
      if (flags.format === 'json') sayJson(story);
      else say(inWords(story));
    },
  );
}

function inWords(story: TaskStory): string {
  const { task, framework, role, submitS, firstOfferS } = story;
  const offered = firstOfferS === undefined ? 'no offer came' : `first offers at ${firstOfferS} s`;
  const head = `task ${task} of framework ${framework} (role ${role}): submitted at ${submitS} s, ${offered}`;
  return [head, ...story.attempts.flatMap(attemptLines)].join('\n');
}

function attemptLines(attempt: AttemptStory): string[] {
  const waitedS = attempt.spans.reduce((sum, { fromS, toS }) => sum + (toS - fromS), 0);
  const begin = attempt.startS === undefined ? 'never started' : `started at ${attempt.startS} s on ${attempt.agent}`;
  const end = attempt.endS === undefined ? attempt.state : `${attempt.state} at ${attempt.endS} s`;
  const reason = attempt.reason === '' ? '' : ` (${attempt.reason})`;
  const lines = attempt.spans.map(({ fromS, toS, cause, detail }) => {
    const from = `${fromS} s`.padStart(16);
    const lasts = `${Number((toS - fromS).toFixed(6))} s`.padStart(14);
    return `${from}${lasts}  ${cause.padEnd(17)}  ${detail}`.trimEnd();
  });
  const causes = [...new Set(attempt.spans.map(({ cause }) => cause))];
  const sums = causes.map((cause) => {
    const seconds = attempt.spans.reduce((sum, span) => sum + (span.cause === cause ? span.toS - span.fromS : 0), 0);
    return `${cause} ${Number(seconds.toFixed(6))} s`;
  });
  const total = `waited ${Number(waitedS.toFixed(6))} s${sums.length > 0 ? `: ${sums.join(', ')}` : ''}`;
  return [`attempt ${attempt.attempt}: ${begin}, ${end}${reason}; ${total}`, ...lines];
}
