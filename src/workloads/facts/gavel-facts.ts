import { LineReader } from '../bytes/line-reader.js';
import { Counts } from './counts.js';

export const TAB = 9;
export const GAVEL_FIELDS = '6, 9 or 10';

/** Fields of a row, from 0; -1 = the generation has none. */
export interface GavelColumns {
  readonly steps: number;
  readonly scale: number;
  readonly weight: number;
  readonly slo: number;
  readonly arrival: number;
}

/** Where the columns stand in a row of so many fields. */
export function columnsOf(count: number): GavelColumns | undefined {
  if (count === 6) return { steps: 3, scale: 5, weight: -1, slo: -1, arrival: 4 };
  if (count === 9) return { steps: 4, scale: 5, weight: 6, slo: 7, arrival: 8 };
  if (count === 10) return { steps: 5, scale: 6, weight: 7, slo: 8, arrival: 9 };
  return undefined;
}

/** Counts and sums over the rows as they stand. */
export function gavelFacts(files: readonly string[]): Record<string, unknown> {
  const byType = new Counts();
  const byScale = new Counts();
  const facts = { jobs: 0, totalSteps: 0, gpus: 0, withSlo: 0, inversions: 0 };
  const span = { firstArrivalS: Number.POSITIVE_INFINITY, lastArrivalS: Number.NEGATIVE_INFINITY };
  let previousS = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      const at = columnsOf(reader.split(TAB));
      if (at === undefined) continue;
      facts.jobs++;
      facts.totalSteps += reader.number(at.steps) || 0;
      facts.gpus += reader.number(at.scale) || 0;
      if (at.slo >= 0 && reader.number(at.slo) >= 0) facts.withSlo++;
      byType.add(reader.repeated(0));
      byScale.add(reader.text(at.scale));
      const arrivalS = reader.number(at.arrival);
      if (arrivalS < previousS) facts.inversions++;
      previousS = arrivalS;
      span.firstArrivalS = Math.min(span.firstArrivalS, arrivalS);
      span.lastArrivalS = Math.max(span.lastArrivalS, arrivalS);
    }
    reader.close();
  }
  return { ...facts, ...span, byScaleFactor: byScale.tell(), byJobType: byType.tell() };
}
