import type { SchedulerDriver } from '../../model/framework.js';
import type { Alarms } from '../shared/alarms.js';
import type { App } from './instance.js';

/** Numbers of a Marathon over time: instances by condition, and how long it takes to recover from a loss. */
export class Vitals {
  private readonly shown = new Map<string, number>();
  private isTouched = false;
  private lostCount = 0;
  private recoveryCount = 0;
  /** Since when instances are missing that a loss took, -1 = none are. */
  private lostUs = -1;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly alarms: Alarms,
    private readonly apps: ReadonlyMap<string, App>,
  ) {}

  /** Something may have changed: the numbers are told once per instant. */
  touch(): void {
    if (this.isTouched) return;
    this.isTouched = true;
    this.alarms.after(0, () => {
      this.isTouched = false;
      this.tell();
    });
  }

  /** An agent has taken an instance along. */
  lost(): void {
    this.lostCount++;
    if (this.lostUs < 0) this.lostUs = this.driver.nowUs;
    this.touch();
  }

  private tell(): void {
    let running = 0;
    let healthy = 0;
    let waiting = 0;
    let isWhole = true;
    for (const app of this.apps.values()) {
      let good = 0;
      for (const instance of app.instances) {
        if (instance.condition === 'running') running++;
        if (instance.condition === 'waiting') waiting++;
        if (instance.isGood) good++;
      }
      healthy += good;
      isWhole &&= good >= app.targetCount;
    }
    this.show('instances_running', running);
    this.show('instances_healthy', healthy);
    this.show('instances_waiting', waiting);
    this.show('instances_lost', this.lostCount);
    if (isWhole && this.lostUs >= 0) this.recovered();
  }

  private recovered(): void {
    const seconds = (this.driver.nowUs - this.lostUs) / 1e6;
    this.lostUs = -1;
    this.driver.gauge('recovery_s', seconds);
    this.driver.gauge('recoveries', ++this.recoveryCount);
    this.driver.note('recovered', `seconds=${seconds}`);
  }

  private show(name: string, value: number): void {
    if (this.shown.get(name) === value) return;
    // A number that has always been zero is no news.
    if (value === 0 && !this.shown.has(name)) return;
    this.shown.set(name, value);
    this.driver.gauge(name, value);
  }
}
