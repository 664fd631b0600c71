import type { AppDefinition } from './app-definition.js';

type Apps = ReadonlyMap<string, AppDefinition>;

/** Apps that an app waits for: those it names, and every app of a group that it names. What is not there is waited for by nobody. */
export function dependenciesOf(app: AppDefinition, apps: Apps): string[] {
  const found = new Set<string>();
  for (const dependency of app.dependencies) {
    for (const id of apps.keys()) {
      const isMember = id === dependency || dependency === '/' || id.startsWith(`${dependency}/`);
      if (isMember && id !== app.id) found.add(id);
    }
  }
  return [...found];
}

/** A cycle of dependencies, or nothing. */
export function cycleOf(apps: Apps): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (id: string): string[] | undefined => {
    const at = trail.indexOf(id);
    if (at >= 0) return trail.slice(at);
    if (done.has(id)) return undefined;
    trail.push(id);
    for (const other of dependenciesOf(apps.get(id) as AppDefinition, apps)) {
      const cycle = visit(other);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    done.add(id);
    return undefined;
  };
  for (const id of apps.keys()) {
    const cycle = visit(id);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Apps in layers: the longest path to an app without dependencies, shortest first (core/deployment/DeploymentPlan.scala). */
export function layersOf(ids: readonly string[], apps: Apps): string[][] {
  const depths = new Map<string, number>();
  const depthOf = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    depths.set(id, 0);
    const app = apps.get(id);
    const below = app === undefined ? [] : dependenciesOf(app, apps).map(depthOf);
    const depth = below.length === 0 ? 0 : 1 + Math.max(...below);
    depths.set(id, depth);
    return depth;
  };
  const layers: string[][] = [];
  for (const id of ids) {
    const depth = depthOf(id);
    layers[depth] ??= [];
    layers[depth].push(id);
  }
  return layers.filter((layer) => layer !== undefined);
}
