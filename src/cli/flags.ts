import { type Command, InvalidArgumentError, Option } from 'commander';

/** What every command takes. */
export interface CommonFlags {
  readonly plugin: readonly string[];
  readonly format: 'table' | 'json';
}

/** What every command that reads a scenario takes besides. */
export interface ScenarioFlags extends CommonFlags {
  readonly set: readonly string[];
}

/** `--plugin FILE` and `--format`. */
export function withCommonFlags(command: Command): Command {
  return command
    .option('--plugin <file...>', 'modules with plugins of your own', collect, [])
    .addOption(
      new Option('--format <format>', 'a table to read, or JSON for programs')
        .choices(['table', 'json'])
        .default('table'),
    );
}

/** `--set path=value`, and what every command takes. */
export function withScenarioFlags(command: Command): Command {
  return withCommonFlags(
    command.option('--set <path=value...>', 'override a key of the scenario, such as network.delay=1ms', collect, []),
  );
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** A whole number within bounds; anything else is wrong usage (exit 2). */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== '') return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}, got "${text}".`);
  };
}

/** `1..10`, `1,4,9` or a mix of both. */
export function seedList(text: string): number[] {
  const seeds: number[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)(?:\.\.(\d+))?\s*$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || to < from || to - from >= 10_000) {
      throw new InvalidArgumentError(`It must be seeds such as 1..10 or 1,4,9, got "${text}".`);
    }
    for (let seed = from; seed <= to; seed++) if (!seeds.includes(seed)) seeds.push(seed);
  }
  return seeds;
}
