import type { SchedulerDriver } from '../../model/framework.js';
import type { TaskUse } from '../../model/operations.js';
import { GPUS } from '../../model/resources.js';
import type { AppDefinition } from './app-definition.js';
import { attributeText, type FieldOf, meets, type Placed } from './constraints.js';
import { AgentPorts, portRanges } from './host-ports.js';
import type { App, Instance, Version } from './instance.js';
import type { Instances } from './instances.js';
import type { LaunchTokens } from './launch-delay.js';
import type { Reservations } from './reservations.js';
import type { MarathonSettings } from './settings.js';

/** Filter of declines that should come back soon: Mesos's default (master: Filters.refuse_seconds). */
const SOON_US = 5e6;

/** An app that wants offers, and its instances that do. */
interface Candidate {
  readonly app: App;
  readonly waiting: Instance[];
  /** What counts for constraints, by number of the version that asks; kept up with while this round of matching goes on. */
  readonly placed: Map<number, FieldOf[]>;
}

/**
 * Offers meet apps (core/matcher/manager, core/launchqueue): each offer is shown to the apps that wait in a random order, owners of a
 * volume on its agent first; who finds it fit launches one instance and goes to the back of the line, until nobody wants it, the limit
 * per offer is reached, or no launch token is left. First fit; nothing is scored.
 */
export class Matcher {
  private readonly random: () => number;
  private readonly portChoice: () => number;
  private readonly ports = new Map<number, AgentPorts>();

  constructor(
    private readonly driver: SchedulerDriver,
    private readonly settings: MarathonSettings,
    private readonly instances: Instances,
    private readonly tokens: LaunchTokens,
    private readonly reservations: Reservations,
  ) {
    this.random = driver.random('matcher');
    this.portChoice = driver.random('ports');
  }

  /** Answers everything that is held. */
  match(): void {
    const { driver, settings, tokens } = this;
    const candidates = this.candidates();
    if (candidates.length === 0 && !this.reservations.isLeaving) {
      driver.declineAll(settings.declineUs);
      return;
    }
    this.notePorts();
    const withoutToken: number[] = [];
    for (let agent = driver.offers.nextAgent(-1); agent >= 0; agent = driver.offers.nextAgent(agent)) {
      if (this.reservations.cleanUp(agent)) continue;
      if (candidates.length === 0) continue;
      if (tokens.available(driver.nowUs) <= 0) withoutToken.push(agent);
      else this.matchOffer(agent, candidates);
    }
    driver.accept(0);
    for (const agent of withoutToken) driver.decline(agent, SOON_US);
    driver.declineAll(settings.declineUs);
  }

  /** True when some instance may be launched now. */
  wantsOffers(): boolean {
    if (this.reservations.isLeaving) return true;
    for (const app of this.instances.apps.values()) {
      if (app.instances.some((instance) => this.isWaiting(instance))) return true;
    }
    return false;
  }

  fieldsOf = (agent: number): FieldOf => {
    const attributes = this.driver.attributes(agent);
    return (field) => {
      if (field === 'hostname' || field === '@hostname') return attributes['hostname'] ?? this.driver.agentId(agent);
      const value = attributes[field] ?? (field.startsWith('@') ? attributes[field.slice(1)] : undefined);
      return value === undefined ? undefined : attributeText(value);
    };
  };

  private isWaiting(instance: Instance): boolean {
    const { condition, pending, version } = instance;
    const { nowUs } = this.driver;
    return condition === 'waiting' && pending !== undefined && version.delay.nextUs(nowUs) <= nowUs;
  }

  private candidates(): Candidate[] {
    const candidates: Candidate[] = [];
    for (const app of this.instances.apps.values()) {
      const waiting = app.instances.filter((instance) => this.isWaiting(instance));
      if (waiting.length > 0) candidates.push({ app, waiting, placed: new Map() });
    }
    return candidates;
  }

  private matchOffer(agent: number, candidates: readonly Candidate[]): void {
    const { driver, settings, tokens } = this;
    const home = driver.agentId(agent);
    const isOwner = ({ waiting }: Candidate): boolean => waiting.some((instance) => instance.home === home);
    const line = [
      ...this.shuffled(candidates.filter((candidate) => candidate.waiting.length > 0 && isOwner(candidate))),
      ...this.shuffled(candidates.filter((candidate) => candidate.waiting.length > 0 && !isOwner(candidate))),
    ];
    let opCount = 0;
    for (let next = line.shift(); next !== undefined; next = line.shift()) {
      if (opCount >= settings.maxPerOffer || tokens.available(driver.nowUs) <= 0) return;
      if (!this.launchOne(agent, next)) continue;
      opCount++;
      tokens.take();
      if (next.waiting.length > 0) line.push(next);
    }
  }

  /** Launches the first instance that fits; false when none does. Instances of one version are alike, but for their volumes. */
  private launchOne(agent: number, candidate: Candidate): boolean {
    const { waiting } = candidate;
    const refused = new Set<Version>();
    for (const [index, instance] of waiting.entries()) {
      if (refused.has(instance.version) || !this.isWaiting(instance)) continue;
      if (this.launch(agent, candidate, instance)) {
        waiting.splice(index, 1);
        return true;
      }
      if (instance.home === '') refused.add(instance.version);
    }
    return false;
  }

  private launch(agent: number, candidate: Candidate, instance: Instance): boolean {
    const { pending, version } = instance;
    if (pending === undefined || !this.fits(agent, candidate, instance)) return false;
    const ports = this.portsOn(agent).match(instance.definition, this.portChoice);
    if (ports === undefined) return false;
    const role = this.roleOf(instance);
    if (instance.definition.isResident && this.reservations.canReserve(role) && !this.reservations.has(instance)) {
      // What it asks for is reserved first; the launch needs a later offer.
      if (!this.reservations.settle(instance, agent, role)) return false;
      this.instances.reserved(instance, agent);
      return true;
    }
    if (!this.driver.place(pending, agent, this.useOf(agent, instance, role))) return false;
    this.instances.launched(instance, agent, ports);
    this.portsOn(agent).take(ports);
    for (const [number, fields] of candidate.placed) {
      if (version.number >= number) fields.push(this.fieldsOf(agent));
    }
    return true;
  }

  /** An app's own role where the framework has it, else the first one. */
  private roleOf({ definition }: Instance): string {
    const { roles } = this.driver;
    return roles.includes(definition.role) ? definition.role : (roles[0] ?? '*');
  }

  private useOf(agent: number, instance: Instance, role: string): TaskUse {
    const volume = this.reservations.volumeOf(instance);
    const use: TaskUse = this.driver.roles.length > 1 ? { role } : {};
    if (volume !== '') return { ...use, volume };
    const { acceptedRoles } = instance.definition;
    const takesOwn = acceptedRoles === undefined || acceptedRoles.includes(role);
    const takesAny = acceptedRoles === undefined || acceptedRoles.includes('*');
    // What Marathon's own residents have reserved carries labels, and is for them alone.
    const isLabelled = this.reservations.isOn(agent) && !this.reservations.has(instance);
    if (!takesAny) return { ...use, reserved: 'only' };
    return takesOwn && !isLabelled ? use : { ...use, reserved: 'never' };
  }

  private fits(agent: number, candidate: Candidate, instance: Instance): boolean {
    const { definition, home } = instance;
    if (home !== '' && home !== this.driver.agentId(agent)) return false;
    if (!this.acceptsRoles(instance) || !this.isOpen(agent, definition)) return false;
    if (definition.resources.gpus === 0 && home === '' && this.keepsGpus(instance)) {
      if ((this.driver.offers.heldOn(agent)[GPUS] as number) > 0) return false;
    }
    if (definition.constraints.length === 0) return true;
    const { targetCount } = candidate.app;
    return meets(definition, this.fieldsOf(agent), this.placed(candidate, instance), targetCount, this.settings.rules);
  }

  /** What is not reserved has the role `*`; reservations to the own role come only where the run knows them. */
  private acceptsRoles(instance: Instance): boolean {
    const { acceptedRoles } = instance.definition;
    if (acceptedRoles === undefined || acceptedRoles.includes('*')) return true;
    return this.reservations.isKnown && acceptedRoles.includes(this.roleOf(instance));
  }

  /** In the master's region, unless a constraint says where; and not under maintenance. */
  private isOpen(agent: number, { constraints }: AppDefinition): boolean {
    const { region, drainingUs } = this.settings;
    const window = this.driver.unavailability(agent);
    const { nowUs } = this.driver;
    if (window !== undefined && nowUs >= window.startUs - drainingUs) {
      if (window.durationUs < 0 || nowUs < window.startUs + window.durationUs) return false;
    }
    if (region === '' || constraints.some(({ field }) => field === '@region' || field === '@zone')) return true;
    return (this.fieldsOf(agent)('@region') ?? region) === region;
  }

  private keepsGpus({ definition }: Instance): boolean {
    const behavior = definition.labels['GPU_SCHEDULING_BEHAVIOR'];
    return behavior === undefined ? this.settings.keepsGpus : behavior === 'restricted';
  }

  /** Instances that count for constraints: placed ones with this configuration or a later one. */
  private placed({ app, placed }: Candidate, { version }: Instance): Placed {
    const known = placed.get(version.number);
    if (known !== undefined) return known;
    const counts = (other: Version): boolean => other.number >= version.number;
    const agents = app.instances.filter((other) => other.isPlaced && counts(other.version)).map((other) => other.agent);
    if (this.settings.hasQuirk('inactive-counted')) {
      for (const ghost of app.inactive) if (counts(ghost.version)) agents.push(ghost.agent);
    }
    const fields = agents.map((agent) => this.fieldsOf(agent));
    placed.set(version.number, fields);
    return fields;
  }

  /** Ports that instances hold on their agents. */
  private notePorts(): void {
    this.ports.clear();
    for (const app of this.instances.apps.values()) {
      for (const instance of app.instances) {
        if (instance.isPlaced && instance.ports.length > 0) this.portsOn(instance.agent).take(instance.ports);
      }
    }
  }

  private portsOn(agent: number): AgentPorts {
    let ports = this.ports.get(agent);
    if (ports === undefined) {
      const text = this.driver.attributes(agent)['ports'];
      ports = new AgentPorts((text === undefined ? undefined : portRanges(text)) ?? this.settings.ports);
      this.ports.set(agent, ports);
    }
    return ports;
  }

  /** Fisher and Yates. */
  private shuffled<T>(list: T[]): T[] {
    for (let last = list.length - 1; last > 0; last--) {
      const other = Math.floor(this.random() * (last + 1));
      [list[last], list[other]] = [list[other] as T, list[last] as T];
    }
    return list;
  }
}
