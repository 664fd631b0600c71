import { z } from 'zod';

/** Operators of constraints (Marathon: mesos/Constraints.scala, docs/constraints.md). */
export const OPERATORS = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS'] as const;
export type Operator = (typeof OPERATORS)[number];

const amount = z.number().min(0);
const seconds = z.number().min(0);
const share = z.number().min(0).max(1);
const port = z.int().min(0).max(65_535);
const paths = z.array(z.string().min(1));

const text = z.string();
const texts = z.array(text);
/** Accepted as it is; docs/frameworks/marathon.md names what is ignored. */
const ignored = z.unknown().optional();
const environment = z.record(text, z.union([text, z.looseObject({})]));
const labels = z.record(text, text);
const artifacts = z.array(z.looseObject({ uri: text }));

const protocols = text.regex(/^(tcp|udp|tcp,udp|udp,tcp)$/, 'must be tcp, udp or tcp,udp');
const portMapping = z.looseObject({
  containerPort: port.optional(),
  hostPort: port.optional(),
  servicePort: port.optional(),
  protocol: protocols.optional(),
  name: text.optional(),
});
const portMappings = z.array(portMapping);
const volume = z.looseObject({
  containerPath: text.optional(),
  mode: z.enum(['RO', 'RW']).optional(),
  persistent: z
    .looseObject({ size: amount, maxSize: amount.optional(), type: z.enum(['root', 'path', 'mount']).optional() })
    .optional(),
});
const networks = z.array(
  z.looseObject({
    mode: z.enum(['host', 'container', 'container/bridge']).optional(),
    name: text.optional(),
    labels: labels.optional(),
  }),
);
const endpoint = z.looseObject({
  name: text.optional(),
  containerPort: port.optional(),
  hostPort: port.optional(),
  protocol: texts.optional(),
  labels: labels.optional(),
});

const upgrade = z.looseObject({
  minimumHealthCapacity: share.optional(),
  maximumOverCapacity: share.optional(),
});

const unreachable = z.union([
  z.literal('disabled'),
  z
    .looseObject({ inactiveAfterSeconds: seconds.optional(), expungeAfterSeconds: seconds.optional() })
    .refine(({ inactiveAfterSeconds = 0, expungeAfterSeconds = 0 }) => inactiveAfterSeconds <= expungeAfterSeconds, {
      message: 'must be at most expungeAfterSeconds',
      path: ['inactiveAfterSeconds'],
    }),
]);

const killSelection = z.enum(['YOUNGEST_FIRST', 'OLDEST_FIRST']);

const timing = {
  gracePeriodSeconds: seconds.optional(),
  intervalSeconds: z.number().gt(0).optional(),
  timeoutSeconds: seconds.optional(),
  delaySeconds: seconds.optional(),
  maxConsecutiveFailures: z.int().min(0).optional(),
};
const healthCheck = z.looseObject({
  protocol: z.enum(['HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_TCP', 'MESOS_HTTP', 'MESOS_HTTPS']).optional(),
  path: text.optional(),
  portIndex: z.int().min(0).optional(),
  port: port.optional(),
  command: z.looseObject({}).optional(),
  ignoreHttp1xx: z.boolean().optional(),
  ...timing,
});

const readinessCheck = z.looseObject({
  intervalSeconds: z.number().gt(0).optional(),
  timeoutSeconds: z.number().gt(0).optional(),
  name: text.optional(),
  path: text.optional(),
  portName: text.optional(),
  protocol: z.enum(['HTTP', 'HTTPS']).optional(),
  httpStatusCodesForReady: z.array(z.int()).optional(),
  preserveLastResponse: z.boolean().optional(),
});

/**
 * An app as `POST /v2/apps` takes it and `GET` gives it (app.raml); null is as good as absent. Every documented key is here, with its type
 * also where it does not matter to scheduling; other keys are told (event `keys-ignored`).
 */
export const appSchema = z.looseObject({
  id: text.min(1),
  instances: z.int().min(0).optional(),
  cpus: z.number().min(0.001).optional(),
  mem: amount.optional(),
  disk: amount.optional(),
  gpus: z.int().min(0).optional(),
  constraints: z.array(texts.min(2).max(3)).optional(),
  dependencies: paths.optional(),
  role: text.optional(),
  acceptedResourceRoles: texts.optional(),
  backoffSeconds: seconds.optional(),
  backoffFactor: z.number().min(1).optional(),
  maxLaunchDelaySeconds: seconds.optional(),
  upgradeStrategy: upgrade.optional(),
  killSelection: killSelection.optional(),
  taskKillGracePeriodSeconds: seconds.optional(),
  unreachableStrategy: unreachable.optional(),
  healthChecks: z.array(healthCheck).optional(),
  readinessChecks: z.array(readinessCheck).max(1).optional(),
  container: z
    .looseObject({
      type: z.enum(['DOCKER', 'MESOS']).optional(),
      docker: z
        .looseObject({
          image: text.optional(),
          network: z.enum(['HOST', 'BRIDGE', 'USER', 'NONE']).optional(),
          portMappings: portMappings.optional(),
          forcePullImage: z.boolean().optional(),
          privileged: z.boolean().optional(),
          parameters: z.array(z.looseObject({ key: text, value: text })).optional(),
        })
        .optional(),
      portMappings: portMappings.optional(),
      volumes: z.array(volume).optional(),
    })
    .optional(),
  portDefinitions: z
    .array(z.looseObject({ port: port.optional(), protocol: protocols.optional(), name: text.optional() }))
    .optional(),
  ports: z.array(port).optional(),
  requirePorts: z.boolean().optional(),
  networks: networks.optional(),
  ipAddress: z.looseObject({}).optional(),
  residency: z.looseObject({}).optional(),
  labels: labels.optional(),
  cmd: text.optional(),
  args: texts.optional(),
  user: text.optional(),
  env: environment.optional(),
  fetch: artifacts.optional(),
  uris: texts.optional(),
  storeUrls: texts.optional(),
  executor: text.optional(),
  executorResources: z.looseObject({}).optional(),
  resourceLimits: z.looseObject({}).optional(),
  secrets: z.record(text, z.looseObject({})).optional(),
  tty: z.boolean().optional(),
  version: text.optional(),
  versionInfo: ignored,
  deployments: ignored,
  tasks: ignored,
  tasksStaged: ignored,
  tasksRunning: ignored,
  tasksHealthy: ignored,
  tasksUnhealthy: ignored,
  lastTaskFailure: ignored,
  taskStats: ignored,
  readinessCheckResults: ignored,
});
export type AppJson = z.infer<typeof appSchema>;

const resources = z.looseObject({
  cpus: z.number().min(0.001).optional(),
  mem: amount.optional(),
  disk: amount.optional(),
  gpus: z.int().min(0).optional(),
});

/** A pod as `POST /v2/pods` takes it (pod.raml): containers that start and end together. */
export const podSchema = z.looseObject({
  id: text.min(1),
  labels: labels.optional(),
  role: text.optional(),
  version: text.optional(),
  user: text.optional(),
  environment: environment.optional(),
  secrets: z.record(text, z.looseObject({})).optional(),
  networks: networks.optional(),
  linuxInfo: ignored,
  legacySharedCgroups: z.boolean().optional(),
  scaling: z.looseObject({ kind: z.enum(['fixed']).optional(), instances: z.int().min(0).optional() }).optional(),
  scheduling: z
    .looseObject({
      backoff: z
        .looseObject({
          backoff: seconds.optional(),
          backoffFactor: z.number().min(1).optional(),
          maxLaunchDelay: seconds.optional(),
        })
        .optional(),
      upgrade: upgrade.optional(),
      placement: z
        .looseObject({
          constraints: z.array(z.looseObject({ fieldName: text, operator: text, value: text.optional() })).optional(),
          acceptedResourceRoles: texts.optional(),
        })
        .optional(),
      killSelection: killSelection.optional(),
      unreachableStrategy: unreachable.optional(),
    })
    .optional(),
  containers: z
    .array(
      z.looseObject({
        name: text,
        resources: resources.optional(),
        resourceLimits: z.looseObject({}).optional(),
        image: z.looseObject({ id: text }).optional(),
        endpoints: z.array(endpoint).optional(),
        healthCheck: z.looseObject(timing).optional(),
        lifecycle: z.looseObject({ killGracePeriodSeconds: seconds.optional() }).optional(),
        exec: z.looseObject({}).optional(),
        environment: environment.optional(),
        user: text.optional(),
        labels: labels.optional(),
        volumeMounts: z.array(z.looseObject({})).optional(),
        artifacts: artifacts.optional(),
        tty: z.boolean().optional(),
        linuxInfo: ignored,
      }),
    )
    .min(1),
  volumes: z.array(volume).optional(),
  executorResources: resources.optional(),
});
export type PodJson = z.infer<typeof podSchema>;

/** A group's own keys; its apps, pods and groups are read one by one. */
export const groupSchema = z.looseObject({
  id: z.string().min(1).optional(),
  apps: z.array(z.looseObject({})).optional(),
  pods: z.array(z.looseObject({})).optional(),
  groups: z.array(z.looseObject({})).optional(),
  dependencies: paths.optional(),
  enforceRole: z.boolean().optional(),
  version: text.optional(),
});

/** Keys that no schema of Marathon documents. */
export function unknownKeys(value: Readonly<Record<string, unknown>>, schema: z.ZodObject): string[] {
  return Object.keys(value).filter((key) => !Object.hasOwn(schema.shape, key));
}
