import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { metrics } from '../metrics/index.js';
import { parseDurationUs } from '../model/units.js';
import { templateMistake } from './routing.js';
import type { ScenarioDocument } from './schema.js';
import type { Path, Places } from './text-document.js';

const CHECK = /^\s*(?:([\w-]+):(\S+)\s+)?(\w+)\s*(<=|>=|<|>|==)\s*([\d.eE+-]+)\s*$/;

/** A condition on the summary, taken apart. */
export interface Check {
  readonly scope: string;
  readonly name: string;
  readonly metric: string;
  readonly operator: string;
  readonly bound: number;
}

/** `wait_s_p95 < 60` on cluster metrics, or `framework:web wait_s_p95 < 60`; undefined when it is neither. */
export function parsedCheck(text: string): Check | undefined {
  const [, scope = 'cluster', name = '', metric = '', operator = '', bound] = CHECK.exec(text) ?? [];
  return Number.isFinite(Number(bound)) ? { scope, name, metric, operator, bound: Number(bound) } : undefined;
}

/** Mistakes in how the values of a scenario go together, and in the names that they use. */
export function checkScenario(document: ScenarioDocument, places: Places): InputError[] {
  const errors: InputError[] = [];
  const add = (code: string, rule: string, path: Path, hint = ''): void => {
    errors.push(new InputError(code, rule, places.ofValue(path), hint));
  };
  checkFrameworks(document, add);
  checkTimes(document, add);
  for (const [index, name] of (document.metrics?.off ?? []).entries()) {
    if (metrics.has(name)) continue;
    add('E_PLUGIN_UNKNOWN', `there is no metric "${name}"`, ['metrics', 'off', index], nameHint(name, metrics.names()));
  }
  for (const [index, check] of (document.checks ?? []).entries()) {
    if (parsedCheck(check) !== undefined) continue;
    const rule = `a check must be written metric < number, got "${check}"`;
    add('E_CHECK', rule, ['checks', index], 'such as "wait_s_p95 < 60" or "framework:web wait_s_p95 < 60"');
  }
  return errors;
}

type Add = (code: string, rule: string, path: Path, hint?: string) => void;

function checkFrameworks({ frameworks = [] }: ScenarioDocument, add: Add): void {
  const names = new Set<string>();
  for (const [index, { name }] of frameworks.entries()) {
    const mistake = templateMistake(name);
    if (mistake !== undefined) add('E_SCENARIO_VALUE', mistake.rule, ['frameworks', index, 'name'], mistake.hint);
    else if (!name.includes('{') && names.has(name))
      add('E_SCENARIO', `two frameworks have the name "${name}"`, ['frameworks', index, 'name']);
    names.add(name);
  }
}

function checkTimes(document: ScenarioDocument, add: Add): void {
  const us = (value: string | number | undefined): number | undefined =>
    value === undefined ? undefined : parseDurationUs(String(value));
  const untilUs = us(document.until);
  const warmupUs = us(document.metrics?.warmup);
  if (untilUs !== undefined && warmupUs !== undefined && warmupUs >= untilUs)
    add('E_SCENARIO', `metrics.warmup must end before until, got "${document.metrics?.warmup}"`, ['metrics', 'warmup']);
  const windows: [ScenarioDocument['workload']['window'], Path][] = [
    [document.workload.window, ['workload', 'window']],
  ];
  for (const [index, { window }] of (document.workload.merge ?? []).entries())
    windows.push([window, ['workload', 'merge', index, 'window']]);
  for (const [window, path] of windows) {
    if (window?.to === undefined || (us(window.to) as number) > (us(window.from) ?? 0)) continue;
    add('E_SCENARIO', `${path.join('.')}.to must be after its from, got "${window.to}"`, [...path, 'to']);
  }
}
