import { z } from 'zod';
import { InputError } from '../../core/errors.js';
import { type Sampler, samplerOf } from '../../model/distributions.js';
import { parseDurationUs } from '../../model/units.js';

/**
 * What a real job description does not say and a simulator must know: how long a task runs and how often it fails. An object
 * `simulation` beside the description's own keys; the real programs ignore it.
 */
export const simulationSchema = z.strictObject({
  duration: z
    .union([z.string(), z.number(), z.record(z.string(), z.unknown())])
    .optional()
    .describe('a time such as "90 s", or one distribution such as { "exponential": { "mean": "1 s" } }'),
  failureRate: z.number().min(0).max(1).optional().describe('share of runs that fail'),
});

/** Draws the run time and the exit of one run. */
export interface RunTimes {
  durationUs(): number;
  isFailure(): boolean;
}

/** The run times of a job; `fail` places a mistake in its file. */
export function runTimes(
  simulation: z.infer<typeof simulationSchema> | undefined,
  fallbackUs: number,
  random: (name: string) => () => number,
  fail: (rule: string) => InputError,
): RunTimes {
  const { duration, failureRate = 0 } = simulation ?? {};
  const exits = random('exits');
  return {
    durationUs: duration === undefined ? () => fallbackUs : wholeUs(duration, random('durations'), fail),
    isFailure: () => failureRate > 0 && exits() < failureRate,
  };
}

function wholeUs(duration: unknown, stream: () => number, fail: (rule: string) => InputError): Sampler {
  try {
    const draw = samplerOf(duration, (value, label) => parseDurationUs(String(value), label), stream, 'duration');
    // Rounded in the sampler: the last bit of a logarithm may differ between engines.
    return () => Math.max(0, Math.round(draw()));
  } catch (error) {
    throw error instanceof InputError ? fail(`is not right: ${error.rule}`) : error;
  }
}

/** The seconds of `sleep N` in a command, which says how long it runs; undefined where there is none. */
export function sleepUs(command: string): number | undefined {
  const found = /(?:^|[\s;&|(])sleep\s+(\d+(?:\.\d+)?)([smhd]?)(?=$|[\s;&|)])/.exec(command);
  if (found === null || /\b(?:while|for|until)\b/.test(command)) return undefined;
  return parseDurationUs(`${found[1]} ${found[2] === '' ? 's' : found[2]}`);
}
