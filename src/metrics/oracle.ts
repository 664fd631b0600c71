import { defineMetric } from '../model/metric.js';
import type { ClusterView, JobView } from '../model/observer.js';

interface Work {
  /** CPU seconds left. */
  left: number;
  readonly submitS: number;
  /** The longest chain of the job's own tasks cannot be shorter than its longest task. */
  readonly longestS: number;
}

/**
 * The whole cluster as one server as fast as all its CPUs together, work in any number of pieces, true sizes known, preemption free:
 * least remaining work first is then optimal for the sum of responses (Schrage 1968), and no schedule on the real agents beats it. A
 * job is not done before its longest task could be, either: the larger of both sums bounds the mean.
 */
class PooledServer {
  private readonly works: Work[] = [];
  private nowS = 0;
  private srptSum = 0;
  private longestSum = 0;
  private count = 0;

  constructor(private readonly cluster: ClusterView) {}

  get mean(): number {
    return this.count === 0 ? Number.NaN : Math.max(this.srptSum, this.longestSum) / this.count;
  }
  get jobCount(): number {
    return this.count;
  }
  get unfinished(): number {
    return this.works.length;
  }

  arrive(job: JobView): void {
    const { groups } = job.record;
    if (groups.some(({ durationUs }) => !Number.isFinite(durationUs))) return;
    this.advance(this.cluster.nowUs / 1e6);
    let left = 0;
    let longestS = 0;
    for (const { durationUs, count, amounts } of groups) {
      left += (durationUs / 1e6) * count * ((amounts[0] as number) / 1000);
      longestS = Math.max(longestS, durationUs / 1e6);
    }
    // Most remaining work first, so that the next to finish is at the end; of equal ones the older.
    let low = 0;
    let high = this.works.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.works[middle] as Work).left > left) low = middle + 1;
      else high = middle;
    }
    this.works.splice(low, 0, { left, submitS: this.nowS, longestS });
  }

  /** Works off the least remaining job, and the next one after it, up to a time. */
  advance(untilS: number): void {
    const speed = (this.cluster.ledger.total[0] as number) / 1000;
    while (this.works.length > 0 && speed > 0) {
      const least = this.works[this.works.length - 1] as Work;
      const doneS = this.nowS + least.left / speed;
      if (doneS > untilS) {
        least.left -= (untilS - this.nowS) * speed;
        break;
      }
      this.works.pop();
      this.nowS = doneS;
      this.srptSum += doneS - least.submitS;
      this.longestSum += least.longestS;
      this.count++;
    }
    this.nowS = untilS;
  }
}

export const oracle = defineMetric({
  name: 'oracle',
  summary:
    'a lower bound on the mean response: the work of the run on the pooled cluster, least remaining first, sizes known',
  source: 'Schrage, A proof of the optimality of SRPT, Operations Research 16(3), 1968',
  options: {},
  isDefault: true,
  create: (_options, { cluster, summary, warmupUs }) => {
    const server = new PooledServer(cluster);
    return {
      jobArrived: (job) => {
        if (job.submitUs >= warmupUs && job.state !== 'rejected') server.arrive(job);
      },
      finished: () => {
        server.advance(cluster.nowUs / 1e6);
        const base = {
          scope: 'cluster',
          name: '',
          unit: 's',
          n: server.jobCount,
          nCensored: server.unfinished,
        } as const;
        summary({ ...base, metric: 'oracle_turnaround_s_mean', value: server.mean });
      },
    };
  },
});
