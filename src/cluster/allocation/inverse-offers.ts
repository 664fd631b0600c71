/** A framework's answer to an inverse offer. */
export type InverseAnswer = 'accept' | 'decline';

/** Inverse offers of agents under maintenance: which are out, how they were answered, and their filters (hierarchical.cpp §updateInverseOffer). */
export class InverseOffers {
  private readonly outstanding = new Map<number, Set<number>>();
  private readonly answers = new Map<number, Map<number, InverseAnswer>>();
  /** Expiry of the longest-lived filter, by agent and framework. */
  private readonly filters = new Map<number, Map<number, number>>();

  /** New or no maintenance: everything about the agent starts anew. */
  clearAgent(agent: number): void {
    this.outstanding.delete(agent);
    this.answers.delete(agent);
    this.filters.delete(agent);
  }

  /** The framework's filters end; its outstanding inverse offers stay. */
  clearFilters(framework: number): void {
    for (const byFramework of this.filters.values()) byFramework.delete(framework);
  }

  /** The framework is gone. */
  clearFramework(framework: number): void {
    this.clearFilters(framework);
    for (const set of this.outstanding.values()) set.delete(framework);
    for (const byFramework of this.answers.values()) byFramework.delete(framework);
  }

  /** Unless one is out or filtered, notes that an inverse offer goes out now. A filter ends at its expiry. */
  begin(agent: number, framework: number, nowUs: number): boolean {
    let set = this.outstanding.get(agent);
    if (set?.has(framework)) return false;
    const expiryUs = this.filters.get(agent)?.get(framework);
    if (expiryUs !== undefined && expiryUs > nowUs) return false;
    if (set === undefined) {
      set = new Set();
      this.outstanding.set(agent, set);
    }
    set.add(framework);
    return true;
  }

  /** The reply, or undefined when the offer timed out or was rescinded. */
  answered(agent: number, framework: number, answer: InverseAnswer | undefined): void {
    if (this.outstanding.get(agent)?.delete(framework) !== true || answer === undefined) return;
    const byFramework = this.answers.get(agent) ?? new Map<number, InverseAnswer>();
    byFramework.set(framework, answer);
    this.answers.set(agent, byFramework);
  }

  filter(agent: number, framework: number, expiryUs: number): void {
    const byFramework = this.filters.get(agent) ?? new Map<number, number>();
    byFramework.set(framework, Math.max(expiryUs, byFramework.get(framework) ?? 0));
    this.filters.set(agent, byFramework);
  }

  /** Last answers of an agent's frameworks, by framework. */
  answersOf(agent: number): ReadonlyMap<number, InverseAnswer> {
    return this.answers.get(agent) ?? new Map();
  }
}
