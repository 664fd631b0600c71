import { defineFramework, type Framework, type SchedulerDriver } from '../model/framework.js';
import { batch } from './batch/batch.js';

/** Timer of the keeper itself; `batch` numbers its own from 1. */
const LET_GO = -1;

/**
 * A `batch` that sits on what it does not use. Where `batch` would decline it keeps, and declines everything that is still
 * held `keep` after the first offer it kept. A never-ending `keep` is a framework that never declines.
 */
class Keeping {
  private inner: Framework | undefined;
  private timer = -1;
  private refuseUs = 0;
  /** True while `keep` has run out: then declines go through. */
  private isLettingGo = false;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly keepUs: number,
  ) {}

  /** The driver as the inner framework sees it: one call is held back, all others go through. */
  seenDriver(): SchedulerDriver {
    const declineAll = (refuseUs: number): void => this.declineLater(refuseUs);
    return new Proxy(this.driver, {
      get: (target, key) => {
        if (key === 'declineAll') return declineAll;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** The inner framework with the keeper's timer in front of its own. */
  wrap(inner: Framework): Framework {
    this.inner = inner;
    return new Proxy(inner, {
      get: (target, key) => {
        if (key === 'onTimer') return (tag: number): void => this.onTimer(tag);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  private declineLater(refuseUs: number): void {
    this.refuseUs = refuseUs;
    if (this.driver.offers.isEmpty || this.isLettingGo) {
      this.driver.declineAll(refuseUs);
    } else if (this.timer < 0) {
      this.timer = this.driver.timer(this.keepUs, LET_GO);
    }
  }

  private onTimer(tag: number): void {
    if (tag !== LET_GO) {
      this.inner?.onTimer?.(tag);
      return;
    }
    this.timer = -1;
    this.isLettingGo = true;
    this.driver.declineAll(this.refuseUs);
    this.isLettingGo = false;
  }
}

export const keeper = defineFramework({
  name: 'keeper',
  summary: 'a batch framework that keeps what it is offered and does not use, for a while or for ever',
  source:
    'Fenzo TaskScheduler.Builder.withLeaseOfferExpirySecs (120 s); a framework that never declines: mesosphere/sssp issue 8',
  options: {
    keep: {
      type: 'duration',
      default: '120 s',
      range: [0, 1e15],
      help: 'how long offers that are not used are kept before they are declined',
    },
  },
  create: ({ keep }, slots, driver) => {
    const keeping = new Keeping(driver, keep);
    return keeping.wrap(batch.create({}, slots, keeping.seenDriver()));
  },
});
