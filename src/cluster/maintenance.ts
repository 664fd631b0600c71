import type { InverseOffer } from '../model/framework.js';
import { FACT_INVERSE, INVERSE_ANSWER, INVERSE_OFFER } from './kinds.js';
import type { FrameworkState, World } from './world.js';

/** Codes of answers in facts and messages. */
const DECLINED = 0;
const ACCEPTED = 1;
const OFFERED = 2;

/**
 * Maintenance of agents (docs/maintenance.md): a schedule of unavailability, inverse offers to the frameworks that hold something there,
 * and their answers. The machine goes down at the start of its window and comes up at its end; that is the operator's doing.
 */
export class Maintenance {
  private readonly windows = new Map<number, InverseOffer>();

  constructor(private readonly world: World) {}

  /** When the agent will be unavailable, undefined = no maintenance is scheduled. */
  windowOf(agent: number): InverseOffer | undefined {
    return this.windows.get(agent);
  }

  /** Sets or calls off a window. Triggers a run on the agent (hierarchical.cpp updateUnavailability). */
  schedule(agent: number, window: { startUs: number; durationUs: number } | undefined): void {
    if (window === undefined) this.windows.delete(agent);
    else this.windows.set(agent, { agent, ...window });
    if (this.world.agents.isUp[agent] !== 1) return;
    this.world.engine.setUnavailability(agent, window);
    this.world.clock.wantRunOn(agent);
  }

  /** An inverse offer goes out. */
  invite(framework: number, agent: number): void {
    this.world.facts.record(FACT_INVERSE, this.world.nowUs, framework, agent, OFFERED);
    this.world.send(INVERSE_OFFER, agent, framework);
  }

  /** It has reached its framework, which may answer. */
  invited(agent: number, framework: number): void {
    const window = this.windows.get(agent);
    const { driver, scheduler } = this.world.frameworks[framework] as FrameworkState;
    if (window === undefined || this.world.absences.isWithout(framework)) return;
    const answer = scheduler.onInverseOffer?.(window);
    driver.note('inverse-offer', `agent=${driver.agentId(agent)} answer=${answer ?? 'none'}`);
    if (answer === undefined) return;
    this.world.send(INVERSE_ANSWER, agent, framework * 2 + (answer === 'accept' ? ACCEPTED : DECLINED));
  }

  /** The answer has reached the master; filters of inverse offers last as long as those of offers do by default. */
  answered(agent: number, code: number): void {
    const { world } = this;
    const framework = Math.floor(code / 2);
    const isAccept = code % 2 === ACCEPTED;
    world.facts.record(FACT_INVERSE, world.nowUs, framework, agent, isAccept ? ACCEPTED : DECLINED);
    if (world.agents.isUp[agent] === 1) world.engine.answerInverse(agent, framework, isAccept);
  }
}
