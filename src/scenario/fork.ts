import { isDeepStrictEqual } from 'node:util';
import type { Succession } from '../cluster/succession.js';
import { InputError } from '../core/errors.js';
import type { OrderView, PendingGroup, QueuePolicy } from '../model/order.js';
import type { Candidates, Placement } from '../model/placement.js';
import type { Amounts } from '../model/resources.js';
import { parseDurationUs } from '../model/units.js';
import type { Scenario } from './load.js';
import type { ActionDocument, ScenarioDocument } from './schema.js';

/** A run that shares its past with the unforked one, fact for fact, and goes on from `atUs` as another scenario says. */
export interface Fork {
  readonly atUs: number;
  /** The scenario with what is other from then on. */
  readonly scenario: Scenario;
  /** The overrides that made it, for the manifest. */
  readonly overrides: readonly string[];
}

/** What a fork may change: everything that no fact before it depends on. */
const CHANGEABLE = [
  ['policy'],
  ['compare'],
  ['actions'],
  ['until'],
  ['checks'],
  ['name'],
  ['description'],
  ['cluster', 'startDelay'],
  ['cluster', 'checkpoint'],
  ['cluster', 'restart'],
  ['master', 'allocationInterval'],
  ['master', 'offerTimeout'],
  ['master', 'allocateOn'],
  ['master', 'agentOrder'],
];

/** InputError E_FORK when the two scenarios differ in more than a running cluster can change. */
export function checkFork(before: ScenarioDocument, { atUs, scenario }: Fork, untilUs?: number): void {
  const [old, now] = [before, scenario.document].map((document) => withoutChangeable(document)) as [object, object];
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const [was, is] = [old[key as keyof object], now[key as keyof object]];
    if (isDeepStrictEqual(was, is)) continue;
    const names = ['roles.ROLE.weight', ...CHANGEABLE.map((path) => path.join('.'))].join(', ');
    throw new InputError(
      'E_FORK',
      `a fork cannot change "${key}": what came before hangs on it`,
      SET,
      `it can change ${names}`,
    );
  }
  const { until } = scenario.document;
  const endUs = untilUs ?? (until === undefined ? undefined : parseDurationUs(String(until), 'until'));
  if (endUs !== undefined && endUs <= atUs) {
    throw new InputError('E_FORK', `the run ends at ${endUs / 1e6} s, before the fork`, SET);
  }
}

const SET = { file: '--fork-at' };

function withoutChangeable(document: ScenarioDocument): Record<string, unknown> {
  const copy = structuredClone(document) as Record<string, unknown>;
  for (const [first = '', second] of CHANGEABLE) {
    const inner = copy[first] as Record<string, unknown> | undefined;
    if (second === undefined) delete copy[first];
    else if (inner !== undefined) delete inner[second];
    if (second !== undefined && inner !== undefined && Object.keys(inner).length === 0) delete copy[first];
  }
  const roles = copy['roles'] as Record<string, { weight?: number }> | undefined;
  for (const role of Object.values(roles ?? {})) delete role.weight;
  return copy;
}

/** Actions before the fork as they were, later ones as the fork has them. */
export function forkedActions(before: readonly ActionDocument[], fork: Fork): ActionDocument[] {
  const isLater = ({ at }: ActionDocument): boolean => parseDurationUs(String(at), 'actions.at') >= fork.atUs;
  return [...before.filter((action) => !isLater(action)), ...(fork.scenario.document.actions ?? []).filter(isLater)];
}

/** An order that another takes over from. Ranks that were given before are taken anew from then on. */
export class SucceededOrder implements QueuePolicy {
  constructor(
    private readonly first: QueuePolicy,
    private readonly second: QueuePolicy,
    private readonly succession: Succession,
  ) {}

  rank(pending: PendingGroup, view: OrderView): number {
    return (this.succession.hasCome ? this.second : this.first).rank(pending, view);
  }

  get isDynamic(): boolean {
    return this.succession.hasCome || this.first.isDynamic;
  }
}

/** A placement that another takes over from. */
export class SucceededPlacement implements Placement {
  constructor(
    private readonly first: Placement,
    private readonly second: Placement,
    private readonly succession: Succession,
  ) {}

  private get current(): Placement {
    return this.succession.hasCome ? this.second : this.first;
  }

  choose(demand: Amounts, candidates: Candidates, from: number, inputs?: readonly string[]): number {
    return this.current.choose(demand, candidates, from, inputs);
  }

  get keepsCursor(): boolean {
    return this.current.keepsCursor;
  }
}
