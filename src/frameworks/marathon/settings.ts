import type { ConstraintRules } from './constraints.js';
import type { PortRanges } from './host-ports.js';
import type { ProgramModel } from './program.js';

/** Surprising things that the code of Marathon does; each can be switched off. */
export const QUIRKS = ['inactive-counted', 'group-by-needs-value', 'launch-holds-siblings', 'late-kill'] as const;
export type Quirk = (typeof QUIRKS)[number];

/** What a Marathon is started with. */
export interface MarathonSettings {
  readonly program: ProgramModel;
  readonly rules: ConstraintRules;
  readonly hasQuirk: (quirk: Quirk) => boolean;
  readonly declineUs: number;
  readonly maxPerOffer: number;
  readonly tokenCount: number;
  readonly tokenRefillUs: number;
  readonly reviveUs: number;
  readonly suppresses: boolean;
  /** An app without gpus refuses offers with gpus. */
  readonly keepsGpus: boolean;
  readonly overdueUs: number;
  /** Ports of agents that say nothing else. */
  readonly ports: PortRanges;
  /** Region of the master; empty = agents of all regions do. */
  readonly region: string;
  /** Agents are refused so long before their maintenance. */
  readonly drainingUs: number;
  /** A reservation that has not been seen for so long is given up. */
  readonly reservationTimeoutUs: number;
}
