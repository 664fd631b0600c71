import { describe, expect, it } from 'vitest';
import { audit, isClean } from '../../../src/experiment/audit.js';
import { loadScenario } from '../../../src/scenario/load.js';

describe('audit of a running cluster', () => {
  const scenario = loadScenario('scenarios/audit.yaml');

  it('finds that under DRF nobody gains by lying, envies another, or is worse off than alone', () => {
    const report = audit(scenario, [1, 2, 3, 4]);
    expect(isClean(report)).toBe(true);
    // Two frameworks, each alone, doubled, trimmed, and with the bundle of the other.
    expect(report.rows.map(({ framework, counterfactual }) => `${framework} ${counterfactual}`)).toEqual(
      ['memory', 'cpu'].flatMap((name) => ['alone', 'doubled', 'trimmed', 'bundle'].map((kind) => `${name} ${kind}`)),
    );
    for (const { low_s, difference_s, high_s } of report.rows) {
      expect(low_s).toBeLessThan(difference_s);
      expect(high_s).toBeGreaterThan(difference_s);
    }
  });

  it('finds that under round-robin the framework with large tasks gains by asking for half', () => {
    const report = audit(scenario, [1, 2, 3, 4], 'round-robin');
    expect(report.gains_by_lying).toEqual([{ framework: 'cpu', lie: 'trimmed' }]);
  });
});
