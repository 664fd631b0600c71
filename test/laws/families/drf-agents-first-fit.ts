import { z } from 'zod';
import { wholeTasksOnAgents } from '../../../src/allocators/math/whole-tasks.js';
import type { LawFamily } from '../support/case.js';
import { byName, fractions, users } from '../support/inputs.js';

const inputs = z.object({ agents: z.array(z.object({ name: z.string(), capacity: fractions })), users });

/** Whole tasks on separate agents, first fit by name. */
export const drfAgentsFirstFit: LawFamily = {
  family: 'drf-agents-first-fit',
  check(law, context) {
    const { agents, users: list } = inputs.parse(law.inputs);
    const result = wholeTasksOnAgents(agents, list);
    const userNames = list.map((user) => user.name);
    const agentNames = agents.map((agent) => agent.name);
    const agentOf = (grant: number): string => agentNames[result.agents[grant] ?? 0] as string;
    context.expectAll(
      {
        tasks: byName(userNames, result.tasks),
        placements: result.grants.map((user, grant) => `${userNames[user]}@${agentOf(grant)}`),
        free: byName(agentNames, result.free),
      },
      law,
    );
  },
};
