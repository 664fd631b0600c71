import { type IntervalSet, intervalText, union } from '../cluster/allocation/interval-set.js';
import type { RangeSets } from '../cluster/allocation/offer-filters.js';
import { type KindTable, kindText } from '../cluster/allocation/resource-kinds.js';
import type { ResourceEntry } from '../cluster/allocation/resource-text.js';
import type { CaseNode } from './case-node.js';
import { entriesOf } from './case-world.js';

/** Where what happened departs from what a case expects. `agent` is empty for totals. */
export interface Difference {
  readonly framework: string;
  readonly role: string;
  readonly agent: string;
  readonly resource: string;
  readonly expected: string;
  readonly got: string;
}

/** Amounts by place; a place is [framework, role, agent], a resource as in the case's own spelling. */
export class GrantBook {
  count = 0;
  private readonly places = new Map<
    string,
    { names: readonly string[]; amounts: Map<string, string | number>; sets: Map<string, IntervalSet> }
  >();

  /** Adds one grant. */
  add(
    names: readonly string[],
    kinds: KindTable,
    amounts: Float64Array,
    offset: number,
    ranges: RangeSets | undefined,
  ): void {
    this.count++;
    for (let kind = 0; kind < kinds.count; kind++) {
      const milli = amounts[offset + kind] as number;
      if (milli === 0) continue;
      const traits = kinds.traitsOf(kind);
      if (traits.isRange) this.put(names, kindText({ ...traits, isRange: false }), 0, ranges?.get(kind));
      else this.put(names, kindText(traits), milli, undefined);
    }
  }

  addEntries(names: readonly string[], entries: readonly ResourceEntry[]): void {
    for (const entry of entries) {
      if (entry.milli === 0) continue;
      this.put(
        names,
        kindText({ ...entry.traits, isRange: false }),
        entry.ranges === undefined ? entry.milli : 0,
        entry.ranges,
      );
    }
  }

  private put(names: readonly string[], resource: string, milli: number, set: IntervalSet | undefined): void {
    const key = names.join('\0');
    const place = this.places.get(key) ?? { names, amounts: new Map(), sets: new Map() };
    this.places.set(key, place);
    if (set !== undefined) place.sets.set(resource, union(place.sets.get(resource) ?? [], set));
    else place.amounts.set(resource, Number(place.amounts.get(resource) ?? 0) + milli);
  }

  /** The same amounts with agents summed up. */
  totals(): GrantBook {
    const book = new GrantBook();
    book.count = this.count;
    for (const { names, amounts, sets } of this.places.values()) {
      const [framework = '', role = ''] = names;
      for (const [resource, milli] of amounts) book.put([framework, role, ''], resource, Number(milli), undefined);
      for (const [resource, set] of sets) book.put([framework, role, ''], resource, 0, set);
    }
    return book;
  }

  clear(): void {
    this.count = 0;
    this.places.clear();
  }

  /** Texts by place and resource. */
  private cells(): Map<string, { names: readonly string[]; resource: string; text: string }> {
    const cells = new Map<string, { names: readonly string[]; resource: string; text: string }>();
    for (const [key, { names, amounts, sets }] of this.places) {
      for (const [resource, milli] of amounts) {
        if (Number(milli) !== 0)
          cells.set(`${key}\0${resource}`, { names, resource, text: String(Number(milli) / 1000) });
      }
      for (const [resource, set] of sets) {
        if (set.length > 0) cells.set(`${key}\0${resource}`, { names, resource, text: intervalText(set) });
      }
    }
    return cells;
  }

  /** The first difference in order of framework, role, agent and resource; undefined when equal. */
  differenceFrom(expected: GrantBook): Difference | undefined {
    const got = this.cells();
    const wanted = expected.cells();
    const keys = [...new Set([...got.keys(), ...wanted.keys()])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (const key of keys) {
      const cell = got.get(key) ?? wanted.get(key);
      const [framework = '', role = '', agent = ''] = cell?.names ?? [];
      const expectedText = wanted.get(key)?.text ?? '0';
      const gotText = got.get(key)?.text ?? '0';
      if (expectedText === gotText) continue;
      return { framework, role, agent, resource: cell?.resource ?? '', expected: expectedText, got: gotText };
    }
    return undefined;
  }
}

/** `{framework: {role: {agent: resources}}}`, or without agents when `depth` is 2. */
export function expectedGrants(node: CaseNode, depth: 2 | 3): GrantBook {
  const book = new GrantBook();
  for (const [framework, roles] of node.entries()) {
    for (const [role, rest] of roles.entries()) {
      if (depth === 2) book.addEntries([framework, role, ''], entriesOf(rest));
      else for (const [agent, text] of rest.entries()) book.addEntries([framework, role, agent], entriesOf(text));
    }
  }
  return book;
}
