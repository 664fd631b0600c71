import { InputError } from '../core/errors.js';
import { type AllocatorView, defineAllocator } from '../model/allocator.js';
import { excludedOf } from './drf.js';
import { PathSorter } from './path-sorter.js';
import { dominantShare } from './rank-rule.js';

interface Partition {
  readonly name: string;
  /** Part of the agents. */
  share: number;
  /** Roles that may use it, those below them included; `*` = everybody. */
  roles: readonly string[];
}

const SHARED = -1;

/** Who may use which agents. Agents are dealt in order of their rows, so that every partition has its share of any stretch of them. */
class Partitions {
  private readonly list: Partition[] = [];
  private dealt: number[] = [];

  constructor(text: string) {
    for (const part of text.split('|').filter((piece) => piece.trim() !== '')) {
      const [name = '', share = '', roles = '*'] = part.split(':').map((piece) => piece.trim());
      this.set(name, parseShare(part, share), roles.split('+'));
    }
  }

  set(name: string, share: number, roles: readonly string[]): void {
    const known = this.list.find((partition) => partition.name === name);
    if (known === undefined) this.list.push({ name, share, roles });
    else Object.assign(known, { share, roles });
    const sum = this.list.reduce((total, partition) => total + partition.share, 0);
    if (sum > 1 + 1e-9)
      throw new InputError('E_OPTION_VALUE', `partitions must not add up to more than 1, got "${sum}"`);
    this.dealt = [];
  }

  onAction(action: string, values: Readonly<Record<string, unknown>>): void {
    const { name, share, roles } = values;
    if (action !== 'setPartition' || typeof name !== 'string')
      throw new InputError('E_ACTION', `static-partition knows setPartition with a name, got "${action}"`);
    const known = this.list.find((partition) => partition.name === name);
    const wanted = share === undefined ? (known?.share ?? 0) : parseShare(name, String(share));
    this.set(name, wanted, roles === undefined ? (known?.roles ?? ['*']) : [roles].flat().map(String));
  }

  mayHave(client: number, agent: number, view: AllocatorView): boolean {
    const partition = this.list[this.partitionOf(agent)];
    if (partition === undefined) return true;
    const role = view.roleOf(client);
    return partition.roles.some((allowed) => allowed === '*' || allowed === role || role.startsWith(`${allowed}/`));
  }

  /** The partition furthest behind its share when the agent is dealt; what no share claims is everybody's. */
  private partitionOf(agent: number): number {
    while (this.dealt.length <= agent) {
      const count = this.dealt.length + 1;
      let best = SHARED;
      let most = 1 - this.list.reduce((sum, { share }) => sum + share, 0);
      most = most * count - this.dealt.filter((owner) => owner === SHARED).length;
      for (const [index, { share }] of this.list.entries()) {
        const behind = share * count - this.dealt.filter((owner) => owner === index).length;
        if (behind > most + 1e-9 || (best === SHARED && share > 0 && Math.abs(behind - most) <= 1e-9)) {
          best = index;
          most = behind;
        }
      }
      this.dealt.push(best);
    }
    return this.dealt[agent] as number;
  }
}

function parseShare(label: string, text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (text !== '' && share >= 0 && share <= 1) return share;
  throw new InputError('E_OPTION_VALUE', `the share of partition ${label} must be between 0 and 1, got "${text}"`);
}

export const staticPartition = defineAllocator({
  name: 'static-partition',
  summary:
    'agents are dealt to partitions that only certain roles may use; DRF within; partitions may be added and changed while it runs',
  source: 'static partitioning, the baseline of Hindman et al., Mesos, NSDI 2011, §6.1.1',
  options: {
    partitions: {
      type: 'text',
      default: '',
      help: 'name:share:role+role|…, such as prod:50%:prod|batch:0.3:*; the rest of the agents is open to all',
    },
  },
  reads: [],
  wakesOn: ['free', 'client'],
  create: ({ partitions }, context) => {
    const table = new Partitions(partitions);
    const settings = { excluded: excludedOf(context), keepsInternalWeights: false };
    return {
      kind: 'sorter',
      sorter: () => new PathSorter(dominantShare, settings),
      mayHave: (client, agent, view) => table.mayHave(client, agent, view),
      onAction: (action, values) => table.onAction(action, values),
    };
  },
});
