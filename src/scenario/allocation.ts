import { type AllocationQuirks, MESOS_QUIRKS } from '../cluster/allocation/allocation-state.js';
import {
  GPU_RESOURCES,
  type MinAllocatable,
  MULTI_ROLE,
  REGION_AWARE,
  RESERVATION_REFINEMENT,
  REVOCABLE_RESOURCES,
  SHARED_RESOURCES,
} from '../cluster/allocation/client-table.js';
import type { OfferConstraints } from '../cluster/allocation/offer-constraints.js';
import type { RoleSetup } from '../cluster/cluster.js';
import type { FrameworkTraits, GeneralSettings } from '../cluster/general/settings.js';
import { InputError, type InputPosition } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { frameworks as frameworkKinds } from '../frameworks/index.js';
import { parsePolicy } from '../model/plugin.js';
import { type Amounts, DISK, MEM, ResourceSpace } from '../model/resources.js';
import { parseDurationUs, parseMemoryMilliMib, parseMilli } from '../model/units.js';
import type { FrameworkDocument, ScenarioDocument } from './schema.js';

/** Amounts by resource as a scenario writes them. */
export type AmountsDocument = Readonly<Record<string, string | number>>;

const CAPABILITIES: Readonly<Record<string, number>> = {
  GPU_RESOURCES,
  REVOCABLE_RESOURCES,
  RESERVATION_REFINEMENT,
  REGION_AWARE,
  SHARED_RESOURCES,
  MULTI_ROLE,
};

/** Thousandths by resource; `absent` stands where a resource is not named. InputError for unknown names and bad amounts. */
export function amountsIn(
  document: AmountsDocument,
  resources: ResourceSpace,
  label: string,
  options: { readonly absent?: number; readonly place?: (name: string) => InputPosition } = {},
): Amounts {
  const amounts = resources.zero().fill(options.absent ?? 0);
  for (const [name, value] of Object.entries(document)) {
    const row = resources.indexOf(name);
    const position = options.place?.(name) ?? {};
    if (row < 0) {
      const rule = `${label} names a resource that the scenario does not have, got "${name}"`;
      throw new InputError('E_RESOURCE_UNKNOWN', rule, position, nameHint(name, resources.names));
    }
    const parse = row === MEM || row === DISK ? parseMemoryMilliMib : parseMilli;
    amounts[row] = parse(String(value), `${label}.${name}`, position);
  }
  return amounts;
}

/** True when the scenario uses something that only the general engine knows. */
export function needsGeneral(document: ScenarioDocument): boolean {
  const { master, roles, cluster, frameworks, actions } = document;
  if (master?.engine === 'general') return true;
  return (
    isMasterSpecial(master) ||
    Object.values(roles ?? {}).some(({ quota }) => quota !== undefined) ||
    cluster.agents.some((entry) => 'reserved' in entry || 'domain' in entry) ||
    (frameworks ?? []).some(isFrameworkSpecial) ||
    (actions ?? []).some(({ setQuota, reserve, unreserve, maintenance }) =>
      [setQuota, reserve, unreserve, maintenance].some((action) => action !== undefined),
    )
  );
}

function isMasterSpecial(master: ScenarioDocument['master']): boolean {
  const { minAllocatable, filterGpuResources, region, quirks, oversubscription } = master ?? {};
  return (
    filterGpuResources === true || [minAllocatable, region, quirks, oversubscription].some((key) => key !== undefined)
  );
}

function isFrameworkSpecial(framework: FrameworkDocument): boolean {
  const { roles, capabilities, revocable, minAllocatable, offerConstraints } = framework;
  return (
    usesOperations(framework) ||
    [roles, capabilities, revocable, minAllocatable, offerConstraints].some((key) => key !== undefined)
  );
}

function usesOperations({ type, options }: FrameworkDocument): boolean {
  const { name, raw } = parsePolicy(type);
  const uses = frameworkKinds.has(name) ? frameworkKinds.get(name).usesOperations : undefined;
  return typeof uses === 'function' ? uses({ ...raw, ...options }) : uses === true;
}

/** The general engine's settings; undefined where the plain one does. */
export function generalSettings(document: ScenarioDocument): GeneralSettings | undefined {
  if (!needsGeneral(document)) return undefined;
  const resources = new ResourceSpace(document.resources ?? []);
  const { master } = document;
  const { oversubscription } = master ?? {};
  return {
    minAllocatable: minimaIn(master?.minAllocatable ?? [{ cpus: 0.01 }, { mem: 32 }], resources),
    filterGpuResources: master?.filterGpuResources ?? false,
    region: master?.region,
    quirks: quirksOf(master?.quirks ?? {}),
    oversubscription:
      oversubscription === undefined
        ? undefined
        : {
            intervalUs: parseDurationUs(
              String(oversubscription.interval ?? '15 s'),
              'master.oversubscription.interval',
            ),
            resources: (oversubscription.resources ?? ['cpus']).map((name) => resources.indexOf(name)),
            share: oversubscription.share ?? 1,
          },
  };
}

function quirksOf(given: Readonly<Partial<Record<keyof AllocationQuirks, boolean | undefined>>>): AllocationQuirks {
  const quirks: Record<keyof AllocationQuirks, boolean> = { ...MESOS_QUIRKS };
  for (const [name, value] of Object.entries(given)) quirks[name as keyof AllocationQuirks] = value !== false;
  return quirks;
}

function minimaIn(list: readonly AmountsDocument[], resources: ResourceSpace): MinAllocatable {
  return list.map((entry) => [...amountsIn(entry, resources, 'minAllocatable')]);
}

/** The roles of the scenario with their quotas. */
export function rolesOf(document: ScenarioDocument, resources: ResourceSpace): RoleSetup[] {
  return Object.entries(document.roles ?? {}).map(([path, { weight, quota }]) => ({
    path,
    weight: weight ?? 1,
    quota: quota === undefined ? undefined : quotaIn(quota, resources, `roles.${path}.quota`),
  }));
}

/** Guarantees (0 = none) and limits (Infinity = none). */
export function quotaIn(
  quota: { readonly guarantee?: AmountsDocument | undefined; readonly limit?: AmountsDocument | undefined },
  resources: ResourceSpace,
  label: string,
): { guarantee: Amounts | undefined; limit: Amounts | undefined } {
  const { guarantee, limit } = quota;
  return {
    guarantee: guarantee === undefined ? undefined : amountsIn(guarantee, resources, `${label}.guarantee`),
    limit:
      limit === undefined
        ? undefined
        : amountsIn(limit, resources, `${label}.limit`, { absent: Number.POSITIVE_INFINITY }),
  };
}

/** What a framework subscribes with besides its name. */
export function subscriptionOf(
  document: FrameworkDocument,
  resources: ResourceSpace,
): { role: string; roles: readonly string[]; traits: FrameworkTraits } {
  const roles = document.roles ?? [document.role];
  let capabilities = 0;
  for (const name of document.capabilities ?? []) capabilities |= CAPABILITIES[name] as number;
  const isRevocable = (capabilities & REVOCABLE_RESOURCES) !== 0;
  const { minAllocatable, offerConstraints } = document;
  const forAll = <V>(value: V | undefined): Map<string, V> =>
    new Map(value === undefined ? [] : roles.map((role) => [role, value]));
  return {
    role: roles[0] as string,
    roles,
    traits: {
      capabilities,
      revocable: document.revocable ?? (isRevocable ? 'allow' : 'never'),
      minAllocatable: forAll(minAllocatable === undefined ? undefined : minimaIn(minAllocatable, resources)),
      constraints: forAll(offerConstraints as OfferConstraints | undefined),
    },
  };
}
