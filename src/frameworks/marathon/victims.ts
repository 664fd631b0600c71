import type { FieldOf } from './constraints.js';
import type { App, Condition, Instance } from './instance.js';

/** Who goes first: the order of conditions (core/deployment/ScalingProposition.scala sortByConditionAndDate). Health is not looked at. */
const WEIGHTS: Readonly<Record<Condition, number>> = {
  unreachable: 1,
  staging: 2,
  running: 4,
  waiting: 5,
  killing: 5,
  ended: 5,
};

/**
 * Instances to give up when an app has too many: those that keep GROUP_BY groups even first, then by condition, then by start time as
 * `killSelection` says; ties by number.
 */
export function victimsOf(app: App, count: number, fieldsOf: (agent: number) => FieldOf): Instance[] {
  const { definition } = app.version;
  const ordered = app.instances
    .filter((instance) => instance.counts)
    .sort((a, b) => compare(a, b, definition.killsOldest));
  const grouping = definition.constraints.find(({ operator }) => operator === 'GROUP_BY');
  if (grouping === undefined) return ordered.slice(0, count);
  const groupOf = (instance: Instance): string =>
    instance.agent < 0 ? '' : (fieldsOf(instance.agent)(grouping.field) ?? '');
  const victims: Instance[] = [];
  while (victims.length < count && ordered.length > 0) {
    const sizes = new Map<string, number>();
    for (const instance of ordered) sizes.set(groupOf(instance), (sizes.get(groupOf(instance)) ?? 0) + 1);
    const most = Math.max(...sizes.values());
    const index = ordered.findIndex((instance) => sizes.get(groupOf(instance)) === most);
    victims.push(...ordered.splice(index, 1));
  }
  return victims;
}

/** Old instances for an upgrade: unhealthy ones first, then as for scaling. */
export function unhealthyFirst(instances: readonly Instance[], killsOldest: boolean): Instance[] {
  return [...instances].sort((a, b) => Number(a.isGood) - Number(b.isGood) || compare(a, b, killsOldest));
}

function compare(a: Instance, b: Instance, killsOldest: boolean): number {
  const byStart = killsOldest ? a.startUs - b.startUs : b.startUs - a.startUs;
  return (
    WEIGHTS[a.condition] - WEIGHTS[b.condition] || byStart || (killsOldest ? a.number - b.number : b.number - a.number)
  );
}
