import { defineFault } from '../model/fault.js';
import { RenewalFaults, timeSampler } from './renewal.js';

export const masterFailure = defineFault({
  name: 'master-failure',
  summary: 'the leading master dies and comes back as a standby; agents and frameworks register with the next leader',
  source: 'alternating renewal process; src/master/master.cpp recover, reregisterSlave; docs/high-availability.md',
  options: {
    mtbf: {
      type: 'distribution',
      default: '30 d',
      help: 'between repair and the next failure: the mean of an exponential distribution, or a distribution',
    },
    repair: { type: 'distribution', default: '2 min', help: 'until the master is back: likewise' },
  },
  create: ({ mtbf, repair }, { random }) => {
    const stream = random('leader');
    const unit = {
      row: 0,
      members: [0],
      upUs: timeSampler(mtbf, stream, 'faults.mtbf'),
      downUs: timeSampler(repair, stream, 'faults.repair'),
    };
    return new RenewalFaults([unit], {
      strike: (_, sink) => sink.failMaster(),
      mend: (_, sink) => sink.repairMaster(),
    });
  },
});
