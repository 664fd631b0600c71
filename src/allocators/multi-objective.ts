import { InputError } from '../core/errors.js';
import { type AllocatorContext, defineAllocator, type Sorter, type SorterAllocator } from '../model/allocator.js';

interface Objective {
  readonly policy: SorterAllocator;
  readonly weight: number;
}

/** How much worse than its best client each sorter finds a client, 0 = best, 1 = worst: ranks, as keys have unlike units. */
class CompositeSorter implements Sorter {
  order = new Int32Array(16);
  activeCount = 0;
  private readonly scores = new Map<number, number[]>();

  constructor(
    private readonly sorters: readonly Sorter[],
    private readonly weights: readonly number[],
    private readonly isLexicographic: boolean,
  ) {}

  add(client: number, path: string): void {
    for (const sorter of this.sorters) sorter.add(client, path);
  }
  remove(client: number): void {
    for (const sorter of this.sorters) sorter.remove(client);
  }
  activate(client: number): void {
    for (const sorter of this.sorters) sorter.activate(client);
  }
  deactivate(client: number): void {
    for (const sorter of this.sorters) sorter.deactivate(client);
  }
  setWeight(path: string, weight: number): void {
    for (const sorter of this.sorters) sorter.setWeight(path, weight);
  }
  setTotal(total: Float64Array): void {
    for (const sorter of this.sorters) sorter.setTotal(total);
  }
  allocated(client: number, amounts: Float64Array, offset: number, grantCount: number): void {
    for (const sorter of this.sorters) sorter.allocated(client, amounts, offset, grantCount);
  }
  unallocated(client: number, amounts: Float64Array, offset: number): void {
    for (const sorter of this.sorters) sorter.unallocated(client, amounts, offset);
  }

  refresh(): void {
    this.scores.clear();
    for (const sorter of this.sorters) this.score(sorter);
    const clients = [...this.scores.keys()];
    clients.sort((a, b) => this.compare(a, b) || a - b);
    if (this.order.length < clients.length) this.order = new Int32Array(clients.length * 2);
    this.order.set(clients);
    this.activeCount = clients.length;
  }

  /** Clients with equal keys share the better rank, so that the next objective can tell them apart. */
  private score(sorter: Sorter): void {
    sorter.refresh();
    let rank = 0;
    for (let place = 0; place < sorter.activeCount; place++) {
      const client = sorter.order[place] as number;
      const isTie = place > 0 && sorter.keyOf(client) === sorter.keyOf(sorter.order[place - 1] as number);
      if (!isTie) rank = place;
      const list = this.scores.get(client) ?? [];
      list.push(rank / Math.max(1, sorter.activeCount - 1));
      this.scores.set(client, list);
    }
  }

  private compare(a: number, b: number): number {
    if (!this.isLexicographic) return this.keyOf(a) - this.keyOf(b);
    const [scoresA, scoresB] = [this.scores.get(a) ?? [], this.scores.get(b) ?? []];
    const at = scoresA.findIndex((score, index) => score !== scoresB[index]);
    return at < 0 ? 0 : (scoresA[at] as number) - (scoresB[at] as number);
  }

  /** The weighted sum of its scores. */
  keyOf(client: number): number {
    const scores = this.scores.get(client) ?? [];
    return scores.reduce((sum, score, index) => sum + score * (this.weights[index] as number), 0);
  }
}

/** `name:weight|name:weight`; a policy may have options of its own in brackets, with `;` between them. */
function objectivesOf(text: string, context: AllocatorContext): Objective[] {
  return text.split('|').map((part) => {
    const match = /^\s*(.+?)(?::([\d.eE+-]+))?\s*$/.exec(part);
    const weight = match?.[2] === undefined ? 1 : Number(match[2]);
    if (match === null || !(weight >= 0))
      throw new InputError('E_OPTION_VALUE', `an objective must be written allocator:weight, got "${part}"`);
    const policy = context.allocator?.((match[1] as string).replaceAll(';', ','));
    if (policy?.kind !== 'sorter')
      throw new InputError('E_OPTION_VALUE', `an objective must be an allocator that ranks, got "${match[1]}"`);
    return { policy, weight };
  });
}

export const multiObjective = defineAllocator({
  name: 'multi-objective',
  summary: "ranks by the weighted sum of other allocators' ranks, or by one after the other where the first are tied",
  source:
    'scalarization and lexicographic order: Ehrgott, Multicriteria Optimization, 2005, §3 and §5.1; Pareto front: mesosim sweep',
  options: {
    objectives: {
      type: 'text',
      default: 'drf:1|sjf:1',
      help: 'allocator:weight|…; options of one in brackets with ; between them',
    },
    mode: {
      type: 'choice',
      default: 'weighted',
      choices: ['weighted', 'lexicographic'],
      help: 'sum of rank × weight, or the first objective first',
    },
  },
  reads: ['demand', 'tasks'],
  wakesOn: ['free', 'client', 'demand', 'task', 'time'],
  create: ({ objectives, mode }, context) => {
    const parts = objectivesOf(objectives, context);
    const weights = parts.map(({ weight }) => weight);
    return {
      kind: 'sorter',
      drawsChance: parts.some(({ policy }) => policy.drawsChance === true),
      sorter: (level) =>
        new CompositeSorter(
          parts.map(({ policy }) => policy.sorter(level)),
          weights,
          mode === 'lexicographic',
        ),
      prepare: (view, sink) => {
        for (const { policy } of parts) policy.prepare?.(view, sink);
      },
    };
  },
});
