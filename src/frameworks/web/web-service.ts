import type { FrameworkSlots, SchedulerDriver } from '../../model/framework.js';
import type { AppTree } from '../marathon/app-tree.js';
import type { Instance } from '../marathon/instance.js';
import { Marathon } from '../marathon/marathon.js';
import type { MarathonSettings } from '../marathon/settings.js';
import type { Autoscaler } from './autoscaler.js';
import { OWN_TAG, type Traffic } from './traffic.js';

export interface WebSettings {
  /** The app that serves; empty = the first. */
  readonly appId: string;
  /** Weights of instances by number, in turn. */
  readonly weights: readonly number[];
  /** Between two looks at the load: gauges are told, the autoscaler decides. */
  readonly intervalUs: number;
  /** Busy servers that one request asks for, in seconds: mean service time × branches. */
  readonly workS: number;
}

/**
 * A web service: an app of Marathon that answers modelled requests. Marathon keeps the instances, a balancer spreads the requests over
 * those that are healthy and ready, and an autoscaler asks Marathon for more or fewer.
 */
export class WebService extends Marathon {
  private readonly stationOf = new Map<Instance, number>();
  private appId = '';
  private busyS = 0;
  private serversS = 0;
  private arrived = 0;
  private direction = 0;
  private turnCount = 0;
  private scalingCount = 0;

  constructor(
    driver: SchedulerDriver,
    slots: FrameworkSlots,
    settings: MarathonSettings,
    tree: AppTree,
    private readonly web: WebSettings,
    readonly traffic: Traffic,
    private readonly autoscaler: Autoscaler,
  ) {
    super(driver, slots, settings, tree);
    this.appId = web.appId === '' ? ([...tree.keys()][0] ?? '') : web.appId;
    this.onInstance = (instance) => this.follow(instance);
  }

  override onStart(): void {
    super.onStart();
    this.traffic.start();
    this.driver.timer(this.web.intervalUs, OWN_TAG);
  }

  hasMore(): boolean {
    return this.traffic.hasMore;
  }

  /** Requests come and are served without a leader; the autoscaler needs one. */
  override isOfPrograms(tag: number): boolean {
    return tag < 0 ? tag !== OWN_TAG : super.isOfPrograms(tag);
  }

  override onTimer(tag: number): void {
    if (tag >= 0) super.onTimer(tag);
    else if (tag === OWN_TAG) this.look();
    else this.traffic.onTimer(tag);
  }

  onFinish(): void {
    const { traffic, driver } = this;
    const { responses } = traffic;
    driver.gauge('requests_arrived', traffic.arrivedCount);
    driver.gauge('requests_done', traffic.doneCount);
    driver.gauge('requests_refused', traffic.refusedCount);
    driver.gauge('requests_moved', traffic.movedCount);
    driver.gauge('requests_open', traffic.inSystem);
    driver.gauge('scalings', this.scalingCount);
    driver.gauge('scaling_turns', this.turnCount);
    if (responses.count === 0) return;
    driver.gauge('request_wait_share', traffic.delayedCount / responses.count);
    driver.gauge('request_s_mean', responses.mean / 1e6);
    for (const percent of [50, 95, 99]) driver.gauge(`request_s_p${percent}`, responses.quantile(percent / 100) / 1e6);
    driver.gauge('request_s_max', responses.max / 1e6);
  }

  /** Healthy and ready instances serve; those that are being killed or fail their checks finish what they have. */
  private follow(instance: Instance): void {
    if (instance.appId !== this.appId) return;
    const row = this.stationOf.get(instance);
    const isUp = instance.condition === 'running' || instance.condition === 'killing';
    if (row === undefined) {
      if (!instance.isGood) return;
      const { weights } = this.web;
      const added = this.traffic.addStation(
        `${instance.appId}.${instance.number}`,
        weights[(instance.number - 1) % weights.length] ?? 1,
      );
      this.stationOf.set(instance, added);
      this.traffic.setServing(added, true);
    } else if (isUp) {
      this.traffic.setServing(row, instance.isGood);
    } else {
      this.stationOf.delete(instance);
      this.traffic.removeStation(row);
    }
  }

  /** The load since the last look; what the autoscaler makes of it. */
  private look(): void {
    const { driver, traffic, web } = this;
    driver.timer(web.intervalUs, OWN_TAG);
    const { busy, servers } = traffic.busySeconds();
    const serversS = servers - this.serversS;
    const utilization = serversS > 0 ? (busy - this.busyS) / serversS : 0;
    const ratePerS = (traffic.arrivedCount - this.arrived) / (web.intervalUs / 1e6);
    this.busyS = busy;
    this.serversS = servers;
    this.arrived = traffic.arrivedCount;
    driver.gauge('request_rate', ratePerS);
    driver.gauge('service_utilization', utilization);
    driver.gauge('instances_serving', traffic.serving.count);
    const app = this.instances.apps.get(this.appId);
    if (app === undefined) return;
    const wanted = this.autoscaler.decide({
      nowUs: driver.nowUs,
      instances: app.targetCount,
      utilization,
      offeredLoad: ratePerS * web.workS,
    });
    if (wanted !== app.targetCount) this.rescale(app.targetCount, wanted);
    driver.gauge('instances_wanted', app.targetCount);
  }

  /** A deployment that is still going on is waited for. */
  private rescale(from: number, to: number): void {
    if (!this.scale(this.appId, to, false)) return;
    const direction = Math.sign(to - from);
    this.scalingCount++;
    if (this.direction !== 0 && direction !== this.direction) this.turnCount++;
    this.direction = direction;
  }
}
