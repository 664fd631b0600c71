import { InputError } from '../core/errors.js';
import { nameHint } from '../core/nearest.js';
import { defineFault, type FaultContext } from '../model/fault.js';
import { RenewalFaults, timeSampler } from './renewal.js';

/** Rows of the frameworks that fail: those named, or all. */
function rowsOf(names: string, { frameworks }: FaultContext): number[] {
  if (names === '') return [...frameworks.keys()];
  return names.split('|').map((name) => {
    const row = frameworks.indexOf(name.trim());
    if (row >= 0) return row;
    const rule = `fault framework-failure: there is no framework "${name.trim()}"`;
    throw new InputError('E_FAULT', rule, {}, nameHint(name.trim(), frameworks));
  });
}

export const frameworkFailure = defineFault({
  name: 'framework-failure',
  summary: 'schedulers of frameworks die and come back; their tasks run on, at most for the failoverTimeout',
  source: 'alternating renewal process; src/master/master.cpp disconnect, failoverFramework, frameworkFailoverTimeout',
  options: {
    mtbf: {
      type: 'distribution',
      default: '30 d',
      help: 'time up: the mean of an exponential distribution, or a distribution',
    },
    repair: { type: 'distribution', default: '30 s', help: 'time until it has subscribed again: likewise' },
    framework: { type: 'text', default: '', help: 'names, separated by |; without it each framework fails' },
  },
  create: ({ mtbf, repair, framework }, context) => {
    const units = rowsOf(framework, context).map((row) => {
      const stream = context.random(context.frameworks[row] as string);
      return {
        row,
        members: [row],
        upUs: timeSampler(mtbf, stream, 'faults.mtbf'),
        downUs: timeSampler(repair, stream, 'faults.repair'),
      };
    });
    return new RenewalFaults(units, {
      strike: (member, sink) => sink.disconnect(member),
      mend: (member, sink) => sink.reconnect(member),
    });
  },
});
