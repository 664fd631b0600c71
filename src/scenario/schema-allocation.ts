import { z } from 'zod';
import { isRolePath } from '../model/role-path.js';
import { parseDurationUs } from '../model/units.js';

/** Keys of a scenario that are about who may be offered what: quota, reservations, capabilities, quirks of the allocator. */
const duration = z
  .union([z.string(), z.number()])
  .refine((value) => isDuration(String(value)), 'must be a time of at least 0 such as "90 s"')
  .describe('a time such as "90 s"; a bare number is seconds');

export const amounts = z
  .record(z.string(), z.union([z.string(), z.number()]))
  .describe('amounts by resource, such as { cpus: 4, mem: 8 GiB }');

export const rolePath = z
  .string()
  .refine(isRolePath, 'must be * or a path of names such as "eng/dev"')
  .describe('path of a role');

export const roleQuota = z
  .strictObject({
    guarantee: amounts.optional().describe('the least that the role can count on: others are kept from it'),
    limit: amounts.optional().describe('the most that it is offered; resources that are not named have no limit'),
    force: z.boolean().optional().describe('set it although the cluster cannot meet it, or more is in use already'),
  })
  .describe('quota of a top-level role, its child roles included');

export const reservedShare = z
  .record(z.string(), amounts)
  .describe('parts of each agent that are reserved to roles; "eng>eng/dev" refines a reservation');

export const domain = z
  .strictObject({
    region: z.string().describe('region of the agents'),
    zone: z.string().optional().describe('zone within it'),
  })
  .describe('fault domain; agents of another region than the master go to REGION_AWARE frameworks only');

const constraint = z.strictObject({
  attribute: z.string().describe('an attribute, or @hostname, @region, @zone'),
  test: z
    .enum(['exists', 'not-exists', 'equals', 'not-equals', 'matches', 'not-matches'])
    .describe('what must hold for it'),
  value: z.string().optional().describe('text, or a regular expression that must match the whole value'),
});

/** Keys of a framework's subscription. */
export const subscriptionKeys = {
  roles: z.array(rolePath).min(1).optional().describe('several roles instead of `role`: offers come for each'),
  capabilities: z
    .array(
      z.enum([
        'GPU_RESOURCES',
        'REVOCABLE_RESOURCES',
        'RESERVATION_REFINEMENT',
        'REGION_AWARE',
        'SHARED_RESOURCES',
        'MULTI_ROLE',
      ]),
    )
    .optional()
    .describe('what it can deal with, as in FrameworkInfo'),
  heedMaintenance: z
    .boolean()
    .optional()
    .describe('accept inverse offers: start nothing that would still run then, move what would'),
  revocable: z
    .enum(['never', 'allow', 'only'])
    .optional()
    .describe('whether its tasks run on revocable amounts; default allow with REVOCABLE_RESOURCES, else never'),
  minAllocatable: z
    .array(amounts)
    .optional()
    .describe("what an offer to it must hold at least, any of these; instead of the master's"),
  offerConstraints: z
    .array(z.array(constraint).min(1))
    .optional()
    .describe('groups of tests of agents: it is offered agents for which all tests of a group hold'),
};

/** Quirks of the real allocator (docs/mesos-allocator.md); false = without it. */
const quirks = z
  .strictObject({
    childrenEscapeLimits: z.boolean().optional().describe("a parent's limit does not bind its child roles at once"),
    holdsForAbsent: z.boolean().optional().describe('guarantees of roles without active frameworks are held back'),
    guaranteesFirst: z.boolean().optional().describe("guarantees are given though others' can then not be met"),
    takesUnguaranteed: z
      .boolean()
      .optional()
      .describe('with its guarantee a role takes all that it has no guarantee for'),
    reservationsAreUse: z.boolean().optional().describe('idle reservations count as use of quota'),
    offersRemainders: z.boolean().optional().describe('headroom is held back per resource'),
    reviveActivates: z.boolean().optional().describe('REVIVE wakes the role of a deactivated framework'),
  })
  .describe("quirks of Mesos's allocator, all true by default; false leaves one out");

/** Keys of `master`. */
export const masterKeys = {
  minAllocatable: z
    .array(amounts)
    .optional()
    .describe('what an offer must hold at least, any of these; Mesos: cpus 0.01 or mem 32 MiB'),
  filterGpuResources: z
    .boolean()
    .optional()
    .describe('agents with GPUs go to GPU_RESOURCES frameworks only; Mesos: true, default false'),
  region: z.string().optional().describe('region of the master'),
  engine: z
    .enum(['auto', 'plain', 'general'])
    .optional()
    .describe('auto: the fast plain engine where the scenario needs no more'),
  quirks: quirks.optional(),
  oversubscription: z
    .strictObject({
      interval: duration.optional().describe('between estimates; Mesos: 15 s'),
      resources: z.array(z.string()).optional().describe('of which slack is offered; default cpus'),
      share: z.number().gt(0).max(1).optional().describe('of the slack that is offered; default 1'),
    })
    .optional()
    .describe('what running tasks do not use of their request is offered as revocable'),
};

const reservation = z.strictObject({
  agent: z.string().describe('id of the agent'),
  role: rolePath,
  amounts: amounts,
});

/** Operator actions on allocation. */
export const allocationActions = {
  setQuota: z
    .strictObject({
      role: rolePath,
      guarantee: amounts.optional().describe('new guarantees'),
      limit: amounts.optional().describe('new limits'),
      force: z.boolean().optional().describe('also when more than the limit is in use'),
    })
    .optional()
    .describe('gives a top-level role another quota; without amounts it has none'),
  reserve: reservation.optional().describe('reserves free amounts of an agent to a role, offers are taken back for it'),
  unreserve: reservation.optional().describe('takes a reservation off again'),
  drainAgent: z
    .union([
      z.string(),
      z.strictObject({ agent: z.string().describe('its id'), grace: duration.optional().describe('before the kill') }),
    ])
    .optional()
    .describe('an agent that is offered no more and whose tasks are killed and tried elsewhere'),
  maintenance: z
    .strictObject({
      agents: z.array(z.string()).min(1).describe('ids of the agents'),
      start: duration.describe('when they go down, since the start of the run'),
      duration: duration.optional().describe('how long they stay down; without it for good'),
    })
    .optional()
    .describe('a maintenance window: inverse offers from now on, down at its start, up at its end'),
  failover: z
    .strictObject({
      framework: z.string().describe('its name'),
      for: duration.default('10 s').describe('until it has subscribed again'),
    })
    .optional()
    .describe('a framework loses its scheduler for a while; its tasks run on, at most for its failoverTimeout'),
  failMaster: z
    .strictObject({ for: duration.default('2 min').describe('until that master is back, as a standby or the leader') })
    .optional()
    .describe('the leading master dies; a standby leads once its session has timed out'),
};

function isDuration(text: string): boolean {
  try {
    parseDurationUs(text);
    return true;
  } catch {
    return false;
  }
}
