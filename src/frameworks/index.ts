import type { FrameworkDefinition } from '../model/framework.js';
import { Registry } from '../model/plugin.js';
import { aurora } from './aurora/aurora.js';
import { batch } from './batch/batch.js';
import { chronos } from './chronos/chronos.js';
import { gang } from './gang/gang-framework.js';
import { hadoop } from './hadoop/hadoop.js';
import { keeper } from './keeper.js';
import { marathon } from './marathon/index.js';
import { mesosExecute } from './mesos-execute.js';
import { spark } from './spark/spark.js';
import { stateful } from './stateful.js';
import { webService } from './web/index.js';

/** The kinds of framework. */
export const frameworks = new Registry<FrameworkDefinition>('framework', [
  // One line each.
  aurora,
  batch,
  chronos,
  gang,
  hadoop,
  keeper,
  marathon,
  mesosExecute,
  spark,
  stateful,
  webService,
]);
