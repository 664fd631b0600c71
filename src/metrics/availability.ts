import { defineMetric } from '../model/metric.js';

export const availability = defineMetric({
  name: 'availability',
  summary: 'agents that left: how often, for how long, and the attempts lost with them; only where any did',
  source: 'docs/faults.md',
  options: {},
  isDefault: true,
  create: (_options, { cluster, summary }) => {
    const downSince = new Map<number, number>();
    let failures = 0;
    let downUs = 0;
    let lostAttempts = 0;
    return {
      agentChanged: (agent, isUp) => {
        const sinceUs = downSince.get(agent);
        if (isUp) {
          if (sinceUs !== undefined) downUs += cluster.nowUs - sinceUs;
          downSince.delete(agent);
        } else {
          failures++;
          downSince.set(agent, cluster.nowUs);
        }
      },
      taskEnded: ({ reason }) => {
        if (reason === 'agent-lost') lostAttempts++;
      },
      finished: () => {
        if (failures === 0) return;
        for (const sinceUs of downSince.values()) downUs += cluster.nowUs - sinceUs;
        const row = (metric: string, unit: string, value: number): void =>
          summary({ scope: 'cluster', name: '', metric, unit, value });
        row('agents_left', 'agents', failures);
        row('agents_down_s', 's', downUs / 1e6);
        row('agents_availability', 'ratio', 1 - downUs / (cluster.agentCount * cluster.nowUs));
        row('attempts_agent_lost', 'attempts', lostAttempts);
      },
    };
  },
});
