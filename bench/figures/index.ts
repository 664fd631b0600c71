import type { Figure } from '../figure.js';
import { allocationFigures } from './allocation.js';
import { engineFigures } from './engine.js';
import { longTraceFigures } from './long-traces.js';
import { marketFigures } from './markets.js';
import { placementFigures } from './placement.js';
import { programFigures } from './program.js';
import { readerFigures } from './readers.js';
import { replayFigures } from './replays.js';
import { wholeRunFigures } from './whole-runs.js';
import { writerFigures } from './writers.js';

/** Every figure of the suite, in the order of the table. */
export const figures: readonly Figure[] = [
  ...engineFigures,
  ...allocationFigures,
  ...placementFigures,
  ...marketFigures,
  ...readerFigures,
  ...longTraceFigures,
  ...writerFigures,
  ...replayFigures,
  ...programFigures,
  ...wholeRunFigures,
];
