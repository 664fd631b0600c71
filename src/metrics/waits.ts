import { defineMetric } from '../model/metric.js';
import { WAIT_CAUSES } from '../model/waits.js';

export const waits = defineMetric({
  name: 'waits',
  summary: 'waits.csv: every pending second of every attempt, charged to one cause',
  source: 'DESIGN: causes in a fixed order, first match; integrals of count × time',
  options: {},
  isDefault: true,
  create: (_options, { cluster, table, summary }) => {
    cluster.chargeWaits();
    const rows = table('waits.csv', ['framework', 'role', 'cause', 'seconds', 'share']);
    return {
      finished: () => {
        const totals = new Float64Array(WAIT_CAUSES.length);
        for (let framework = 0; framework < cluster.frameworkCount; framework++) {
          const seconds = WAIT_CAUSES.map((_cause, row) => cluster.waitSeconds(framework, row));
          const sum = seconds.reduce((total, value) => total + value, 0);
          for (const [row, value] of seconds.entries()) {
            totals[row] = (totals[row] as number) + value;
            if (value === 0) continue;
            rows
              .text(cluster.frameworkName(framework))
              .text(cluster.frameworkRole(framework))
              .text(WAIT_CAUSES[row] as string);
            rows
              .seconds(Math.round(value * 1e6))
              .real(value / sum)
              .end();
          }
        }
        for (const [row, cause] of WAIT_CAUSES.entries()) {
          const value = totals[row] as number;
          if (value > 0)
            summary({ scope: 'cluster', name: '', metric: `waited_${cause.replaceAll('-', '_')}_s`, unit: 's', value });
        }
      },
    };
  },
});
