/** Layers of DESIGN: imports point down only. Ranks from the top; a plugin folder sees model, core and itself. */
const plugins = ['allocators', 'orders', 'placements', 'frameworks', 'workloads', 'faults', 'metrics'];
const above = {
  core: 'model|cluster|results|scenario|experiment|report|cli|' + plugins.join('|'),
  model: 'cluster|results|scenario|experiment|report|cli|' + plugins.join('|'),
  cluster: 'results|scenario|experiment|report|cli|' + plugins.join('|'),
  results: 'scenario|experiment|report|cli',
  scenario: 'experiment|report|cli',
  experiment: 'report|cli',
  report: 'experiment|cli',
};
const forbidden = Object.entries(above).map(([layer, higher]) => ({
  name: `${layer}-imports-down`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: `^src/(${higher})/` },
}));
for (const plugin of plugins) {
  forbidden.push({
    name: `${plugin}-is-an-island`,
    severity: 'error',
    from: { path: `^src/${plugin}/` },
    to: { path: '^src/', pathNot: `^src/(core|model|${plugin})/` },
  });
}
forbidden.push(
  { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
  { name: 'no-dev-dependencies', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] } },
);
module.exports = {
  forbidden,
  options: { tsConfig: { fileName: 'tsconfig.json' }, tsPreCompilationDeps: 'specify', doNotFollow: { path: 'node_modules' }, enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] } },
};
