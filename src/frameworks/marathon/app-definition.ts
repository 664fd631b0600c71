import type { AppJson, Operator, PodJson } from './app-schema.js';

export interface Constraint {
  readonly field: string;
  readonly operator: Operator;
  /** Empty = none given. */
  readonly value: string;
}

export interface HealthCheck {
  readonly graceUs: number;
  readonly intervalUs: number;
  /** Checks that the executor runs begin this long after the start. */
  readonly delayUs: number;
  readonly maxFailures: number;
  /** MESOS_* and COMMAND checks: the executor runs them and kills. */
  readonly isExecutorRun: boolean;
}

/** `undefined` = strategy `disabled`: the instance is waited for. */
export type UnreachableStrategy = { readonly inactiveUs: number; readonly expungeUs: number } | undefined;

/** One app or pod with every default filled in (reference: app.raml, pod.raml, state/UpgradeStrategy.scala and others). */
export interface AppDefinition {
  readonly id: string;
  readonly instances: number;
  readonly resources: { readonly cpus: number; readonly mem: number; readonly disk: number; readonly gpus: number };
  readonly constraints: readonly Constraint[];
  /** Ids of apps, pods or groups, absolute; those of the groups around it included. */
  readonly dependencies: readonly string[];
  /** `undefined` = whatever is offered. */
  readonly acceptedRoles: readonly string[] | undefined;
  /** Its role, or that of the group around it; empty = the first one of the framework. */
  readonly role: string;
  /** Ports of the agent that one instance takes: these, and so many of those that are free. */
  readonly hostPorts: readonly number[];
  readonly freePortCount: number;
  readonly image: string;
  readonly backoffUs: number;
  readonly backoffFactor: number;
  readonly maxDelayUs: number;
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
  readonly killsOldest: boolean;
  readonly graceUs: number;
  readonly unreachable: UnreachableStrategy;
  readonly healthChecks: readonly HealthCheck[];
  /** Interval of the readiness check, 0 = none. */
  readonly readinessUs: number;
  /** It has a persistent volume: its instances stay on their agents. */
  readonly isResident: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** Keys that no schema documents. */
  readonly ignoredKeys: readonly string[];
  /** What it was made from, for partial updates. */
  readonly json: Readonly<Record<string, unknown>>;
}

const us = (seconds: number): number => Math.round(seconds * 1e6);

/** KILL without a grace period of its own: the agent's executor_shutdown_grace_period (Mesos: src/slave/constants.hpp). */
const DEFAULT_GRACE_S = 5;

/** Where a definition stands: its absolute id, and what it has of the groups around it. */
export interface Placed {
  readonly id: string;
  readonly dependencies: readonly string[];
  readonly role?: string;
  readonly ignoredKeys?: readonly string[];
}

export function appOf(app: AppJson, { id, dependencies, role = '', ignoredKeys = [] }: Placed): AppDefinition {
  const volumes = volumeSizes(app.container?.volumes);
  const ports = appPorts(app);
  const isResident = volumes.length > 0 || (app.residency !== undefined && app.residency !== null);
  return {
    id,
    instances: app.instances ?? 1,
    resources: resourcesOf(app, sum(volumes)),
    constraints: (app.constraints ?? []).map(([field, operator, value]) => constraintOf(field, operator, value)),
    dependencies,
    acceptedRoles: rolesOf(app.acceptedResourceRoles),
    role: app.role ?? role,
    hostPorts: ports.filter((hostPort) => hostPort > 0),
    freePortCount: ports.filter((hostPort) => hostPort === 0).length,
    ignoredKeys,
    image: app.container?.docker?.image ?? '',
    ...backoffOf(app.backoffSeconds, app.backoffFactor, app.maxLaunchDelaySeconds),
    ...upgradeOf(app.upgradeStrategy, isResident),
    killsOldest: app.killSelection === 'OLDEST_FIRST',
    graceUs: us(app.taskKillGracePeriodSeconds ?? DEFAULT_GRACE_S),
    unreachable: unreachableOf(app.unreachableStrategy, isResident),
    healthChecks: (app.healthChecks ?? []).map((check) =>
      healthCheckOf(check, /^(MESOS_|COMMAND)/.test(check.protocol ?? '')),
    ),
    readinessUs: app.readinessChecks?.[0] === undefined ? 0 : us(app.readinessChecks[0].intervalSeconds ?? 30),
    isResident,
    labels: app.labels ?? {},
    json: app,
  };
}

export function podOf(pod: PodJson, { id, dependencies, role = '', ignoredKeys = [] }: Placed): AppDefinition {
  const { scheduling } = pod;
  const { backoff } = scheduling ?? {};
  const volumes = volumeSizes(pod.volumes);
  const isResident = volumes.length > 0;
  // The containers' sum and what the executor takes (resources.raml).
  const { cpus = 0.1, mem = 32, disk = 10 } = pod.executorResources ?? {};
  const resources = { cpus, mem, disk: disk + sum(volumes), gpus: 0 };
  for (const { resources: own } of pod.containers) {
    resources.cpus += own?.cpus ?? 1;
    resources.mem += own?.mem ?? 128;
    resources.disk += own?.disk ?? 0;
    resources.gpus += own?.gpus ?? 0;
  }
  const endpoints = pod.containers.flatMap((container) => container.endpoints ?? []);
  const checks = pod.containers.flatMap(({ healthCheck }) => (healthCheck ? [healthCheck] : []));
  const graces = pod.containers.map(({ lifecycle }) => lifecycle?.killGracePeriodSeconds ?? DEFAULT_GRACE_S);
  return {
    id,
    instances: pod.scaling?.instances ?? 1,
    resources,
    constraints: (scheduling?.placement?.constraints ?? []).map((constraint) =>
      constraintOf(constraint.fieldName, constraint.operator, constraint.value),
    ),
    dependencies,
    acceptedRoles: rolesOf(scheduling?.placement?.acceptedResourceRoles),
    role: pod.role ?? role,
    hostPorts: endpoints.flatMap(({ hostPort = 0 }) => (hostPort > 0 ? [hostPort] : [])),
    freePortCount: endpoints.filter(({ hostPort }) => hostPort === 0).length,
    ignoredKeys,
    image: pod.containers.find(({ image }) => image)?.image?.id ?? '',
    ...backoffOf(backoff?.backoff, backoff?.backoffFactor, backoff?.maxLaunchDelay),
    ...upgradeOf(scheduling?.upgrade, isResident),
    killsOldest: scheduling?.killSelection === 'OLDEST_FIRST',
    graceUs: us(Math.max(...graces)),
    unreachable: unreachableOf(scheduling?.unreachableStrategy, isResident),
    healthChecks: checks.map((check) => healthCheckOf(check, true)),
    readinessUs: 0,
    isResident,
    labels: pod.labels ?? {},
    json: pod,
  };
}

function resourcesOf(
  { cpus = 1, mem = 128, disk = 0, gpus = 0 }: AppJson,
  volumeMib: number,
): AppDefinition['resources'] {
  return { cpus, mem, disk: disk + volumeMib, gpus };
}

/** maxLaunchDelaySeconds was 3600 before commit 3b842ed50. */
function backoffOf(backoffS = 1, backoffFactor = 1.15, maxDelayS = 300) {
  return { backoffUs: us(backoffS), backoffFactor, maxDelayUs: us(maxDelayS) };
}

function constraintOf(field = '', operator = '', value = ''): Constraint {
  return { field, operator: operator as Operator, value };
}

function rolesOf(roles: readonly string[] | undefined): readonly string[] | undefined {
  return roles === undefined || roles.length === 0 ? undefined : roles;
}

function volumeSizes(volumes: readonly { persistent?: { size: number } | undefined }[] | undefined): number[] {
  return (volumes ?? []).flatMap(({ persistent }) => (persistent === undefined ? [] : [persistent.size]));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Host ports that an instance takes, 0 = a free one: container mappings win over ports (PortsMatcher.scala, api/v2/AppNormalization.scala). */
function appPorts(app: AppJson): number[] {
  const { container, networks, requirePorts } = app;
  const mappings = container?.portMappings ?? container?.docker?.portMappings;
  const network = container?.docker?.network;
  const isOwnNetwork =
    network === 'USER' ||
    app.ipAddress !== undefined ||
    networks?.some(({ mode = 'container' }) => mode === 'container');
  const isBridge = network === 'BRIDGE' || networks?.some(({ mode }) => mode === 'container/bridge');
  if (mappings !== undefined) {
    // In a network of its own a container needs no port of the agent unless the mapping names one.
    return mappings.flatMap(({ hostPort }) => (hostPort === undefined && isOwnNetwork === true ? [] : [hostPort ?? 0]));
  }
  if (isOwnNetwork === true || network === 'NONE') return [];
  // Without a word on ports an app has one, on any free port.
  if (isBridge === true) return [0];
  const ports = app.portDefinitions?.map((definition) => definition.port ?? 0) ?? app.ports ?? [0];
  return requirePorts === true ? [...ports] : ports.map(() => 0);
}

function upgradeOf(
  upgrade: { minimumHealthCapacity?: number | undefined; maximumOverCapacity?: number | undefined } | undefined,
  isResident: boolean,
) {
  return {
    minimumHealthCapacity: upgrade?.minimumHealthCapacity ?? (isResident ? 0.5 : 1),
    // A resident app has its volume once: it can never have more instances than that.
    maximumOverCapacity: isResident ? 0 : (upgrade?.maximumOverCapacity ?? 1),
  };
}

function unreachableOf(given: AppJson['unreachableStrategy'], isResident: boolean): UnreachableStrategy {
  if (given === 'disabled' || (given === undefined && isResident)) return undefined;
  return { inactiveUs: us(given?.inactiveAfterSeconds ?? 0), expungeUs: us(given?.expungeAfterSeconds ?? 0) };
}

function healthCheckOf(check: NonNullable<AppJson['healthChecks']>[number], isExecutorRun: boolean): HealthCheck {
  return {
    graceUs: us(check.gracePeriodSeconds ?? 300),
    intervalUs: us(check.intervalSeconds ?? 60),
    delayUs: us(check.delaySeconds ?? 15),
    maxFailures: check.maxConsecutiveFailures ?? 3,
    isExecutorRun,
  };
}
