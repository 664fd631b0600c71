import type { SchedulerDriver } from '../../model/framework.js';

const APART_US = 5e6;

/** REVIVE for new work, at least 5 s apart (`mesos/MesosOfferReviverActor.scala`). */
export class Revival {
  private timer = -1;
  private lastUs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly tag: number,
  ) {}

  request(): void {
    if (this.timer >= 0) return;
    this.timer = this.driver.timer(Math.max(0, this.lastUs + APART_US - this.driver.nowUs), this.tag);
  }

  fired(isUp: boolean): void {
    this.timer = -1;
    this.lastUs = this.driver.nowUs;
    if (isUp) this.driver.revive();
  }
}
