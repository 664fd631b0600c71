import { z } from 'zod';

/** Operators of constraints (Marathon: mesos/Constraints.scala, docs/constraints.md). */
export const OPERATORS = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS'] as const;
export type Operator = (typeof OPERATORS)[number];

const amount = z.number().min(0);
const seconds = z.number().min(0);
const share = z.number().min(0).max(1);
const port = z.int().min(0).max(65_535);
const paths = z.array(z.string().min(1));

const portMapping = z.looseObject({ hostPort: port.nullable().optional() });
const volume = z.looseObject({ persistent: z.looseObject({ size: amount }).optional() });

const upgrade = z.looseObject({
  minimumHealthCapacity: share.optional(),
  maximumOverCapacity: share.optional(),
});

const unreachable = z.union([
  z.literal('disabled'),
  z.looseObject({ inactiveAfterSeconds: seconds.optional(), expungeAfterSeconds: seconds.optional() }),
]);

const killSelection = z.enum(['YOUNGEST_FIRST', 'OLDEST_FIRST']);

const healthCheck = z.looseObject({
  protocol: z.string().optional(),
  gracePeriodSeconds: seconds.optional(),
  intervalSeconds: z.number().gt(0).optional(),
  timeoutSeconds: seconds.optional(),
  delaySeconds: seconds.optional(),
  maxConsecutiveFailures: z.int().min(0).optional(),
});

const readinessCheck = z.looseObject({
  intervalSeconds: z.number().gt(0).optional(),
  timeoutSeconds: z.number().gt(0).optional(),
});

/** An app as `POST /v2/apps` takes it (app.raml). Keys that do not matter to scheduling are let through. */
export const appSchema = z.looseObject({
  id: z.string().min(1),
  instances: z.int().min(0).optional(),
  cpus: z.number().min(0.001).optional(),
  mem: amount.optional(),
  disk: amount.optional(),
  gpus: z.int().min(0).optional(),
  constraints: z.array(z.array(z.string()).min(2).max(3)).optional(),
  dependencies: paths.optional(),
  acceptedResourceRoles: z.array(z.string()).nullable().optional(),
  backoffSeconds: seconds.optional(),
  backoffFactor: z.number().min(1).optional(),
  maxLaunchDelaySeconds: seconds.optional(),
  upgradeStrategy: upgrade.nullable().optional(),
  killSelection: killSelection.optional(),
  taskKillGracePeriodSeconds: seconds.optional(),
  unreachableStrategy: unreachable.optional(),
  healthChecks: z.array(healthCheck).optional(),
  readinessChecks: z.array(readinessCheck).max(1).optional(),
  container: z
    .looseObject({
      docker: z
        .looseObject({ image: z.string().optional(), portMappings: z.array(portMapping).nullable().optional() })
        .nullable()
        .optional(),
      portMappings: z.array(portMapping).nullable().optional(),
      volumes: z.array(volume).optional(),
    })
    .nullable()
    .optional(),
  portDefinitions: z.array(z.looseObject({ port: port.optional() })).optional(),
  ports: z.array(port).optional(),
  requirePorts: z.boolean().optional(),
  residency: z.looseObject({}).nullable().optional(),
  labels: z.record(z.string(), z.string()).optional(),
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
  id: z.string().min(1),
  labels: z.record(z.string(), z.string()).optional(),
  scaling: z.looseObject({ instances: z.int().min(0).optional() }).optional(),
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
          constraints: z
            .array(z.looseObject({ fieldName: z.string(), operator: z.string(), value: z.string().optional() }))
            .optional(),
          acceptedResourceRoles: z.array(z.string()).optional(),
        })
        .optional(),
      killSelection: killSelection.optional(),
      unreachableStrategy: unreachable.optional(),
    })
    .optional(),
  containers: z
    .array(
      z.looseObject({
        name: z.string(),
        resources: resources.optional(),
        image: z.looseObject({ id: z.string() }).nullable().optional(),
        endpoints: z.array(z.looseObject({ hostPort: port.nullable().optional() })).optional(),
        healthCheck: healthCheck.nullable().optional(),
        lifecycle: z.looseObject({ killGracePeriodSeconds: seconds.optional() }).optional(),
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
});
