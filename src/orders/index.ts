import type { OrderDefinition } from '../model/order.js';
import { Registry } from '../model/plugin.js';
import { backfillConservative } from './backfill-conservative.js';
import { backfillEasy } from './backfill-easy.js';
import { edf } from './edf.js';
import { fair } from './fair.js';
import { fifo } from './fifo.js';
import { lpt } from './lpt.js';
import { priority } from './priority.js';
import { queued } from './queued.js';
import { roundRobin } from './round-robin.js';
import { sjf } from './sjf.js';
import { srtf } from './srtf.js';
import { wspt } from './wspt.js';

/** Which of a framework's tasks goes next. */
export const orders = new Registry<OrderDefinition>('order', [
  fifo,
  sjf,
  srtf,
  edf,
  priority,
  roundRobin,
  queued,
  fair,
  wspt,
  lpt,
  backfillEasy,
  backfillConservative,
]);
