import { type AllocatorView, type DecisionSink, type DemandEntry, defineAllocator } from '../model/allocator.js';
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
    const lengths = new QueueLengths();
    return {
      kind: 'sorter',
      sorter: (level) => clients.sorter(level),
      prepare: (view, sink) => {
        const queues: Queue[] = [];
        for (let client = 0; client < view.clientCount; client++) queues.push(lengths.of(view.demandOf(client)));
        clients.update(view, (client) => (queues[client] as Queue).oldestUs);
        makeRoom(view, sink, quantum, queues);
      },
    };
  },
});

interface Queue {
  readonly waiting: number;
  /** Since when its oldest task waits; MAX_VALUE = nothing waits. */
  readonly oldestUs: number;
}

/** Lengths of queues; a demand that is the same list as at the last run is not gone through again. */
class QueueLengths {
  private readonly known = new WeakMap<readonly DemandEntry[], Queue>();

  of(entries: readonly DemandEntry[]): Queue {
    let queue = this.known.get(entries);
    if (queue === undefined) {
      let waiting = 0;
      let oldestUs = Number.MAX_VALUE;
      for (const entry of entries) {
        waiting += entry.count;
        oldestUs = Math.min(oldestUs, entry.queuedUs);
      }
      queue = { waiting, oldestUs };
      this.known.set(entries, queue);
    }
    return queue;
  }
}

/** Ends tasks at whose last quantum's end somebody waited, longest running first, as many as there are waiting tasks. */
function makeRoom(view: AllocatorView, sink: DecisionSink, quantumUs: number, queues: readonly Queue[]): void {
  let waiting = 0;
  let oldestUs = Number.MAX_VALUE;
  for (const queue of queues) {
    waiting += queue.waiting;
    oldestUs = Math.min(oldestUs, queue.oldestUs);
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
