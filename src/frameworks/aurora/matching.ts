import type { SchedulerDriver } from '../../model/framework.js';
import { isMet } from './constraints.js';
import type { TaskConfig } from './job.js';
import { DRAINING, type Maintenance } from './maintenance.js';
import type { AuroraTask } from './task.js';

/** Which agents a task may go to, resources aside (`filter/SchedulingFilterImpl.java`); vetoes in its order. */
export class Filter {
  constructor(
    private readonly driver: SchedulerDriver,
    private readonly maintenance: Maintenance,
    /** Tasks of the job that are on agents by now. */
    private readonly placedOf: (key: string) => readonly AuroraTask[],
    /** Agents are left alone so long before their maintenance. */
    private readonly thresholdUs: number,
  ) {}

  allows(config: TaskConfig, agent: number): boolean {
    // Agents with the attribute take only tasks that ask for it.
    if ((this.valueAt(agent, 'dedicated') ?? '') !== config.dedicated) return false;
    if (this.maintenance.modeOf(agent) >= DRAINING || this.isSoonUnavailable(agent)) return false;
    return config.constraints.every((constraint) => {
      const { attribute } = constraint;
      return isMet(constraint, this.valueAt(agent, attribute), (value) => this.countAt(config, attribute, value));
    });
  }

  /** now > start of the maintenance − threshold. */
  isSoonUnavailable(agent: number): boolean {
    const window = this.driver.unavailability(agent);
    return window !== undefined && this.driver.nowUs > window.startUs - this.thresholdUs;
  }

  private countAt(config: TaskConfig, attribute: string, value: string): number {
    return this.placedOf(config.key).filter((task) => this.valueAt(task.agent, attribute) === value).length;
  }

  /** `host` is the agent itself. */
  private valueAt(agent: number, attribute: string): string | undefined {
    if (attribute === 'host') return this.driver.agentId(agent);
    return this.driver.attributes(agent)[attribute];
  }
}
