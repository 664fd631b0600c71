import { TimeIntegral } from '../core/time-integral.js';
import { causeRow, WAIT_CAUSES } from '../model/waits.js';
import type { FrameworkState, World } from './world.js';

const IN_FLIGHT = causeRow('in-flight');
const PREEMPTED = causeRow('preempted');
const NO_CAPACITY = causeRow('no-capacity');
const FRAMEWORK_DOWN = causeRow('framework-down');

/**
 * Charges every pending second of every attempt to one cause: per framework, integrals of count × time. Causes are judged once at the
 * end of each instant in which something about the framework changed; within an instant no time passes, so nothing is missed.
 */
export class WaitLedger {
  /** On when some metric asks for it. */
  isOn = false;
  private readonly integrals: TimeIntegral[] = [];
  private readonly dirty: boolean[] = [];
  private readonly counts = new Float64Array(WAIT_CAUSES.length);

  constructor(private readonly world: World) {}

  addFramework(): void {
    this.integrals.push(new TimeIntegral(WAIT_CAUSES.length));
    this.dirty.push(true);
  }

  touch(framework: number): void {
    this.dirty[framework] = true;
  }

  /** After a run, what waits may wait for another reason. */
  touchWaiting(): void {
    for (const state of this.world.frameworks) if (state.waitingCount > 0) this.dirty[state.row] = true;
  }

  /** The instant is over. */
  settle(): void {
    for (let row = 0; row < this.dirty.length; row++) {
      if (this.dirty[row] !== true) continue;
      this.dirty[row] = false;
      this.judge(this.world.frameworks[row] as FrameworkState);
    }
  }

  private judge(state: FrameworkState): void {
    const { counts } = this;
    counts.fill(0);
    const queued = state.waitingCount - state.parkedCount;
    if (this.world.absences.isAway(state.row)) counts[FRAMEWORK_DOWN] = queued;
    else if (queued > 0) state.scheduler.chargeWaits(queued, counts);
    counts[NO_CAPACITY] = (counts[NO_CAPACITY] as number) + state.parkedCount;
    counts[PREEMPTED] = (counts[PREEMPTED] as number) + state.returningCount;
    counts[IN_FLIGHT] = (counts[IN_FLIGHT] as number) + state.stagingCount;
    const integral = this.integrals[state.row] as TimeIntegral;
    integral.advance(this.world.nowUs);
    integral.amounts.set(counts);
  }

  /** Attempt-seconds of a framework by cause, up to now. */
  seconds(framework: number, cause: number): number {
    const integral = this.integrals[framework] as TimeIntegral;
    integral.advance(this.world.nowUs);
    return integral.seconds(cause);
  }
}
