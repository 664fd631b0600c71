import { describe, expect, it } from 'vitest';
import { isSlaKept, slaPolicyOf } from '../../../src/frameworks/aurora/sla.js';
import type { AuroraTask } from '../../../src/frameworks/aurora/task.js';
import { run, service } from '../../support/aurora.js';

const tell = (at: string, action: string, more: object = {}) => ({
  at,
  tell: { framework: 'aurora', action, ...more },
});

describe('service levels (sla/SlaManager.java)', () => {
  /** `up` tasks that have run for 10 s, `waiting` ones, and the one that is asked about. */
  function asked(policy: object, up: number, waiting: number, durationS = 5) {
    const config = { tier: 'preferred', sla: slaPolicyOf({ duration_secs: durationS, ...policy } as never) };
    const task = (state: string) => ({ config, state, isOver: false, runningUs: 0 }) as unknown as AuroraTask;
    const own = task('RUNNING');
    const others = [
      ...Array.from({ length: up }, () => task('RUNNING')),
      ...Array.from({ length: waiting }, () => task('PENDING')),
    ];
    return isSlaKept(own, [own, ...others], 10e6);
  }

  it('percentage: so many of the active tasks, waiting ones among them, are up without this one', () => {
    // 90 % of 20 is 18: 18 up pass, 17 and two that wait do not.
    expect(asked({ percentage: 90 }, 18, 1)).toBe(true);
    expect(asked({ percentage: 90 }, 17, 2)).toBe(false);
  });

  it('count: so many, whatever the job has', () => {
    expect(asked({ count: 15 }, 15, 4)).toBe(true);
    expect(asked({ count: 15 }, 14, 5)).toBe(false);
  });

  it('a policy that never lets one go lets one go', () => {
    // 99 % of 20: ⌊0.01 · 20⌋ = 0, so 19 of 20 are enough; and so with a count of 20.
    expect(asked({ percentage: 99 }, 19, 0)).toBe(true);
    expect(asked({ percentage: 99 }, 18, 1)).toBe(false);
    expect(asked({ count: 20 }, 19, 0)).toBe(true);
    expect(asked({ count: 20 }, 18, 1)).toBe(false);
  });

  it('jobs with fewer than 20 active tasks are not asked, and RUNNING is longer than the duration', () => {
    expect(asked({ count: 19 }, 0, 18)).toBe(true);
    expect(asked({ count: 19 }, 19, 0, 10)).toBe(false);
  });

  it('a count keeps a drain waiting', () => {
    const agents = [{ count: 6, cpus: 10, mem: '64 GiB', disk: '64 GiB' }];
    const jobs = [
      service('a', {
        instances: 20,
        tier: 'preferred',
        constraints: { host: 'limit:4' },
        sla_policy: { count: 18, duration_secs: 0 },
      }),
    ];
    const drained = run(jobs, { agents, actions: [tell('10 min', 'drain', { agent: 'agent-1', sla: true })] });
    const times = drained.ended.filter(({ reason }) => reason === 'draining').map(({ atS }) => Math.floor(atS));
    // Two of twenty may be away at once.
    expect(Math.max(...times.map((at) => times.filter((other) => other === at).length))).toBe(2);
  });
});
