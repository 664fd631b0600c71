import { AgentStore } from '../../src/cluster/agents.js';
import { LevelIndex } from '../../src/cluster/level-index.js';
import { ResourceSpace } from '../../src/model/resources.js';
import { cpuSecondsOf, type Figure } from '../figure.js';

const AGENTS = 12_500;
const SEARCHES = 300_000;

/** Agents filled at random up to 95 %: most searches pass over many that do not fit. */
function search(hasIndex: boolean): number {
  const space = new ResourceSpace();
  const agents = new AgentStore(space);
  let state = 7;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
  for (let row = 0; row < AGENTS; row++) {
    agents.add({ id: `a${row}`, amounts: space.of({ cpus: 16, mem: 65_536 }), attributes: {} });
    const free = space.of({ cpus: 16 * uniform() ** 4, mem: 65_536 * uniform() ** 4 });
    agents.free.set(free, row * space.count);
  }
  const contributes = new Uint8Array(AGENTS).fill(1);
  const index = new LevelIndex(agents, () => contributes);
  const demands = Array.from({ length: 64 }, () =>
    space.of({ cpus: 1 + 14 * uniform(), mem: 1024 * (1 + 60 * uniform()) }),
  );
  const fits = (agent: number, demand: Float64Array): boolean => {
    for (let resource = 0; resource < space.count; resource++) {
      if ((demand[resource] as number) > (agents.free[agent * space.count + resource] as number)) return false;
    }
    return true;
  };
  const byIndex = (demand: Float64Array): number => {
    index.seek(demand);
    let agent = index.next(0);
    while (agent >= 0 && !fits(agent, demand)) agent = index.next(agent + 1);
    return agent;
  };
  const byWalk = (demand: Float64Array): number => {
    for (let agent = 0; agent < AGENTS; agent++) if (fits(agent, demand)) return agent;
    return -1;
  };
  const count = hasIndex ? SEARCHES : SEARCHES / 30;
  let found = 0;
  const seconds = cpuSecondsOf(() => {
    for (let round = 0; round < count; round++) {
      const demand = demands[round & 63] as Float64Array;
      found += (hasIndex ? byIndex(demand) : byWalk(demand)) >= 0 ? 1 : 0;
    }
  });
  return found < 0 ? 0 : (seconds / count) * 1e6;
}

/** First fit over 12,500 agents that are nearly full. */
export const placementFigures: Figure[] = [
  { name: 'first fit on 12,500 agents, level bitmaps', unit: 'µs', better: 'less', measure: () => search(true) },
  { name: 'first fit on 12,500 agents, walk', unit: 'µs', better: 'less', measure: () => search(false) },
];
