import { InputError } from '../core/errors.js';
import { Heap } from '../core/heap.js';
import { defineFault, type Fault, type FaultContext, type FaultSink } from '../model/fault.js';
import type { Failure, FailureSource } from '../model/trace-format.js';

interface Repair {
  readonly atUs: number;
  readonly agent: number;
  readonly row: number;
}

/**
 * Failures out of a trace. One that names an agent takes that agent down, one that names a share takes so many agents down that are
 * not down already, drawn from a stream of its own; at least one. Agents that the cluster does not have are counted and left alone.
 */
class FailureReplay implements Fault {
  private readonly rows: ReadonlyMap<string, number>;
  private readonly repairs = new Heap<Repair>((a, b) => a.atUs < b.atUs || (a.atUs === b.atUs && a.row < b.row));
  /** Failures of this trace that hold each agent down. */
  private readonly holds: Int32Array;
  private pending: Failure | null;
  private repairCount = 0;
  private unknownCount = 0;

  constructor(
    private readonly source: FailureSource,
    private readonly context: FaultContext,
    private readonly timeScale: number,
  ) {
    this.rows = new Map(context.agents.map(({ id }, row) => [id, row]));
    this.holds = new Int32Array(context.agents.length);
    this.pending = source.next();
    if (this.pending === null)
      throw new InputError('E_FAULT', 'the failure trace has no failures', { file: source.report.files[0] ?? '' });
  }

  private pendingUs(): number {
    return this.pending === null ? Number.POSITIVE_INFINITY : Math.round(this.pending.timeUs * this.timeScale);
  }

  nextUs(): number {
    return Math.min(this.pendingUs(), this.nextRepairUs());
  }

  nextRepairUs(): number {
    return this.repairs.peek()?.atUs ?? Number.POSITIVE_INFINITY;
  }

  act(nowUs: number, sink: FaultSink): void {
    for (let repair = this.repairs.peek(); repair !== undefined && repair.atUs <= nowUs; repair = this.repairs.peek()) {
      this.repairs.pop();
      this.holds[repair.agent] = (this.holds[repair.agent] as number) - 1;
      sink.repair(repair.agent);
    }
    while (this.pending !== null && this.pendingUs() <= nowUs) {
      const untilUs = nowUs + Math.max(1, Math.round(this.pending.durationUs * this.timeScale));
      for (const agent of this.agentsOf(this.pending)) {
        this.holds[agent] = (this.holds[agent] as number) + 1;
        sink.fail(agent);
        this.repairs.push({ atUs: untilUs, agent, row: this.repairCount++ });
      }
      this.pending = this.source.next();
    }
  }

  private agentsOf({ agent, share }: Failure): number[] {
    if (agent !== '') {
      const row = this.rows.get(agent);
      if (row !== undefined) return [row];
      this.unknownCount++;
      this.source.report.notes.set('failures of agents that the cluster does not have', String(this.unknownCount));
      return [];
    }
    const free = [...this.holds.keys()].filter((row) => this.holds[row] === 0);
    const count = Math.min(free.length, Math.max(1, Math.round(share * this.holds.length)));
    const draw = this.context.random('hosts');
    // The first `count` places of a shuffle (Fisher, Yates).
    for (let place = 0; place < count; place++) {
      const other = place + Math.floor(draw() * (free.length - place));
      const row = free[other] as number;
      free[other] = free[place] as number;
      free[place] = row;
    }
    return free.slice(0, count).sort((a, b) => a - b);
  }

  close(): void {
    this.source.close();
  }
}

export const failureTrace = defineFault({
  name: 'failure-trace',
  summary: 'agents go down and come back as a recorded trace of failures has it (LANL, OpenDC, failures.csv)',
  source: 'docs/faults.md; Schroeder, Gibson, DSN 2006; OpenDC TraceBasedFailureModel.kt',
  options: {
    file: { type: 'files', default: '', help: 'the trace, relative to the scenario' },
    format: { type: 'text', default: '', help: 'name[option=value,…]; recognised when left out' },
    timeScale: { type: 'number', default: 1, range: [1e-9, 1e9], help: 'times and durations × this' },
  },
  create: ({ file, format, timeScale }, context) => {
    if (file.length === 0) throw new InputError('E_FAULT', 'fault failure-trace: a file is needed');
    return new FailureReplay(context.openFailures(file, format), context, timeScale);
  },
});
