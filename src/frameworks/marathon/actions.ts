import { z } from 'zod';
import { InputError } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import { parseDurationUs } from '../../model/units.js';
import { JobFile } from '../job-file.js';
import type { AppDefinition } from './app-definition.js';
import { readApps } from './app-tree.js';
import type { App } from './instance.js';
import type { Marathon } from './marathon.js';
import { victimsOf } from './victims.js';

const app = z.string().min(1);
const force = z.boolean().default(false);
const count = z.int().min(0);

/** An action with its values as the scenario gives them to `tell`. */
interface ActionKind<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  run(marathon: Marathon, values: z.infer<S>): void;
}

function kind<S extends z.ZodType>(schema: S, run: (marathon: Marathon, values: z.infer<S>) => void): ActionKind {
  return { schema, run: run as ActionKind['run'] };
}

/** Words of an operator; each stands for a call of Marathon's REST API. */
const ACTIONS: Readonly<Record<string, ActionKind>> = {
  scale: kind(z.strictObject({ app, instances: count, force }), (marathon, { app: id, instances, force: isForced }) => {
    definitionOf(marathon, id);
    marathon.scale(id, instances, isForced);
  }),
  update: kind(
    z.strictObject({ app, with: z.record(z.string(), z.unknown()), force }),
    (marathon, { app: id, with: changes, force: isForced }) => {
      const { json, instances } = definitionOf(marathon, id);
      const isPod = 'containers' in json;
      const merged = { ...json, ...(isPod ? {} : { instances }), ...changes, id };
      request(marathon, `update of ${id}`, merged, isForced);
    },
  ),
  put: kind(z.strictObject({ definition: z.unknown(), force }), (marathon, { definition, force: isForced }) =>
    request(marathon, 'put', definition, isForced),
  ),
  remove: kind(z.strictObject({ app, force }), (marathon, { app: id, force: isForced }) => {
    const ids = [...marathon.deployments.root.keys()].filter((key) => key === id || key.startsWith(`${id}/`));
    if (ids.length === 0) definitionOf(marathon, id);
    marathon.deployments.request({ changes: new Map(ids.map((key) => [key, undefined])), isForced });
  }),
  restart: kind(z.strictObject({ app, force }), (marathon, { app: id, force: isForced }) => {
    const changes = new Map([[id, definitionOf(marathon, id)]]);
    marathon.deployments.request({ changes, restarts: new Set([id]), isForced });
  }),
  rollback: kind(z.strictObject({ app }), (marathon, { app: id }) => undo(marathon, id, true)),
  cancel: kind(z.strictObject({ app }), (marathon, { app: id }) => undo(marathon, id, false)),
  'reset-delay': kind(z.strictObject({ app }), (marathon, { app: id }) => marathon.resetDelay(appOf(marathon, id))),
  kill: kind(
    z.strictObject({ app, count: count.optional(), agent: z.string().optional(), scale: z.boolean().default(false) }),
    (marathon, values) => kill(marathon, values),
  ),
  gone: kind(z.strictObject({ agent: z.string() }), (marathon, { agent }) => marathon.instances.abandonAgent(agent)),
  failover: kind(
    z.strictObject({ downtime: z.union([z.string(), z.number()]).default('10 s') }),
    (marathon, { downtime }) => marathon.failOver(parseDurationUs(String(downtime), 'downtime')),
  ),
};

/** Carries out an operator's word. Throws InputError E_ACTION when it makes no sense, E_JOB_JSON for a definition that is wrong. */
export function act(marathon: Marathon, name: string, values: Readonly<Record<string, unknown>>): void {
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  const owner = `framework "${marathon.driver.name}"`;
  if (action === undefined) {
    throw new InputError('E_ACTION', `${owner} takes no action "${name}"`, {}, nameHint(name, Object.keys(ACTIONS)));
  }
  const parsed = action.schema.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.length === 0 ? '' : ` at ${issue?.path.map(String).join('.')}`;
    throw new InputError('E_ACTION', `${owner}, action ${name}${where}: ${issue?.message}`);
  }
  action.run(marathon, parsed.data);
}

function request(marathon: Marathon, label: string, json: unknown, isForced: boolean): void {
  const changes = new Map<string, AppDefinition | undefined>(readApps([new JobFile(label, JSON.stringify(json))]));
  marathon.deployments.request({ changes, isForced });
}

function undo(marathon: Marathon, id: string, goesBack: boolean): void {
  definitionOf(marathon, id);
  if (!marathon.deployments.undo(id, goesBack)) marathon.driver.note('deployment-not-found', `app=${id}`);
}

/** Kills tasks of an app, the first in the order of victims; they are launched again, unless the app is scaled down by them. */
function kill(
  marathon: Marathon,
  values: { app: string; count?: number | undefined; agent?: string | undefined; scale: boolean },
): void {
  const target = appOf(marathon, values.app);
  const { driver, instances } = marathon;
  const isThere = (agent: number): boolean => values.agent === undefined || driver.agentId(agent) === values.agent;
  const victims = victimsOf(target, target.count, (agent) => marathon.fieldsOf(agent))
    .filter((instance) => instance.isPlaced && isThere(instance.agent))
    .slice(0, values.count ?? target.count);
  if (values.scale && marathon.scale(target.id, target.targetCount - victims.length, true)) return;
  for (const victim of victims) instances.relaunch(victim, 'killed-by-user');
}

function definitionOf(marathon: Marathon, id: string): AppDefinition {
  const definition = marathon.deployments.root.get(id);
  if (definition !== undefined) return definition;
  const known = [...marathon.deployments.root.keys()];
  throw new InputError('E_ACTION', `framework "${marathon.driver.name}" has no app "${id}"`, {}, nameHint(id, known));
}

function appOf(marathon: Marathon, id: string): App {
  definitionOf(marathon, id);
  return marathon.instances.apps.get(id) as App;
}
