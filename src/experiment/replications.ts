import { InputError } from '../core/errors.js';
import { parseDurationUs } from '../model/units.js';
import type { Scenario } from '../scenario/load.js';
import { openWorkload } from '../scenario/workload.js';

/** One repetition of every run of a comparison: what it sets in the scenario, and its seed. */
export interface Replication {
  readonly label: string;
  readonly seed: number;
  readonly overrides: readonly string[];
}

/** What repetitions vary, which a reader of an interval must know. */
export interface ReplicationPlan {
  readonly kind: 'seeds' | 'windows' | 'resample';
  readonly replications: readonly Replication[];
  /** One line about what an interval over them means. */
  readonly note: string;
}

/** `seeds`, `windows:N` or `resample:N`. InputError E_REPLICATE on anything else. */
export function planReplications(scenario: Scenario, text: string, seeds: readonly number[]): ReplicationPlan {
  const match = /^(seeds|(windows|resample):(\d+))$/.exec(text);
  const count = Number(match?.[3] ?? 0);
  if (match === null || (match[2] !== undefined && (count < 2 || count > 1000))) {
    throw new InputError(
      'E_REPLICATE',
      `--replicate must be seeds, windows:N or resample:N with N from 2 to 1000, got "${text}"`,
    );
  }
  if (match[2] === 'windows') return windows(scenario, count, seeds);
  if (match[2] === 'resample') return resamples(scenario, count, seeds);
  return {
    kind: 'seeds',
    note: seedNote(scenario, seeds),
    replications: seeds.map((seed) => ({ label: `seed-${seed}`, seed, overrides: [] })),
  };
}

function seedNote(scenario: Scenario, seeds: readonly number[]): string {
  if (seeds.length < 2) return '';
  return scenario.document.workload.trace === undefined
    ? `intervals over ${seeds.length} seeds: each seed draws a workload of its own, the same for every policy`
    : `intervals over ${seeds.length} seeds vary chance inside one trace only, not the workload; see --replicate windows:N`;
}

/** Equal spans of the trace, each a run of its own (batch means over time). */
function windows(scenario: Scenario, count: number, seeds: readonly number[]): ReplicationPlan {
  const { fromUs, toUs } = spanOf(scenario, 'windows');
  const stepUs = Math.floor((toUs - fromUs) / count);
  if (stepUs < 1)
    throw new InputError('E_REPLICATE', `the trace is too short for ${count} windows`, { file: scenario.file });
  const replications = Array.from({ length: count }, (_, index) => {
    const beginUs = fromUs + index * stepUs;
    const endUs = index === count - 1 ? toUs : beginUs + stepUs;
    return {
      label: `window-${index + 1}`,
      seed: seeds[0] ?? scenario.document.seed,
      overrides: [`workload.window={ from: ${beginUs} us, to: ${endUs} us }`],
    };
  });
  return {
    kind: 'windows',
    replications,
    note: `intervals over ${count} windows of ${spanText(stepUs)} of the trace; neighbouring windows are not fully independent`,
  };
}

/** Users drawn with replacement (Zakay and Feitelson, JSSPP 2014): the trace's users are the sample, not its jobs. */
function resamples(scenario: Scenario, count: number, seeds: readonly number[]): ReplicationPlan {
  if (scenario.document.workload.trace === undefined) {
    throw new InputError('E_REPLICATE', 'resample needs a trace; a synthetic workload is drawn anew by seeds', {
      file: scenario.file,
    });
  }
  const seed = seeds[0] ?? scenario.document.seed;
  return {
    kind: 'resample',
    replications: Array.from({ length: count }, (_, index) => ({
      label: `resample-${index + 1}`,
      seed,
      overrides: [`workload.resample=${index + 1}`],
    })),
    note: `intervals over ${count} resamples of the trace's users with replacement`,
  };
}

/** First and last submission of the trace, within the scenario's own window. */
function spanOf(scenario: Scenario, what: string): { fromUs: number; toUs: number } {
  const { workload } = scenario.document;
  if (workload.trace === undefined) {
    throw new InputError('E_REPLICATE', `${what} need a trace; a synthetic workload is drawn anew by seeds`, {
      file: scenario.file,
    });
  }
  const bound = (value: string | number | undefined, fallback: number): number =>
    value === undefined ? fallback : parseDurationUs(String(value), 'workload.window');
  const fromUs = bound(workload.window?.from, 0);
  const limitUs = bound(workload.window?.to, Number.POSITIVE_INFINITY);
  const source = openWorkload(scenario);
  let lastUs = -1;
  try {
    for (let job = source.next(); job !== null && job.submitUs < limitUs; job = source.next()) lastUs = job.submitUs;
  } finally {
    source.close();
  }
  if (lastUs < fromUs) throw new InputError('E_NO_JOBS', 'the workload has no jobs', { file: scenario.file });
  return { fromUs, toUs: Math.min(limitUs, lastUs + 1) };
}

function spanText(us: number): string {
  const [unit, scale] = us >= 172_800e6 ? ['d', 86_400e6] : us >= 7200e6 ? ['h', 3600e6] : ['s', 1e6];
  return `${Number((us / (scale as number)).toPrecision(3))} ${unit}`;
}
