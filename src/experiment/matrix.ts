import { basename } from 'node:path';
import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { fileSafe } from '../results/folder.js';
import type { Scenario } from '../scenario/load.js';
import { registries } from '../scenario/plugins.js';
import type { ScenarioDocument } from '../scenario/schema.js';
import type { Replication } from './replications.js';
import type { PolicyChoice } from './run-request.js';

/** One policy of a comparison: what it sets, and the label by which results name it. */
export interface PolicyEntry extends PolicyChoice {
  readonly label: string;
  readonly allocator: string;
}

/** One run of a comparison. */
export interface Cell {
  readonly scenario: Scenario;
  readonly scenarioName: string;
  readonly policy: PolicyEntry;
  readonly replication: Replication;
}

/** Policies to compare: those named on the command line, else `compare:` of the scenario, else its own one. */
export function policiesOf(document: ScenarioDocument, allocators: readonly string[]): PolicyEntry[] {
  const own = document.policy ?? {};
  const choices: (PolicyChoice & { name?: string | undefined })[] =
    allocators.length > 0 ? allocators.map((allocator) => ({ allocator })) : (document.compare ?? [{}]);
  const entries = choices.map((choice) => {
    const allocator = choice.allocator ?? own.allocator ?? 'drf';
    return { ...choice, allocator, label: choice.name ?? labelOf(allocator, choice) };
  });
  for (const [index, entry] of entries.entries()) {
    checkPolicy(entry);
    if (entries.findIndex((other) => fileSafe(other.label) === fileSafe(entry.label)) !== index) {
      throw new InputError(
        'E_POLICY_TWICE',
        `two policies of the comparison are called "${entry.label}"`,
        {},
        'give one a name of its own',
      );
    }
  }
  return entries;
}

/** The policy that the others are set against: the first, unless one is named by label or allocator. */
export function baselineOf(policies: readonly PolicyEntry[], name: string | undefined): PolicyEntry {
  const found =
    name === undefined
      ? policies[0]
      : (policies.find((entry) => entry.label === name) ?? policies.find((entry) => entry.allocator === name));
  if (found !== undefined) return found;
  const labels = policies.map((entry) => entry.label);
  throw new InputError(
    'E_BASELINE',
    `there is no policy "${name}" in the comparison`,
    {},
    nameHint(name ?? '', labels),
  );
}

/** Names of scenarios, told apart by their files where two have the same. */
export function scenarioNames(scenarios: readonly Scenario[]): string[] {
  const names = scenarios.map((scenario) => scenario.document.name);
  const files = scenarios.map((scenario) => basename(scenario.file).replace(/\.(ya?ml|json)$/, ''));
  return names.map((name, index) => {
    if (names.indexOf(name) === names.lastIndexOf(name)) return name;
    const isFileUnique = files.indexOf(files[index] as string) === files.lastIndexOf(files[index] as string);
    return isFileUnique ? `${name}-${files[index]}` : `${name}-${index + 1}`;
  });
}

function labelOf(allocator: string, choice: PolicyChoice): string {
  const parts = [allocator];
  if (choice.order !== undefined) parts.push(choice.order);
  if (choice.placement !== undefined) parts.push(choice.placement);
  return parts.join('+');
}

function checkPolicy(entry: PolicyEntry): void {
  registries.allocators?.resolve(entry.allocator);
  if (entry.order !== undefined) registries.orders?.resolve(entry.order);
  if (entry.placement !== undefined) registries.placements?.resolve(entry.placement);
}
