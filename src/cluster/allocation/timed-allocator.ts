import type { AllocationSink } from './allocation-run.js';
import type { HierarchicalAllocator } from './hierarchical-allocator.js';

/** After this long an allocator that waits for agents goes on without them (hierarchical.cpp ALLOCATION_HOLD_OFF_RECOVERY_TIMEOUT). */
const RECOVERY_TIMEOUT_US = 600_000_000;

/**
 * The actor around a HierarchicalAllocator, alone in the world: a mailbox that is drained after every call, and the batch timer,
 * which is set again at the end of each batch run (semantics §7). For allocator cases and tests; a cluster's master has its own.
 */
export class TimedAllocator {
  nowUs = 0;
  private nextBatchUs: number;
  /** Filters made when the batch timer was set. */
  private batchTrigger = 0;
  private recoveryEndUs = Number.POSITIVE_INFINITY;

  constructor(
    readonly allocator: HierarchicalAllocator,
    private readonly intervalUs: number,
    private readonly sink: AllocationSink,
    /** Leaves out runs that cannot make an offer. */
    private readonly skipsIdle = false,
  ) {
    this.nextBatchUs = intervalUs;
  }

  /** Runs what the last call has triggered. */
  drain(): void {
    if (this.allocator.isRunWanted) this.runOrSkip(this.allocator.filterSequence);
  }

  private runOrSkip(trigger: number): void {
    const { allocator } = this;
    if (this.skipsIdle && allocator.wakeUs() > this.nowUs) allocator.skipRun();
    else allocator.run(this.nowUs, trigger, this.sink);
  }

  /** Lets time pass; every batch on the way runs at its time. */
  advance(spanUs: number): void {
    const endUs = this.nowUs + spanUs;
    while (this.nextBatchUs <= endUs) {
      this.nowUs = this.nextBatchUs;
      this.endRecovery();
      this.allocator.trigger();
      if (this.allocator.isRunWanted) this.runOrSkip(this.batchTrigger);
      this.nextBatchUs = this.nowUs + this.intervalUs;
      this.batchTrigger = this.allocator.filterSequence;
    }
    this.nowUs = endUs;
    this.endRecovery();
  }

  /** A new master: see HierarchicalAllocator.recover. */
  recover(expectedAgentCount: number): void {
    this.allocator.recover(expectedAgentCount);
    this.recoveryEndUs = this.nowUs + RECOVERY_TIMEOUT_US;
  }

  private endRecovery(): void {
    if (this.nowUs < this.recoveryEndUs) return;
    this.recoveryEndUs = Number.POSITIVE_INFINITY;
    this.allocator.resume();
  }
}
