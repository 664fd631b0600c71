import type { LawFamily } from '../support/case.js';
import { bundleAuction, multiUnit } from './auctions.js';
import { backfill, periodicTasks } from './backfill.js';
import { seedBidRule, seedBidScore } from './base-rule.js';
import { delaySchedulingProb, delaySchedulingSkips } from './delay-scheduling.js';
import { drfAgentsFirstFit } from './drf-agents-first-fit.js';
import { drfPool } from './drf-pool.js';
import { fisherLeontief, fisherLinear } from './fisher.js';
import { choosyCmmf, maxMinSingle } from './max-min.js';
import { mesosLongTaskFill, mesosRampup } from './mesos-paper.js';
import { kellyNash, tycoonFamily } from './proportional-share.js';
import { allocationInterval, batchMm1, erlangB, gg1, gim1, mg1, mm1, mmc, mmck, tandem } from './queues.js';
import { identicalMachines, metricsFromSchedule, oneMachineBatch, oneMachineOnline } from './scheduling.js';
import { autoscaleMinServers, forkJoin, powerOfD } from './services.js';
import { mg1Priority, mg1SizeBased } from './sizes-and-classes.js';
import { sparrowZeroWait } from './sparrow.js';
import { comparisonStats, fairnessIndices, quantileType7, warmupBatchMeans } from './statistics.js';

/** Every covered family; a family of the case file that is not here is skipped by name. */
export const FAMILIES: readonly LawFamily[] = [
  drfPool,
  drfAgentsFirstFit,
  maxMinSingle,
  choosyCmmf,
  fisherLinear,
  fisherLeontief,
  multiUnit,
  bundleAuction,
  seedBidRule,
  seedBidScore,
  tycoonFamily,
  kellyNash,
  mm1,
  mmc,
  mg1,
  gim1,
  gg1,
  erlangB,
  mmck,
  batchMm1,
  tandem,
  allocationInterval,
  oneMachineOnline,
  oneMachineBatch,
  identicalMachines,
  metricsFromSchedule,
  mg1SizeBased,
  mg1Priority,
  forkJoin,
  powerOfD,
  autoscaleMinServers,
  backfill,
  periodicTasks,
  quantileType7,
  fairnessIndices,
  comparisonStats,
  warmupBatchMeans,
  mesosRampup,
  mesosLongTaskFill,
  delaySchedulingProb,
  delaySchedulingSkips,
  sparrowZeroWait,
];
