import { fail } from '../../core/errors.js';
import type { World } from '../world.js';
import type { GeneralEngine } from './general-engine.js';

/**
 * The books by kind agree with each other and with the world's: on every agent what the allocator has lent is what offers and tasks
 * hold, kind by kind; totals and free amounts by name are the sums of their kinds.
 */
export function checkKinds(world: World, engine: GeneralEngine): void {
  const { agents } = world;
  for (let agent = 0; agent < agents.count; agent++) {
    if (agents.isUp[agent] === 1 && world.mastership.isKnown(agent)) checkAgent(world, engine, agent);
  }
}

function checkAgent(world: World, engine: GeneralEngine, agent: number): void {
  const { offers, agents, tasks, width } = world;
  const { kinds, allocator } = engine;
  const { state } = allocator;
  const lent = new Float64Array(kinds.stride);
  const add = (column: { at(row: number): number; amounts: Float64Array }, row: number): void => {
    const base = column.at(row);
    for (let kind = 0; kind < kinds.count; kind++)
      lent[kind] = (lent[kind] as number) + (column.amounts[base + kind] as number);
  };
  for (let offer = offers.firstOnAgent[agent] ?? -1; offer >= 0; offer = offers.nextOnAgent[offer] as number)
    add(engine.offerKinds, offer);
  for (let task = agents.firstTask[agent] as number; task >= 0; task = tasks.nextOnAgent[task] as number)
    add(engine.taskKinds, task);
  const free = new Float64Array(width);
  const total = new Float64Array(width);
  for (let kind = 0; kind < kinds.count; kind++) {
    const cell = agent * kinds.stride + kind;
    const held = state.agents.held[cell] as number;
    if (held !== lent[kind])
      fail(`agent ${agents.names[agent]} has lent ${held} thousandths of kind ${kind}, not ${lent[kind]}`);
    const name = kinds.nameRows[kind] as number;
    const whole = state.agents.total[cell] as number;
    if (whole < 0) fail(`agent ${agents.names[agent]} has ${whole} thousandths of kind ${kind} in all`);
    total[name] = (total[name] as number) + whole;
    free[name] = (free[name] as number) + whole - held;
  }
  for (let name = 0; name < width; name++) {
    const cell = agent * width + name;
    if (total[name] !== agents.total[cell])
      fail(`kinds of ${name} add up to ${total[name]}, not ${agents.total[cell]}`);
    if (free[name] !== agents.free[cell])
      fail(`free kinds of ${name} add up to ${free[name]}, not ${agents.free[cell]}`);
  }
}
