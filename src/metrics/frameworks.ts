import { defineMetric } from '../model/metric.js';

const COLUMNS = ['time_s', 'framework', 'metric', 'value'];

export const frameworks = defineMetric({
  name: 'frameworks',
  summary: 'frameworks.csv: what frameworks tell of themselves (instances, deployments …); last values in summary.csv',
  source: 'docs/results.md',
  options: {},
  isDefault: true,
  create: (_options, { cluster, table, summary }) => {
    // The table is opened by the first value: most runs have none.
    let rows: ReturnType<typeof table> | undefined;
    const last = new Map<number, Map<string, number>>();
    return {
      gauged: (framework, name, value) => {
        rows ??= table('frameworks.csv', COLUMNS);
        rows.seconds(cluster.nowUs).text(cluster.frameworkName(framework)).text(name).real(value).end();
        let values = last.get(framework);
        if (values === undefined) {
          values = new Map();
          last.set(framework, values);
        }
        values.set(name, value);
      },
      finished: () => {
        for (const framework of [...last.keys()].sort((a, b) => a - b)) {
          for (const [metric, value] of last.get(framework) ?? []) {
            summary({ scope: 'framework', name: cluster.frameworkName(framework), metric, unit: '', value });
          }
        }
      },
    };
  },
});
