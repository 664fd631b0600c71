import type { FaultDefinition } from '../model/fault.js';
import { Registry } from '../model/plugin.js';
import { agentFailure } from './agent-failure.js';
import { failureTrace } from './failure-trace.js';
import { frameworkFailure } from './framework-failure.js';
import { masterFailure } from './master-failure.js';
import { straggler } from './straggler.js';

/** What breaks and when. */
export const faults = new Registry<FaultDefinition>('fault', [
  agentFailure,
  failureTrace,
  frameworkFailure,
  masterFailure,
  straggler,
]);
