import { KindTable } from '../cluster/allocation/resource-kinds.js';
import { amountsOf } from '../cluster/allocation/resource-text.js';
import type { Sorter } from '../model/allocator.js';
import type { ResourceSpace } from '../model/resources.js';
import type { Difference } from './case-grants.js';
import type { CaseNode } from './case-node.js';
import { entriesOf, resourceSpaceOf, sorterAllocator } from './case-world.js';

/** Runs one case of kind `sorter` on the role sorter of the allocator. */
export class SorterCase {
  private readonly resources: ResourceSpace;
  private readonly kinds: KindTable;
  private readonly sorter: Sorter;
  private readonly total: Float64Array;
  private readonly agents = new Map<string, Float64Array>();
  private readonly rows = new Map<string, number>();
  private readonly paths: string[] = [];

  constructor(node: CaseNode, _steps: readonly CaseNode[], policy: string) {
    this.resources = resourceSpaceOf(node);
    this.kinds = new KindTable(this.resources);
    const excluded = node.find('config')?.find('fairnessExclude')?.texts() ?? [];
    this.sorter = sorterAllocator(policy, this.resources, excluded).sorter('role');
    this.total = this.resources.zero();
    this.sorter.setTotal(this.total);
  }

  step(node: CaseNode): Difference | undefined {
    if (!node.has('op')) return this.expect(node);
    const operation = node.get('op');
    const name = operation.text();
    const apply = Object.hasOwn(this.operations, name) ? this.operations[name] : undefined;
    if (apply === undefined) throw operation.unknown('operation', name, Object.keys(this.operations));
    apply(node);
    return undefined;
  }

  private readonly operations: Readonly<Record<string, (node: CaseNode) => void>> = {
    addAgent: (node) => {
      const amounts = this.scalars(node.get('resources'));
      const name = node.get('agent').text();
      if (this.agents.has(name)) throw node.get('agent').error('an agent that is not registered yet');
      this.agents.set(name, amounts);
      this.addTotal(amounts, 1);
    },
    removeAgent: (node) => {
      const amounts = this.agents.get(node.get('agent').text());
      if (amounts === undefined) throw node.get('agent').error('a registered agent');
      this.agents.delete(node.get('agent').text());
      this.addTotal(amounts, -1);
    },
    add: (node) => this.add(node),
    remove: (node) => {
      this.sorter.remove(this.row(node));
      this.rows.delete(node.get('client').text());
    },
    activate: (node) => this.sorter.activate(this.row(node)),
    deactivate: (node) => this.sorter.deactivate(this.row(node)),
    weight: (node) => {
      const weight = node.get('weight').number(0, 'a number above 0');
      if (weight <= 0) throw node.get('weight').error('a number above 0');
      this.sorter.setWeight(node.get('client').text(), weight);
    },
    allocated: (node) => this.sorter.allocated(this.row(node), this.scalars(node.get('resources')), 0, 1),
    unallocated: (node) => this.sorter.unallocated(this.row(node), this.scalars(node.get('resources')), 0),
    update: (node) => {
      this.sorter.unallocated(this.row(node), this.scalars(node.get('from')), 0);
      this.sorter.allocated(this.row(node), this.scalars(node.get('to')), 0, 0);
    },
  };

  private add(node: CaseNode): void {
    const path = node.get('client').text();
    if (this.rows.has(path)) throw node.get('client').error('a client that is not there yet');
    const row = this.paths.push(path) - 1;
    this.rows.set(path, row);
    this.sorter.add(row, path);
    if (node.find('active')?.boolean() ?? true) this.sorter.activate(row);
  }

  private addTotal(amounts: Float64Array, sign: number): void {
    for (let name = 0; name < this.total.length; name++) {
      this.total[name] = (this.total[name] as number) + sign * (amounts[name] as number);
    }
    this.sorter.setTotal(this.total);
  }

  /** Sums by name of the scalars at this place. */
  private scalars(node: CaseNode): Float64Array {
    const { amounts } = amountsOf(entriesOf(node), this.kinds);
    const sums = this.resources.zero();
    for (let kind = 0; kind < this.kinds.count; kind++) {
      if (this.kinds.isScalar[kind] === 0) continue;
      const name = this.kinds.nameRows[kind] as number;
      sums[name] = (sums[name] as number) + (amounts[kind] as number);
    }
    return sums;
  }

  private row(node: CaseNode): number {
    const row = this.rows.get(node.get('client').text());
    if (row === undefined) throw node.get('client').error('a client of the sorter');
    return row;
  }

  private expect(node: CaseNode): Difference | undefined {
    node.allow(['expectOrder']);
    const expected = node.get('expectOrder').texts();
    this.sorter.refresh();
    const got: string[] = [];
    for (let place = 0; place < this.sorter.activeCount; place++) {
      got.push(this.paths[this.sorter.order[place] as number] as string);
    }
    const place = expected.findIndex((path, index) => got[index] !== path);
    if (place < 0 && got.length === expected.length) return undefined;
    const at = place < 0 ? expected.length : place;
    const name = expected[at] ?? got[at] ?? '';
    return {
      framework: name,
      role: '',
      agent: '',
      resource: `place ${at + 1}`,
      expected: expected.join(' '),
      got: got.join(' '),
    };
  }
}
