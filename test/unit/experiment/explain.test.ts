import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainTask, type TaskStory } from '../../../src/experiment/explain.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { runScenario } from '../../../src/scenario/run.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesosim-explain-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ran(name: string, text: string, extraMetrics: string[] = []): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  const out = join(folder, name);
  await runScenario(loadScenario(file), { out, extraMetrics });
  return out;
}

const explain = (out: string, task: string): Promise<TaskStory> => explainTask(out, task, { folder });
const spans = (story: TaskStory, attempt = 0) =>
  story.attempts[attempt]?.spans.map(({ fromS, toS, cause }) => [cause, fromS, toS]);

/** Waits of attempts in tasks.csv, by task id: rows without quotes, as ids here need none. */
function waitsOf(out: string): Map<string, number> {
  const [header = '', ...rows] = readFileSync(join(out, 'tasks.csv'), 'utf8').trim().split('\n');
  const names = header.split(',');
  const field = (row: string, name: string): string => row.split(',')[names.indexOf(name)] as string;
  return new Map(
    rows.map((row) => [`${field(row, 'task_id')}#${field(row, 'attempt')}`, Number(field(row, 'wait_s'))]),
  );
}

const QUEUE = `name: queue
workload:
  jobs:
    - { id: first, duration: 3 s, cpus: 2, mem: 64 }
    - { id: second, at: 0.5 s, duration: 10 s, cpus: 2, mem: 64 }
    - { id: third, at: 1.5 s, duration: 1 s, cpus: 2, mem: 64 }
    - { id: child, at: 2 s, duration: 1 s, cpus: 1, mem: 64, after: [first] }
cluster: { agents: [{ count: 1, cpus: 2, mem: 1 GiB }] }
`;

describe('explainTask', () => {
  it('charges the head of the queue to capacity and the next one to its place behind it', async () => {
    const out = await ran('queue', QUEUE);
    // One agent of two CPUs. `first` runs 0–3 s. `second` is the head: no room until 3 s; freed resources wait for a batch
    // run, and the one of 3 s comes after the end in the same instant, so it starts at 3 s.
    expect(spans(await explain(out, 'second/0'))).toEqual([['no-capacity', 0.5, 3]]);
    // `third` has the same shape and waits behind `second` until 3 s, then for its end at 13 s.
    expect(spans(await explain(out, 'third/0'))).toEqual([
      ['behind-in-queue', 1.5, 3],
      ['no-capacity', 3, 13],
    ]);
    // `child` waits for `first`; it is the head of its own shape from then on, and finds the agent full until 13 s.
    const child = await explain(out, 'child/0');
    expect(spans(child)?.[0]).toEqual(['dependency', 2, 3]);
    expect(child.attempts[0]?.spans[0]?.detail).toContain('job first');
  });

  it('accounts for the wait that tasks.csv has, in every scenario and attempt', async () => {
    const text = `name: mixed
workload:
  synthetic: { jobs: 60, arrivals: { poisson: { rate: 1 /s } }, tasks: 2, duration: { exponential: { mean: 5 s } }, cpus: 1, mem: 64 }
frameworks:
  - { name: busy, match: { user: "*" }, scheduler: { tJob: 200 ms, tTask: 50 ms } }
cluster: { startDelay: 300 ms, agents: [{ count: 2, cpus: 3, mem: 1 GiB }] }
network: { delay: 20 ms }
actions: [{ at: 20 s, removeAgent: agent-1 }, { at: 30 s, addAgent: { id: more, cpus: 3, mem: 1 GiB } }]
`;
    const out = await ran('mixed', text);
    const waits = waitsOf(out);
    let attempts = 0;
    for (const [index, key] of [...waits.keys()].entries()) {
      const [task = '', attempt] = key.split('#');
      // A handful of first attempts, and every later one.
      if (attempt === '1' && index % 12 !== 0) continue;
      const story = await explain(out, task);
      const told = story.attempts.find((known) => known.attempt === Number(attempt));
      const sum = told?.spans.reduce((total, { fromS, toS }) => total + (toS - fromS), 0);
      expect(sum).toBeCloseTo(waits.get(key) as number, 6);
      attempts++;
    }
    expect([...waits.keys()].some((key) => !key.endsWith('#1'))).toBe(true);
    expect(attempts).toBeGreaterThan(10);
  });

  it('tells capacity that others got first from capacity that is not there', async () => {
    // A framework that never suppresses and has the smaller share is offered the idle agent in every run, and declines.
    const text = `name: passed-over
workload:
  jobs:
    - { id: own, duration: 100 s, cpus: 2, mem: 1024, user: big }
    - { id: late, at: 10.5 s, duration: 1 s, cpus: 2, mem: 64, user: big }
frameworks:
  - { name: big, match: { user: big } }
  - { name: idle, match: { user: nobody }, suppressWhenIdle: false, refuse: 0 s }
cluster: { agents: [{ count: 2, cpus: 2, mem: 1 GiB }] }
until: 20 s
`;
    const story = await explain(await ran('passed-over', text), 'late/0');
    // `own` fills one agent. `idle` holds nothing, so each run offers the other agent to it, and it declines at once.
    expect(spans(story)).toEqual([['lower-share', 10.5, 20]]);
    expect(story.attempts[0]?.state).toBe('pending');
  });

  it('names the tasks of a run when there is none of that id', async () => {
    const out = await ran('again', QUEUE.replace('name: queue', 'name: again'));
    await expect(explain(out, 'first/7')).rejects.toMatchObject({ code: 'E_TASK_UNKNOWN' });
    await expect(explain(out, 'nobody/0')).rejects.toMatchObject({ code: 'E_TASK_UNKNOWN' });
  });
});

describe('offers.csv', () => {
  it('tells how long an offer lay with its framework, and which were open at the end', async () => {
    const text = `name: offers
workload:
  jobs: [{ id: one, at: 0.25 s, duration: 30 s, cpus: 1, mem: 64 }, { id: two, at: 5 s, duration: 1 s, cpus: 1, mem: 64, user: slow }]
frameworks:
  - { name: slow, match: { user: slow }, scheduler: { tJob: 1 min } }
  - { name: thinker, scheduler: { tJob: 2 s } }
cluster: { agents: [{ count: 1, cpus: 2, mem: 1 GiB }] }
network: { delay: 100 ms }
until: 20 s
`;
    const out = await ran('offers', text, ['offers']);
    const [header = '', ...rows] = readFileSync(join(out, 'offers.csv'), 'utf8').trim().split('\n');
    const names = header.split(',');
    const told = rows.map((row) => {
      const cells = row.split(',');
      return Object.fromEntries(names.map((name, index) => [name, cells[index] as string]));
    });
    const accepted = told.find(({ answer }) => answer === 'accepted');
    // The framework thinks for 2 s; the offer reaches it 0.1 s after it was made, the answer the master 0.1 s after it was sent.
    expect(accepted).toMatchObject({ framework: 'thinker', think_s: '2', launched_tasks: '1' });
    expect(Number(accepted?.['answered_s']) - Number(accepted?.['created_s'])).toBeCloseTo(2.2, 9);
    const open = told.filter(({ answer }) => answer === 'outstanding');
    expect(open.map(({ framework, answered_s }) => [framework, answered_s])).toEqual([['slow', '']]);
  });
});
