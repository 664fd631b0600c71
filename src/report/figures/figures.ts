import type { ResultSet } from '../result-set.js';
import { causes, perFramework } from './breakdown.js';
import { differences, overview } from './comparison.js';
import { slowdowns, waits } from './distributions.js';
import type { Figure } from './figure.js';
import { fairness, prices, utilization } from './over-time.js';

/** Every figure that the results have content for. */
export async function figuresOf(set: ResultSet): Promise<Figure[]> {
  const figures = [
    overview(set),
    await utilization(set),
    await waits(set),
    await slowdowns(set),
    await fairness(set),
    causes(set),
    perFramework(set),
    await prices(set),
    differences(set),
  ];
  return figures.filter((figure) => figure !== undefined);
}
