import { defineAllocator } from '../model/allocator.js';
import { KeySorter } from './key-sorter.js';

export const roundRobin = defineAllocator({
  name: 'round-robin',
  summary: 'the client that was offered something longest ago is served next',
  source: 'Nagle, RFC 970, 1985 (turns over sources)',
  options: {},
  reads: [],
  wakesOn: ['free', 'client'],
  create: () => ({
    kind: 'sorter',
    sorter: (level) => {
      const keys = new Map<string | number, number>();
      const paths = new Map<number, string>();
      let turn = 0;
      const sorter = new KeySorter(keys, level, (client) =>
        keys.set(level === 'role' ? (paths.get(client) ?? '') : client, ++turn),
      );
      const add = sorter.add.bind(sorter);
      sorter.add = (client, path) => {
        add(client, path);
        paths.set(client, path);
        // A newcomer has waited longest.
        keys.set(level === 'role' ? path : client, 0);
      };
      return sorter;
    },
  }),
});
