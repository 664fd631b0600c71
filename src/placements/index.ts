import type { PlacementDefinition } from '../model/placement.js';
import { Registry } from '../model/plugin.js';
import { bestFit } from './best-fit.js';
import { firstFit } from './first-fit.js';
import { leastLoaded } from './least-loaded.js';
import { locality } from './locality.js';
import { random } from './random.js';
import { roundRobin } from './round-robin.js';
import { tetris } from './tetris.js';
import { worstFit } from './worst-fit.js';

/** Which agent takes a task. */
export const placements = new Registry<PlacementDefinition>('placement', [
  firstFit,
  bestFit,
  worstFit,
  tetris,
  random,
  roundRobin,
  leastLoaded,
  locality,
]);
