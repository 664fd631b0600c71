/** A persistent volume. On its agent it has a slot of its own: volumes of the same slot on different agents share a kind of amounts. */
export interface Volume {
  readonly id: string;
  readonly agent: number;
  readonly role: string;
  readonly diskMilliMib: number;
  readonly slot: number;
}

/** The persistent volumes by id and by agent, from the plan of their CREATE on. */
export class Volumes {
  private readonly byId = new Map<string, Volume>();
  private readonly slots = new Map<number, (Volume | undefined)[]>();

  get(id: string): Volume | undefined {
    return this.byId.get(id);
  }

  on(agent: number, slot: number): Volume | undefined {
    return this.slots.get(agent)?.[slot];
  }

  add(id: string, agent: number, role: string, diskMilliMib: number): Volume {
    const list = this.slots.get(agent) ?? [];
    this.slots.set(agent, list);
    const empty = list.indexOf(undefined);
    const volume = { id, agent, role, diskMilliMib, slot: empty < 0 ? list.length : empty };
    list[volume.slot] = volume;
    this.byId.set(id, volume);
    return volume;
  }

  remove(id: string): void {
    const volume = this.byId.get(id);
    if (volume === undefined) return;
    this.byId.delete(id);
    (this.slots.get(volume.agent) as (Volume | undefined)[])[volume.slot] = undefined;
  }

  /** An agent has come back without what it had. */
  forget(agent: number): void {
    for (const volume of this.slots.get(agent) ?? []) if (volume !== undefined) this.byId.delete(volume.id);
    this.slots.delete(agent);
  }
}
