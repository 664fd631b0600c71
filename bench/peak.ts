import { HeapBounds, keepHeapSmall } from '../src/cli/memory.js';
import { replayCluster } from './figures/poisson.js';

/** Simulated time between looks at the heap, as in a run of the program. */
const PIECE_US = 2e6;

/** Peak resident megabytes of a replay of so many tasks, with the heap of the program and no other module loaded: `node peak.js TASKS`. */
function peakMb(tasks: number): number {
  keepHeapSmall();
  const heap = new HeapBounds();
  const { loop, intake } = replayCluster({ agents: 12_500, frameworks: 100, load: 0.7, tasksPerJob: 37, tasks });
  while (!loop.isOver && loop.nextInstantUs() !== Number.POSITIVE_INFINITY) {
    loop.runUntil(loop.nextInstantUs() + PIECE_US);
    heap.fit(intake.liveCount);
  }
  return process.resourceUsage().maxRSS / 1024;
}

process.stdout.write(`${peakMb(Number(process.argv[2]))}\n`);
