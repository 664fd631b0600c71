import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';
import { loadAllocators } from '../../support/solver.js';

const files = readdirSync('scenarios', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => `scenarios/${file}`)
  .sort();

describe('scenarios that come with mesosim', () => {
  it.each(files)('%s loads, says what to look for, and its first minute runs', async (file) => {
    const head = readFileSync(file, 'utf8').split('\n# ').join(' ').split('\n')[0];
    expect(head).toMatch(/^# .*\bLook (for|at)\b/);
    const scenario = loadScenario(file);
    await loadAllocators();
    const simulation = new Simulation(scenario);
    // Opens the traces and the frameworks' files, and resolves every policy of the scenario; those of `compare` were resolved above.
    simulation.runUntil(60e6);
    expect(simulation.view.frameworkCount).toBeGreaterThan(0);
    simulation.close();
  });

  it('name themselves as their files do', () => {
    for (const file of files) expect(file).toMatch(new RegExp(`/${loadScenario(file).document.name}\\.yaml$`));
  });
});
