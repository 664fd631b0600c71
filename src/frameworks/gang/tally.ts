import type { SchedulerDriver } from '../../model/framework.js';
import type { Gang, Host } from './gang.js';
import type { Level } from './packing.js';

/** Something that was held for a gang since then: a host, a reservation. */
type Held = Pick<Host, 'launchedUs'>;

/** What gangs cost beside their work: rows of frameworks.csv and events.csv. */
export class GangTally {
  private readonly levels: Record<Level, number> = { agent: 0, rack: 0, cross: 0 };
  private releases = 0;
  private restarts = 0;
  private heldIdleUs = 0;
  private lostUs = 0;
  private finishedCount = 0;
  private gatherSumUs = 0;
  private startCount = 0;

  constructor(private readonly driver: SchedulerDriver) {}

  /** Gangs that hold some members and wait for more: two frameworks with one each may wait for ever. */
  holding(gangs: Iterable<Gang>): void {
    let count = 0;
    for (const gang of gangs) if (gang.phase === 'gathering' && gang.placed.length + gang.reserved.size > 0) count++;
    this.driver.gauge('gangs_holding', count);
  }

  started(gang: Gang, level: Level, hosts: readonly Host[]): void {
    const { nowUs } = this.driver;
    this.levels[level]++;
    this.startCount++;
    this.gatherSumUs += nowUs - Math.min(...hosts.map(({ launchedUs }) => launchedUs));
    this.idled(hosts);
    this.driver.gauge(`starts_${level}`, this.levels[level]);
    this.driver.gauge('gather_s_mean', this.gatherSumUs / this.startCount / 1e6);
    this.driver.note('gang-started', `job=${gang.job.record.id} members=${hosts.length} level=${level}`);
  }

  released(gang: Gang, hosts: readonly Held[], backoffUs: number): void {
    this.idled(hosts);
    this.driver.gauge('releases', ++this.releases);
    const detail = `job=${gang.job.record.id} members=${hosts.length} backoff_s=${backoffUs / 1e6}`;
    this.driver.note('gang-released', detail);
  }

  /** Seconds that hosts held resources without work. */
  private idled(hosts: readonly Held[]): void {
    for (const { launchedUs } of hosts) this.heldIdleUs += this.driver.nowUs - launchedUs;
    this.driver.gauge('held_idle_s', this.heldIdleUs / 1e6);
  }

  stopped(gang: Gang, reason: string, lostUs: number, memberCount: number): void {
    this.lostUs += lostUs * memberCount;
    this.driver.gauge('restarts', ++this.restarts);
    this.driver.gauge('lost_work_s', this.lostUs / 1e6);
    this.driver.note('gang-stopped', `job=${gang.job.record.id} reason=${reason} lost_s=${lostUs / 1e6}`);
  }

  resized(gang: Gang, memberCount: number): void {
    this.driver.note('gang-resized', `job=${gang.job.record.id} members=${memberCount}`);
  }

  over(gang: Gang, state: string): void {
    if (state === 'finished') this.driver.gauge('gangs_finished', ++this.finishedCount);
    this.driver.note('gang-over', `job=${gang.job.record.id} state=${state}`);
  }
}
