import { fail } from '../core/errors.js';
import type { World } from './world.js';

/** Conservation: per agent and resource free + offered + allocated = total and nothing negative; sums agree with their parts. */
export function checkInvariants(world: World): void {
  const { agents, offers, tasks, bundles, width, ledger, pool } = world;
  const offered = new Float64Array(width);
  const allocated = new Float64Array(width);
  for (let agent = 0; agent < agents.count; agent++) {
    if (agents.isUp[agent] !== 1) continue;
    for (let resource = 0; resource < width; resource++) {
      const free = agents.free[agent * width + resource] as number;
      let held = pool.isCovered(agent) ? free : 0;
      for (let offer = offers.firstOnAgent[agent] ?? -1; offer >= 0; offer = offers.nextOnAgent[offer] as number) {
        held += offers.amounts[offer * width + resource] as number;
      }
      let taken = 0;
      for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number) {
        taken += bundles.amountsOf(tasks.bundle[task] as number)[resource] as number;
      }
      offered[resource] = (offered[resource] as number) + held;
      allocated[resource] = (allocated[resource] as number) + taken;
      const sum = (pool.isCovered(agent) ? 0 : free) + held + taken;
      const total = agents.total[agent * width + resource] as number;
      if (sum !== total) fail(`agent ${agents.names[agent]} has ${sum} thousandths of ${resource}, not ${total}`);
    }
  }
  for (let resource = 0; resource < width; resource++) {
    if (ledger.offered[resource] !== offered[resource])
      fail(`offered ${ledger.offered[resource]}, not ${offered[resource]}`);
    if (ledger.allocated[resource] !== allocated[resource]) {
      fail(`allocated ${ledger.allocated[resource]}, not ${allocated[resource]}`);
    }
  }
  for (const state of world.frameworks) {
    if (state.pendingTaskCount < 0 || state.runningTaskCount < 0)
      fail(`framework ${state.name} has a negative count of tasks`);
  }
  world.engine.check();
}
