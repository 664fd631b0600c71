import { parseDurationUs } from '../model/units.js';
import { loadScenario } from '../scenario/load.js';
import { loadPlugins } from '../scenario/plugins.js';
import { type RunOptions, type RunResult, runScenario } from '../scenario/run.js';

/** The policy slots of a run; an absent one is the scenario's own. */
export interface PolicyChoice {
  readonly allocator?: string | undefined;
  readonly order?: string | undefined;
  readonly placement?: string | undefined;
}

/** One run as plain data, so that a worker thread can carry it out as well as the program itself. */
export interface RunRequest {
  readonly scenarioFile: string;
  /** `path=value`, applied in order. */
  readonly overrides: readonly string[];
  readonly plugins: readonly string[];
  readonly policy: PolicyChoice;
  readonly seed?: number | undefined;
  readonly out?: string | undefined;
  readonly extraMetrics?: readonly string[] | undefined;
  readonly checksInvariants?: boolean | undefined;
  readonly until?: string | undefined;
}

/** Carries out one run here and now. */
export async function carryOut(
  request: RunRequest,
  hooks: Pick<RunOptions, 'onProgress' | 'signal'> = {},
): Promise<RunResult> {
  await loadPlugins(request.plugins);
  const scenario = loadScenario(request.scenarioFile, request.overrides);
  return runScenario(scenario, {
    ...request.policy,
    ...hooks,
    seed: request.seed,
    out: request.out,
    isExplicitOut: true,
    extraMetrics: request.extraMetrics,
    checksInvariants: request.checksInvariants,
    untilUs: request.until === undefined ? undefined : parseDurationUs(request.until, '--until'),
  });
}
