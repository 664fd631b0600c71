import type { Command } from 'commander';
import type { AuditReport } from '../../experiment/audit.js';
import { type ScenarioFlags, seedList, withScenarioFlags } from '../flags.js';
import { loadPluginFlags } from '../plugins.js';
import { renderTable, shown } from '../table.js';
import { say } from '../terminal.js';

const EXAMPLES = `
Examples:
  $ mesosim audit scenarios/audit.yaml
  $ mesosim audit scenarios/audit.yaml --allocator tetris --seeds 1..10 --format json

Exit codes: 0 nothing found · 1 somebody gains by lying, envies another, or is worse off than alone · 2 wrong input`;

interface AuditFlags extends ScenarioFlags {
  readonly seeds: readonly number[];
  readonly allocator?: string;
}

/** `mesosim audit SCENARIO`: the fairness properties of a policy, measured by counterfactual runs. */
export function addAudit(program: Command): void {
  withScenarioFlags(program.command('audit <scenario>'))
    .summary('who gains by lying, envies another, or is worse off than alone')
    .description(
      'Replays a scenario with one framework alone, lying, or with the bundle of another, on the same random numbers.',
    )
    .option('--allocator <policy>', 'name[option=value,…] instead of the scenario’s')
    .option('--seeds <list>', 'such as 1..10 or 1,4,9', seedList, [1, 2, 3, 4, 5])
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: AuditFlags) => {
      await loadPluginFlags(flags);
      const { audit, isClean } = await import('../../experiment/audit.js');
      const { loadScenario } = await import('../../scenario/load.js');
      const report = audit(loadScenario(path, flags.set), flags.seeds, flags.allocator);
      say(flags.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : `${render(report)}\n`);
      if (!isClean(report)) process.exitCode = 1;
    });
}

function render(report: AuditReport): string {
  const head = [
    'framework',
    'counterfactual',
    'response (s)',
    'then (s)',
    'difference (s)',
    '95 % interval',
    'so it is',
  ];
  const rows = report.rows.map((row) => [
    row.framework,
    row.counterfactual === 'bundle' ? `bundle of ${row.other}` : row.counterfactual,
    shown(row.base_response_s),
    shown(row.response_s),
    shown(row.difference_s),
    Number.isFinite(row.low_s) ? `${shown(row.low_s)} … ${shown(row.high_s)}` : '–',
    row.verdict,
  ]);
  const right = head.map((_, column) => column >= 2 && column <= 5);
  const list = (label: string, entries: readonly string[]): string =>
    `${label.padEnd(18)}${entries.length === 0 ? 'nobody' : entries.join(', ')}`;
  return [
    `${report.scenario}: allocator ${report.allocator}, seeds ${report.seeds.join(', ')}`,
    renderTable(head, rows, right),
    list(
      'gains by lying',
      report.gains_by_lying.map(({ framework, lie }) => `${framework} (${lie})`),
    ),
    list(
      'envies',
      report.envies.map(({ framework, other }) => `${framework} → ${other}`),
    ),
    list('worse than alone', report.worse_than_alone),
  ].join('\n');
}
