import { basename, dirname } from 'node:path';
import { InputError } from '../core/errors.js';
import type { OptionSpecs } from '../model/options.js';
import { checkAllocation } from './check-allocation.js';
import { checkScenario } from './check-scenario.js';
import { checkWorkload } from './check-workload.js';
import { checked, collected } from './explain.js';
import { registries } from './plugins.js';
import { frameworkSchema, type ScenarioDocument, scenarioSchema, type WorkloadPart } from './schema.js';
import { type Path, type Places, readDocument, readText } from './text-document.js';

/** A checked scenario and the folder that its paths are relative to. */
export interface Scenario {
  readonly document: ScenarioDocument;
  readonly file: string;
  readonly folder: string;
  /** Where its values stand, for mistakes that show only later. */
  readonly places?: Places | undefined;
}

/** Reads a scenario file (YAML or JSON). Throws InputErrors with file:line:column for each mistake, at most 20. */
export function loadScenario(path: string, overrides: readonly string[] = []): Scenario {
  return parseScenario(readText(path, 'scenario'), path, overrides);
}

const DIALECT = {
  whole: 'the scenario',
  unknownKey: 'E_KEY_UNKNOWN',
  missingKey: 'E_KEY_MISSING',
  wrongValue: 'E_SCENARIO_VALUE',
};

/** Checks a scenario given as text; `path` names it in messages and anchors its relative paths. */
export function parseScenario(text: string, path: string, overrides: readonly string[] = []): Scenario {
  const written = readDocument(text, path);
  const { value, places } = written;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError('E_SCENARIO', 'a scenario must be a mapping of keys', { file: path, line: 1, column: 1 });
  }
  for (const override of overrides) applyOverride(value as Record<string, unknown>, override, places);
  nameNull(value as Record<string, unknown>);
  gatherOptions(value as Record<string, unknown>);
  const document = checked(scenarioSchema, written, DIALECT);
  checkWhole(document, places);
  checkPolicies(document, places);
  const errors = [checkScenario, checkWorkload, checkAllocation].flatMap((check) => check(document, places));
  if (errors.length > 0) throw collected(errors);
  return { document, file: basename(path), folder: dirname(path), places };
}

/** YAML reads the name of the allocator `null` as no value. */
function nameNull({ policy, compare }: Record<string, unknown>): void {
  for (const slots of [policy, ...(Array.isArray(compare) ? compare : [])]) {
    const isNull =
      typeof slots === 'object' && slots !== null && (slots as Record<string, unknown>)['allocator'] === null;
    if (isNull) (slots as Record<string, unknown>)['allocator'] = 'null';
  }
}

/** Options of a framework's kind may stand beside its other keys, as those of faults do: `{ name: web, type: marathon, apps: a.json }`. */
function gatherOptions({ frameworks }: Record<string, unknown>): void {
  if (!Array.isArray(frameworks)) return;
  for (const [index, entry] of (frameworks as unknown[]).entries()) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) continue;
    const { type, options } = entry as Record<string, unknown>;
    const known = optionsOfKind(type);
    const isOption = ([key]: [string, unknown]): boolean =>
      Object.hasOwn(known, key) && !Object.hasOwn(frameworkSchema.shape, key);
    const beside = Object.entries(entry).filter(isOption);
    if (beside.length === 0) continue;
    const rest = Object.entries(entry).filter((pair) => !isOption(pair));
    frameworks[index] = {
      ...Object.fromEntries(rest),
      options: { ...(options as object | undefined), ...Object.fromEntries(beside) },
    };
  }
}

function optionsOfKind(type: unknown): OptionSpecs {
  const kind = /^\s*([\w-]+)/.exec(typeof type === 'string' ? type : 'batch')?.[1] ?? '';
  const kinds = registries['frameworks'];
  return kinds?.has(kind) === true ? kinds.get(kind).options : {};
}

/** Conditions that span keys. */
function checkWhole(document: ScenarioDocument, places: Places): void {
  const { trace, synthetic, jobs, merge } = document.workload;
  // Frameworks other than batch bring work of their own, so that neither is needed.
  const isBatchOnly = (document.frameworks ?? []).every(({ type }) => /^\s*batch\b/.test(type));
  const isNeeded = jobs === undefined && merge === undefined && isBatchOnly;
  if (trace === undefined ? synthetic === undefined && isNeeded : synthetic !== undefined) {
    const place = places.ofKey([], 'workload');
    throw new InputError(
      'E_SCENARIO',
      'workload needs a trace, a synthetic part or jobs; not a trace and a synthetic part together',
      place,
    );
  }
  checkSynthetic(document, ['workload'], places);
  for (const [index, part] of (merge ?? []).entries()) {
    const path = ['workload', 'merge', index];
    if (part.trace === undefined && part.synthetic === undefined) {
      throw new InputError(
        'E_SCENARIO',
        'a part of workload.merge needs a trace or a synthetic part',
        places.ofValue(path),
      );
    }
    checkSynthetic({ workload: part, until: document.until }, path, places);
  }
}

function checkSynthetic(
  document: Pick<ScenarioDocument, 'until'> & { workload: WorkloadPart },
  path: Path,
  places: Places,
): void {
  for (const part of [document.workload.synthetic ?? []].flat()) {
    const place = places.ofValue([...path, 'synthetic']);
    if (part.duration === undefined && part.stages === undefined) {
      throw new InputError('E_SCENARIO', 'workload.synthetic needs a duration or stages', place);
    }
    if (part.jobs === undefined && document.until === undefined) {
      const rule = 'a synthetic workload without a number of jobs never ends';
      throw new InputError('E_NO_END', rule, place, 'set workload.synthetic.jobs or until');
    }
  }
}

/** Policies must exist and their options be right, before anything runs. */
function checkPolicies(document: ScenarioDocument, places: Places): void {
  const errors: InputError[] = [];
  const check = (kind: string, text: string | undefined, path: Path, more: Record<string, unknown> = {}): void => {
    if (text === undefined) return;
    try {
      registries[kind]?.resolve(text, places.ofValue(path), more);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      errors.push(error);
    }
  };
  const slots = (
    entry: { allocator?: string | undefined; order?: string | undefined; placement?: string | undefined },
    path: Path,
  ): void => {
    check('allocators', entry.allocator, [...path, 'allocator']);
    check('orders', entry.order, [...path, 'order']);
    check('placements', entry.placement, [...path, 'placement']);
  };
  slots(document.policy ?? {}, ['policy']);
  for (const [index, entry] of (document.compare ?? []).entries()) slots(entry, ['compare', index]);
  for (const [index, { type, options, order, placement }] of (document.frameworks ?? []).entries()) {
    check('frameworks', type, ['frameworks', index, 'type'], options);
    slots({ order, placement }, ['frameworks', index]);
  }
  for (const [index, { type, ...values }] of (document.faults ?? []).entries())
    check('faults', type, ['faults', index, 'type'], values);
  if (errors.length > 0) throw collected(errors);
}

/** `--set policy.allocator=drf`: the value is read as YAML; list items are numbered from 0. */
function applyOverride(target: Record<string, unknown>, override: string, places: Places): void {
  const file = `--set ${override}`;
  const equals = override.indexOf('=');
  if (equals <= 0) throw new InputError('E_SET', `an override must be written path=value, got "${override}"`, { file });
  const keys = override.slice(0, equals).split('.');
  const { value } = readDocument(override.slice(equals + 1), file, 'E_SET');
  let node: Record<string, unknown> = target;
  if (keys.includes('__proto__')) throw new InputError('E_SET', '"__proto__" is no key of a scenario', { file });
  for (const key of keys.slice(0, -1)) {
    if (key === 'constructor') throw new InputError('E_SET', `"${key}" is no key of a scenario`, { file });
    if (typeof node[key] !== 'object' || node[key] === null) node[key] = {};
    node = node[key] as Record<string, unknown>;
  }
  node[keys[keys.length - 1] as string] = value;
  places.override(keys, override);
}
