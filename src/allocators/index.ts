import type { AllocatorDefinition } from '../model/allocator.js';
import { Registry } from '../model/plugin.js';
import { assetFair } from './asset-fair.js';
import { drf } from './drf.js';
import { drfDecayed } from './drf-decayed.js';
import { drfh } from './drfh.js';
import { edf } from './edf.js';
import { fifo } from './fifo.js';
import { hdrf } from './hdrf.js';
import { karma } from './karma.js';
import { lottery } from './lottery.js';
import { ceei } from './market/ceei.js';
import { marketFirstPrice } from './market/first-price.js';
import { marketFisher } from './market/fisher.js';
import { marketProportional } from './market/proportional.js';
import { marketThemis } from './market/themis.js';
import { marketUniform } from './market/uniform.js';
import { marketVcg } from './market/vcg.js';
import { maxMin } from './max-min.js';
import { multiObjective } from './multi-objective.js';
import { nothing } from './null.js';
import { oracle } from './oracle.js';
import { priority } from './priority.js';
import { roundRobin } from './round-robin.js';
import { sjf } from './sjf.js';
import { srtf } from './srtf.js';
import { staticPartition } from './static-partition.js';
import { tetris } from './tetris.js';
import { timeSlice } from './time-slice.js';

/** Who is offered what, at what price. */
export const allocators = new Registry<AllocatorDefinition>('allocator', [
  drf,
  drfDecayed,
  hdrf,
  drfh,
  assetFair,
  maxMin,
  karma,
  ceei,
  marketFirstPrice,
  marketUniform,
  marketVcg,
  marketProportional,
  marketFisher,
  marketThemis,
  priority,
  fifo,
  roundRobin,
  sjf,
  srtf,
  edf,
  timeSlice,
  tetris,
  staticPartition,
  multiObjective,
  oracle,
  lottery,
  nothing,
]);
