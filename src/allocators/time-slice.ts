import { type AllocatorView, type DecisionSink, defineAllocator } from '../model/allocator.js';
import { ClientKeys } from './key-sorter.js';

export const timeSlice = defineAllocator({
  name: 'time-slice',
  summary:
    'round robin in time: work that has run for a quantum makes room for work that waits; needs checkpoints and the order `queued`',
  source: 'round robin and its limit, processor sharing: Kleinrock, Queueing Systems II, 1976, §4.4',
  options: {
    quantum: {
      type: 'duration',
      default: '10 s',
      range: [1, 86_400e6],
      help: 'least run before work makes room; judged at allocation runs',
    },
  },
  reads: ['demand', 'tasks'],
  wakesOn: ['free', 'client', 'demand', 'task', 'time'],
  create: ({ quantum }) => {
    const clients = new ClientKeys();
    return {
      kind: 'sorter',
      sorter: (level) => clients.sorter(level),
      prepare: (view, sink) => {
        clients.update(view, (client) => {
          let first = Number.MAX_VALUE;
          for (const entry of view.demandOf(client)) first = Math.min(first, entry.queuedUs);
          return first;
        });
        makeRoom(view, sink, quantum);
      },
    };
  },
});

/** Ends tasks at whose last quantum's end somebody waited, longest running first, as many as there are waiting tasks. */
function makeRoom(view: AllocatorView, sink: DecisionSink, quantumUs: number): void {
  let waiting = 0;
  let oldestUs = Number.POSITIVE_INFINITY;
  for (let client = 0; client < view.clientCount; client++) {
    for (const entry of view.demandOf(client)) {
      waiting += entry.count;
      oldestUs = Math.min(oldestUs, entry.queuedUs);
    }
  }
  if (waiting === 0) return;
  const spent: { task: number; startUs: number }[] = [];
  for (const { task, startUs, isEnding } of view.runningTasks()) {
    if (isEnding) continue;
    const quanta = Math.floor((view.nowUs - startUs) / quantumUs);
    if (quanta >= 1 && startUs + quanta * quantumUs >= oldestUs) spent.push({ task, startUs });
  }
  spent.sort((a, b) => a.startUs - b.startUs || a.task - b.task);
  for (const { task } of spent.slice(0, waiting)) sink.evict(task, 'quantum', 0);
}
