import type { Command } from 'commander';
import type { AllotmentView, DivideView } from '../../experiment/divide/view.js';
import { withCommonFlags } from '../flags.js';
import { renderTable, shown } from '../table.js';
import { say } from '../terminal.js';

const EXAMPLES = `
Examples:
  $ mesosim divide problem.json
  $ mesosim divide problem.json --policy asset-fair --format json
  $ mesosim divide auction.json --policy "market-uniform[rule=clock,start=0.5,step=0.25]"
  $ mesosim divide --schema > divide.schema.json

Policies: drf asset-fair max-min ceei fisher base-rule market-first-price market-uniform market-vcg
market-proportional kelly tycoon. The form of a problem is in docs/divide.md.`;

/** How a division is asked for. */
export interface DivideFlags {
  readonly policy: string;
  readonly format: 'table' | 'json';
}

/** `mesosim divide`: static division with its fairness audit. */
export function addDivide(program: Command): void {
  withCommonFlags(program.command('divide [problem]'))
    .summary('divide resources by a policy and audit the result')
    .description('Divides a problem file (resources and users) by one policy and says what the division guarantees.')
    .option('--policy <policy>', 'name[option=value,…]', 'drf')
    .option('--schema', 'print the JSON Schema of problem files')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string | undefined, flags: DivideFlags & { readonly schema?: boolean }) => {
      if (flags.schema === true) {
        const { problemJsonSchema } = await import('../../experiment/divide.js');
        say(`${JSON.stringify(problemJsonSchema(), null, 2)}\n`);
        return;
      }
      if (path === undefined) program.error('error: a problem file is missing');
      say(await divideCommand(path as string, flags));
    });
}

/** The text that `mesosim divide PROBLEM` prints. Throws InputError for a bad problem or policy. */
export async function divideCommand(path: string, flags: DivideFlags): Promise<string> {
  const { divide, loadProblem, viewOf } = await import('../../experiment/divide.js');
  const problem = loadProblem(path);
  const view = viewOf(problem, divide(problem, flags.policy));
  return flags.format === 'json' ? `${JSON.stringify(view, null, 2)}\n` : `${render(view)}\n`;
}

function render(view: DivideView): string {
  const parts = [`policy ${view.policy}`];
  if (view.fractional !== undefined) parts.push('', 'fractional', renderAllotment(view, view.fractional));
  if (view.whole !== undefined) parts.push('', 'whole tasks', renderAllotment(view, view.whole));
  const { prices } = view;
  if (prices !== undefined) {
    const rows = Object.entries(prices).map(([name, price]) => [name, withExact(price, view.pricesExact?.[name])]);
    parts.push('', 'prices', renderTable(['resource', 'price per unit'], rows, [false, true]));
  }
  for (const note of view.notes) parts.push(`note: ${note}`);
  const audit = view.audit.map((finding) => [finding.property, finding.verdict, finding.detail]);
  parts.push('', 'audit', renderTable(['property', 'verdict', 'detail'], audit));
  return parts.join('\n');
}

function renderAllotment(view: DivideView, allotment: AllotmentView): string {
  const names = Object.keys(view.resources);
  const hasTasks = allotment.users.some((user) => user.tasks !== undefined);
  const hasPayments = allotment.users.some((user) => user.payment !== undefined);
  const head = ['user', ...(hasTasks ? ['tasks'] : []), ...names, 'dominant share', ...(hasPayments ? ['pays'] : [])];
  const rows = allotment.users.map((user) => [
    user.name,
    ...(hasTasks ? [withExact(user.tasks ?? Number.NaN, user.exact['tasks'])] : []),
    ...names.map((name) => shown(user.amounts[name] as number)),
    withExact(user.dominantShare, user.exact['dominantShare']),
    ...(hasPayments ? [withExact(user.payment ?? Number.NaN, user.exact['payment'])] : []),
  ]);
  const blank = hasPayments ? [''] : [];
  const left = [
    'left over',
    ...(hasTasks ? [''] : []),
    ...names.map((name) => shown(allotment.leftover[name] as number)),
  ];
  const total = allotment.value === undefined ? '' : `\nvalue ${withExact(allotment.value, allotment.valueExact)}`;
  return `${renderTable(
    head,
    [...rows, [...left, '', ...blank]],
    head.map((_, column) => column > 0),
  )}${total}`;
}

/** `2.52 = 63/25` where the exact value is no whole number. */
function withExact(value: number, exact: unknown): string {
  return typeof exact === 'string' && exact.includes('/') ? `${shown(value)} = ${exact}` : shown(value);
}
