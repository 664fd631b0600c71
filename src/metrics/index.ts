import type { MetricDefinition } from '../model/metric.js';
import { Registry } from '../model/plugin.js';
import { availability } from './availability.js';
import { counts } from './counts.js';
import { events } from './events.js';
import { fairness } from './fairness.js';
import { frameworks } from './frameworks.js';
import { indices } from './indices.js';
import { jobs } from './jobs.js';
import { latency } from './latency.js';
import { market } from './market.js';
import { offers } from './offers.js';
import { oracle } from './oracle.js';
import { spotCost } from './spot-cost.js';
import { tasks } from './tasks.js';
import { utilization } from './utilization.js';
import { waits } from './waits.js';

/** Streaming observers with their own tables. */
export const metrics = new Registry<MetricDefinition>('metric', [
  counts,
  latency,
  utilization,
  fairness,
  market,
  jobs,
  tasks,
  waits,
  offers,
  frameworks,
  events,
  availability,
  spotCost,
  indices,
  oracle,
]);
