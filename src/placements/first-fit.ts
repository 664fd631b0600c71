import { definePlacement } from '../model/placement.js';

export const firstFit = definePlacement({
  name: 'first-fit',
  summary: 'lowest agent row that fits',
  source: 'Johnson, Demers, Ullman, Garey, Graham, SIAM Journal on Computing 3(4), 1974',
  options: {},
  create: () => ({ keepsCursor: true, choose: (demand, candidates, from) => candidates.firstFit(demand, from) }),
});
