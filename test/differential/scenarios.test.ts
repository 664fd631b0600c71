import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.js';
import { runScenario } from '../../src/scenario/run.js';

/** Those that take little time and among them use each kind of framework, both engines, faults, markets and preemption. */
const CHEAP = [
  'agents-leave',
  'allocator/maintenance',
  'allocator/quota-limit',
  'allocator/revocable',
  'batsim',
  'budget-war',
  'chronos',
  'failure-shares',
  'framework-failover',
  'gaming',
  'gang',
  'master-failover',
  'pathologies/hoarding',
  'poor-but-patient',
  'preemption',
  'tiny',
  'workflows',
];

function everyScenario(): string[] {
  const names = readdirSync('scenarios', { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -'.yaml'.length));
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-twins-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All tables of a run by name; the manifest by its digest, as it names the way that was taken. */
async function filesOf(name: string, isNaive: boolean): Promise<Record<string, string>> {
  const out = join(folder, `${basename(name)}-${isNaive}`);
  const { digest } = await runScenario(loadScenario(join('scenarios', `${name}.yaml`)), { out, isNaive, force: true });
  const tables = readdirSync(out).filter((file) => file.endsWith('.csv'));
  const texts = tables.map((file) => [file, readFileSync(join(out, file), 'utf8')] as const);
  rmSync(out, { recursive: true });
  return { digest, ...Object.fromEntries(texts) };
}

describe('scenarios run with and without short cuts', () => {
  it.each(process.env['SCENARIOS'] === 'all' ? everyScenario() : CHEAP)(
    '%s gives the same facts and the same tables',
    async (name) => {
      const fast = await filesOf(name, false);
      const naive = await filesOf(name, true);
      expect(Object.keys(naive)).toEqual(Object.keys(fast));
      for (const [file, text] of Object.entries(fast)) expect(naive[file] === text, file).toBe(true);
    },
  );
});
