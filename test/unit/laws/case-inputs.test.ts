import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../laws/families/index.js';
import { type LawCase, type LawContext, oneLine } from '../../laws/support/case.js';

const context: LawContext = { mode: 'quick', expectAll: () => undefined };

async function said(law: Partial<LawCase>): Promise<string> {
  const family = FAMILIES.find((candidate) => candidate.family === law.family);
  try {
    await family?.check({ id: 'X', expected: {}, tolerance: { kind: 'exact' }, ...law } as LawCase, context);
  } catch (error) {
    const told = oneLine('X', error);
    return told instanceof Error ? told.message : String(told);
  }
  return 'accepted';
}

const INPUTS: Readonly<Record<string, Record<string, unknown>>> = {
  'mesos-rampup': { slots: 2, meanTask: 1, beta: 1 },
  'mesos-long-task-fill': { longFraction: 0.5, slotsPerNode: 2 },
  'delay-scheduling-prob': { preferredFraction: 0.5, skips: 1 },
  'delay-scheduling-skips': { targetLocality: 0.5, tasksPerJob: 2, replicas: 1, nodes: 4, slotsPerNode: 1 },
  'fork-join': { branches: 2, arrivalRate: 0.5, serviceRate: 1 },
  'autoscale-min-servers': { offeredLoad: 1, targetProbWait: 0.5 },
  'sparrow-zero-wait': { load: 0.5, probeRatio: 2, tasks: 1 },
  'power-of-d': { load: 0.5, choices: 2, serversAtLeast: 10 },
};

describe('cases of laws', () => {
  it.each(Object.entries(INPUTS))('%s: an unknown input is a mistake of one line', async (family, inputs) => {
    const message = await said({ family, inputs: { ...inputs, speed: 2 } });
    expect(message).toMatch(/^X: inputs: .*"speed"/);
    expect(message).not.toContain('\n');
  });

  it.each(Object.entries(INPUTS))('%s: so is one that is missing', async (family, inputs) => {
    const [name = '', ...rest] = Object.keys(inputs);
    const message = await said({ family, inputs: Object.fromEntries(rest.map((key) => [key, inputs[key]])) });
    expect(message).toMatch(new RegExp(`^X: inputs: .*${name}`));
    expect(message).not.toContain('\n');
  });

  it('an expected value of which the family knows nothing is a mistake, too', async () => {
    const inputs = INPUTS['fork-join'] ?? {};
    expect(await said({ family: 'fork-join', inputs, expected: { median: 1 } })).toMatch(/^X: expected: .*"median"/);
  });
});
