import { fail } from '../../core/errors.js';
import { grown } from '../../core/rows.js';
import type { OfferConstraints } from './offer-constraints.js';

/** Capabilities of a framework that the allocator looks at (mesos.proto FrameworkInfo.Capability). */
export const GPU_RESOURCES = 1;
export const REVOCABLE_RESOURCES = 2;
export const RESERVATION_REFINEMENT = 4;
export const SHARED_RESOURCES = 8;
export const REGION_AWARE = 16;
export const MULTI_ROLE = 32;

/**
 * Alternatives of which an offer must contain one: amounts in thousandths per name row of the kind table (missing = 0). No
 * alternative at all = anything that is not empty.
 */
export type MinAllocatable = readonly (readonly number[])[];

/** A framework as it subscribes. Roles are rows of the role table. */
export interface FrameworkSpec {
  /** Its id; its bytes break the last ties. */
  readonly id: string;
  readonly roles: readonly number[];
  readonly capabilities: number;
  readonly suppressed?: readonly number[];
  /** Default true. */
  readonly isActive?: boolean;
  /** By role, instead of the global ones. */
  readonly minAllocatable?: ReadonlyMap<number, MinAllocatable>;
  /** By role; no entry = every agent is allowed. */
  readonly constraints?: ReadonlyMap<number, OfferConstraints>;
}

export interface FrameworkState {
  readonly row: number;
  readonly id: string;
  isActive: boolean;
  capabilities: number;
  roles: Set<number>;
  readonly suppressed: Set<number>;
  /** Clients by role: of subscribed roles, and of roles in which something is still held. */
  readonly clients: Map<number, number>;
  minAllocatable: ReadonlyMap<number, MinAllocatable>;
  constraints: ReadonlyMap<number, OfferConstraints>;
}

/** What clients may take, shared by all clients that the cycle cannot tell apart. */
export interface ClientClass {
  readonly capabilities: number;
  readonly minAllocatable: MinAllocatable;
  readonly constraints: OfferConstraints | undefined;
}

/** Clients are (framework, role) pairs; a pair has the same row for ever. */
export class ClientTable {
  count = 0;
  frameworkOf = new Int32Array(16);
  roleOf = new Int32Array(16);
  classOf = new Int32Array(16);
  readonly classes: ClientClass[] = [];
  readonly frameworks: (FrameworkState | undefined)[] = [];
  /** Clients that are active in their sorters. */
  activeCount = 0;
  isActive = new Uint8Array(16);
  private readonly rows = new Map<number, Map<number, number>>();
  private readonly classRows = new Map<string, number>();

  constructor(private readonly minAllocatable: MinAllocatable) {}

  /** Row of a pair, added when new. */
  rowOf(framework: number, role: number): number {
    let byRole = this.rows.get(framework);
    if (byRole === undefined) {
      byRole = new Map();
      this.rows.set(framework, byRole);
    }
    const known = byRole.get(role);
    if (known !== undefined) return known;
    if (this.count === this.frameworkOf.length) this.grow();
    const client = this.count++;
    this.frameworkOf[client] = framework;
    this.roleOf[client] = role;
    byRole.set(role, client);
    return client;
  }

  /** Rows of all pairs that the framework ever was in. */
  rowsOf(framework: number): Iterable<number> {
    return this.rows.get(framework)?.values() ?? [];
  }

  framework(row: number): FrameworkState {
    return this.frameworks[row] ?? fail(`the allocator does not know framework ${row}`);
  }

  /** Finds the class of a client from its framework's present traits. */
  classify(client: number): void {
    const framework = this.framework(this.frameworkOf[client] as number);
    const role = this.roleOf[client] as number;
    const minAllocatable = framework.minAllocatable.get(role) ?? this.minAllocatable;
    const constraints = framework.constraints.get(role);
    const key = `${framework.capabilities}|${JSON.stringify(minAllocatable)}|${JSON.stringify(constraints ?? null)}`;
    let row = this.classRows.get(key);
    if (row === undefined) {
      row = this.classes.push({ capabilities: framework.capabilities, minAllocatable, constraints }) - 1;
      this.classRows.set(key, row);
    }
    this.classOf[client] = row;
  }

  private grow(): void {
    const capacity = this.frameworkOf.length * 2;
    this.frameworkOf = grown(this.frameworkOf, capacity);
    this.roleOf = grown(this.roleOf, capacity);
    this.classOf = grown(this.classOf, capacity);
    this.isActive = grown(this.isActive, capacity);
  }
}
