import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Marathon } from '../../src/frameworks/marathon/marathon.js';
import type { Framework } from '../../src/model/framework.js';
import type { ClusterObserver, ClusterView } from '../../src/model/observer.js';
import { parseScenario } from '../../src/scenario/load.js';
import { Simulation } from '../../src/scenario/simulation.js';

export interface MarathonSetup {
  /** Apps, pods and groups, as the files have them. */
  readonly apps: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly agents?: readonly Readonly<Record<string, unknown>>[];
  readonly actions?: readonly Readonly<Record<string, unknown>>[];
  readonly until?: string;
  /** Default `marathon`, with invariants checked after every event: too slow for millions of requests. */
  readonly type?: string;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly observe?: (cluster: ClusterView) => readonly ClusterObserver[];
}

/** A cluster with one Marathon, whose app file lives as long as the simulation is being made. */
export function marathonRun(setup: MarathonSetup): { simulation: Simulation; marathon: Marathon } {
  const folder = mkdtempSync(join(tmpdir(), 'mesosim-marathon-'));
  try {
    writeFileSync(join(folder, 'apps.json'), JSON.stringify(setup.apps));
    const document = {
      name: 'marathon',
      cluster: { agents: setup.agents ?? [{ count: 10, cpus: 8, mem: '32 GiB', disk: '100 GiB' }] },
      frameworks: [
        { name: 'marathon', type: setup.type ?? 'marathon', options: { apps: 'apps.json', ...setup.options } },
      ],
      actions: setup.actions ?? [],
      until: setup.until ?? '1 h',
      ...setup.more,
    };
    const scenario = parseScenario(JSON.stringify(document), join(folder, 'marathon.json'));
    const simulation = new Simulation(scenario, { checksInvariants: setup.type === undefined, observe: setup.observe });
    const framework = simulation.cluster.world.frameworks[0]?.scheduler as Framework;
    return { simulation, marathon: framework as Marathon };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A word of the operator. */
export function tell(at: string, action: string, values: Readonly<Record<string, unknown>>) {
  return { at, tell: { framework: 'marathon', action, ...values } };
}
