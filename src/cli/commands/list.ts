import { type Command, InvalidArgumentError } from 'commander';
import type { OptionSpec } from '../../model/options.js';
import { type CommonFlags, withCommonFlags } from '../flags.js';
import { loadPluginFlags } from '../plugins.js';
import { say, sayJson } from '../terminal.js';

const KINDS = ['allocators', 'bidders', 'orders', 'placements', 'frameworks', 'faults', 'metrics', 'formats'] as const;
type Kind = (typeof KINDS)[number];

const EXAMPLES = `
Examples:
  $ mesosim list
  $ mesosim list allocators
  $ mesosim list formats --format json`;

/** `mesosim list`: what is built in, and what a user's modules add. */
export function addList(program: Command): void {
  const command = program
    .command('list')
    .summary('what is built in')
    .description(
      'Lists allocators, bidders, orders, placements, frameworks, faults, metrics and trace formats with their options.',
    )
    .argument('[kind]', KINDS.join(', '), kindOf)
    .addHelpText('after', EXAMPLES);
  withCommonFlags(command).action(listCommand);
}

interface Listed {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

async function listCommand(kind: Kind | undefined, flags: CommonFlags): Promise<void> {
  await loadPluginFlags(flags);
  const { registries } = await import('../../scenario/plugins.js');
  const { traceFormats } = await import('../../workloads/index.js');
  const { renderTable } = await import('../table.js');
  const found = new Map<Kind, readonly Listed[]>();
  for (const name of kind === undefined ? KINDS : [kind]) {
    found.set(name, name === 'formats' ? traceFormats : (registries[name]?.list() ?? []));
  }
  if (flags.format === 'json') {
    sayJson(Object.fromEntries([...found].map(([name, list]) => [name, list.map(listedObject)])));
    return;
  }
  for (const [name, list] of found) {
    const rows = list.map((entry) => [entry.name, kind === undefined ? entry.summary : details(entry)]);
    say(renderTable([name, ''], rows));
  }
  if (kind === undefined) say(`Options and sources: mesosim list ${KINDS[0]}`);
}

function details(entry: Listed): string {
  const lines = [entry.summary, `source: ${entry.source}`];
  for (const [name, spec] of Object.entries(entry.options)) {
    const range = spec.choices !== undefined ? spec.choices.join(' | ') : spec.type;
    const unit = spec.unit === undefined ? '' : ` ${spec.unit}`;
    lines.push(`  ${name}=${String(spec.default)}${unit} (${range}): ${spec.help}`);
  }
  return lines.join('\n');
}

function listedObject({ name, summary, source, options }: Listed): Listed {
  return { name, summary, source, options };
}

/** `allocator` and `allocators` are the same kind. */
function kindOf(text: string): Kind {
  const kind = KINDS.find((name) => name === text || name === `${text}s`);
  if (kind === undefined) throw new InvalidArgumentError(`It must be one of ${KINDS.join(', ')}.`);
  return kind;
}
