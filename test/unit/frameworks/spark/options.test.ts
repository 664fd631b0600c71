import { describe, expect, it } from 'vitest';
import { mistake, play, TRACE, tables } from '../support.js';

describe('options', () => {
  const run = (options: Record<string, unknown>, files: Record<string, string> = {}) =>
    play(
      {
        workload: TRACE,
        cluster: { agents: [{ count: 1, cpus: 4, mem: 4096 }] },
        frameworks: [
          {
            name: 'spark',
            type: 'spark',
            options: { executorMemory: 64, memoryOverhead: 0, inputBlocks: false, ...options },
          },
        ],
      },
      { ...tables([{ id: 'a', tasks: [{ count: 4, s: 10 }] }]), ...files },
    );
  it('come from a spark-defaults.conf; one that is given goes before it', () => {
    const files = {
      'spark.conf':
        '# two at a time\nspark.executor.cores 1\nspark.cores.max=2\nspark.executor.memory  1g\nspark.ui.port 4040\n',
    };
    expect(run({ conf: 'spark.conf' }, files).finishS.get('a')).toBe(20);
    expect(run({ conf: 'spark.conf', coresMax: 1 }, files).finishS.get('a')).toBe(40);
  });

  it('are refused with their place when they make no sense', () => {
    expect(mistake(() => run({ conf: 'bad.conf' }, { 'bad.conf': 'spark.cores.max two\n' }))).toBe(
      'bad.conf:1:1: error E_OPTION_VALUE: spark.cores.max[coresMax] must be a whole number, got "two"',
    );
    expect(mistake(() => run({ conf: 'bad.conf' }, { 'bad.conf': '\ncores.max 2\n' }))).toMatch(
      /^bad\.conf:2:1: error E_CONF: a property begins with spark\., got "cores\.max"/,
    );
    expect(mistake(() => run({ conf: 'none.conf' }))).toMatch(/^none\.conf: error E_FILE/);
    expect(mistake(() => run({ pools: 'prod:0' }))).toMatch(
      /E_OPTION_VALUE: spark\[pools\] must be name:weight:minShare/,
    );
    expect(mistake(() => run({ constraints: 'rack:r1:r2' }))).toMatch(/E_OPTION_VALUE: spark\[constraints\]/);
    expect(mistake(() => run({ executorCores: -1 }))).toMatch(/E_OPTION_VALUE/);
    expect(mistake(() => run({ executorCore: 1 }))).toMatch(/has no option "executorCore"/);
  });
});
