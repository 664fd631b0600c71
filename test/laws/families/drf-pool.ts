import { dominantShare } from '../../../src/allocators/math/pool.js';
import { progressiveFilling } from '../../../src/allocators/math/progressive-filling.js';
import { wholeTasks } from '../../../src/allocators/math/whole-tasks.js';
import type { LawFamily } from '../support/case.js';
import { pool as poolSchema } from '../support/inputs.js';

/** One divisible pool: progressive filling, and whole tasks under both rules. */
export const drfPool: LawFamily = {
  family: 'drf-pool',
  check(law, context) {
    const pool = poolSchema.parse(law.inputs);
    const names = pool.users.map((user) => user.name);
    const filling = progressiveFilling(pool);
    const skip = wholeTasks(pool, 'skip');
    context.expectAll(
      {
        tasksFractional: filling.tasks,
        tasksFractionalDecimal: filling.tasks,
        dominantShares: pool.users.map((user, index) => filling.tasks[index]?.times(dominantShare(pool, user))),
        freezeRounds: filling.freezeRounds.map((round) => round.map((index) => names[index])),
        discreteTasksSkip: skip.tasks,
        discreteFirstTenSkip: skip.grants
          .slice(0, 10)
          .map((index) => names[index])
          .join(''),
        discreteTasksStop: wholeTasks(pool, 'stop').tasks,
      },
      law,
    );
  },
};
