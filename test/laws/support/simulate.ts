import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ClusterObserver, ClusterView } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

/** Runs a scenario whose native tables are given as text, and tells observers; what the simulation was is returned. */
export function simulate(
  document: unknown,
  tables: { jobs: string; tasks: string } | undefined,
  observe: (cluster: ClusterView) => readonly ClusterObserver[],
): Simulation {
  const folder = mkdtempSync(join(tmpdir(), 'mesosim-law-'));
  try {
    if (tables !== undefined) {
      writeFileSync(join(folder, 'workload-jobs.csv'), tables.jobs);
      writeFileSync(join(folder, 'workload-tasks.csv'), tables.tasks);
    }
    const simulation = new Simulation(parseScenario(JSON.stringify(document), join(folder, 'scenario.json')), {
      observe,
    });
    simulation.run();
    simulation.close();
    return simulation;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A share that was counted in `trials` draws: within the relative tolerance, or within 3.3 standard errors (99.9 %). */
export function expectShare(name: string, got: number, expected: number, trials: number, relative: number): void {
  const error = Math.sqrt((expected * (1 - expected)) / trials);
  expect(Math.abs(got - expected), `${name}: ${got} of ${trials}, expected ${expected}`).toBeLessThanOrEqual(
    // One draw more or less is no evidence where few are expected.
    Math.max(relative * expected, 3.3 * error + 1.5 / trials),
  );
}

/** A mean of independent values: within the relative tolerance, or within its own 99.9 % interval. */
export function expectMeanOf(name: string, values: readonly number[], expected: number, relative: number): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const halfWidth = 3.3 * Math.sqrt(variance / values.length);
  expect(Math.abs(mean - expected), `${name}: ${mean} ± ${halfWidth}, expected ${expected}`).toBeLessThanOrEqual(
    Math.max(relative * expected, halfWidth),
  );
  expect(halfWidth, `${name}: the half-width at ${expected}`).toBeLessThanOrEqual(
    3 * Math.max(relative, 0.05) * expected,
  );
}
