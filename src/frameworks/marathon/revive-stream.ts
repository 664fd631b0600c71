import type { SchedulerDriver } from '../../model/framework.js';
import type { Alarm, Alarms } from '../shared/alarms.js';

/** What the stream asks and is told by. */
export interface ReviveSettings {
  /** `min_revive_offers_interval`. */
  readonly intervalUs: number;
  /** `suppress_offers`. */
  readonly suppresses: boolean;
}

/**
 * When a role asks for offers and when it suppresses (core/launchqueue/impl/ReviveOffersStreamLogic.scala): changes are coalesced and
 * sent at least the interval apart; every REVIVE is repeated once on the second tick after it while something still wants offers.
 */
export class ReviveStream {
  private lastSentUs = Number.NEGATIVE_INFINITY;
  private flush: Alarm | undefined;
  private repeat: Alarm | undefined;
  private isNew = false;

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly alarms: Alarms,
    private readonly settings: ReviveSettings,
    private readonly wantsOffers: () => boolean,
  ) {}

  /** An instance newly wants an offer, or the delay of one has ended. */
  wanted(): void {
    this.isNew = true;
    this.arm();
  }

  /** Perhaps nothing wants offers any more. */
  changed(): void {
    this.arm();
  }

  /** A new leader has registered. */
  restart(): void {
    this.flush?.cancel();
    this.repeat?.cancel();
    this.flush = undefined;
    this.repeat = undefined;
    this.lastSentUs = Number.NEGATIVE_INFINITY;
    this.wanted();
  }

  private arm(): void {
    if (this.flush !== undefined) return;
    const dueUs = this.lastSentUs + this.settings.intervalUs;
    this.flush = this.alarms.after(Math.max(0, dueUs - this.driver.nowUs), () => {
      this.flush = undefined;
      this.send();
    });
  }

  private send(): void {
    const { driver } = this;
    const isWanted = this.wantsOffers();
    if (isWanted && (this.isNew || driver.isSuppressed)) this.revive();
    else if (!isWanted && !driver.isSuppressed && this.settings.suppresses) {
      driver.suppress();
      this.lastSentUs = driver.nowUs;
    }
    this.isNew = false;
  }

  private revive(): void {
    this.driver.revive();
    this.lastSentUs = this.driver.nowUs;
    this.repeat?.cancel();
    this.repeat = this.alarms.after(2 * this.settings.intervalUs, () => {
      this.repeat = undefined;
      if (!this.wantsOffers()) return;
      this.driver.revive();
      this.lastSentUs = this.driver.nowUs;
    });
  }
}
