import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ResourceSpace } from '../../../src/model/resources.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { inspectTrace } from '../../../src/workloads/inspect.js';
import { validateTrace } from '../../../src/workloads/validate.js';
import { inputErrorOf, readJobs, repairedOf, skippedOf, traceFolder } from '../../support/traces.js';

const { file } = traceFolder();
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
const DAX = '../shared/traces/wfcommons/GENOME.d.351024866.5.dax';

/** A workflow of the layout since 1.5. */
function instance(tasks: object[], runs: object[], more: object = {}): string {
  const workflow = {
    specification: { tasks, files: [{ id: 'f', sizeInBytes: 3 * 2 ** 20 }] },
    execution: { tasks: runs, ...more },
  };
  return JSON.stringify({ name: 'w', schemaVersion: '1.5', workflow }, null, 1);
}

describe('wfformat', () => {
  it('joins specification and execution by id, whichever end declares a link', () => {
    const path = file(
      instance(
        [
          { id: 'a', name: 'one', children: ['b'], inputFiles: ['f'] },
          { id: 'b', name: 'two', outputFiles: ['f'] },
          { id: 'c', name: 'three', parents: ['a', 'b'] },
        ],
        [
          { id: 'b', runtimeInSeconds: 2.5, coreCount: 4 },
          { id: 'a', runtimeInSeconds: 1, memoryInBytes: 5 * 2 ** 20 },
          { id: 'c', runtimeInSeconds: 3 },
        ],
        { makespanInSeconds: 9, machines: [{ nodeName: 'n', cpu: { coreCount: 8 }, memoryInBytes: 2 ** 30 }] },
      ),
      'a.json',
    );
    const { jobs, report } = readJobs(path);
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({ id: 'w', class: 'workflow', submitUs: 0 });
    expect(jobs[0]?.groups).toMatchObject([
      { name: 'a', durationUs: 1e6, after: [], inputs: ['f'], inputMilliMib: 3000, outputMilliMib: 0 },
      { name: 'b', durationUs: 2_500_000, after: ['a'], inputMilliMib: 0, outputMilliMib: 3000 },
      { name: 'c', durationUs: 3e6, after: ['a', 'b'] },
    ]);
    expect(jobs[0]?.groups.map(({ amounts }) => [...amounts])).toEqual([
      [1000, 5000, 0, 0],
      [4000, 1_024_000, 0, 0],
      [1000, 1_024_000, 0, 0],
    ]);
    expect(report).toMatchObject({ rowsRead: 3, rowsKept: 3, jobCount: 1, taskCount: 3 });
    // The longest chain is a, b, c: 1 + 2.5 + 3 s.
    expect(inspectTrace([path], request)['facts']).toEqual({
      tasks: 3,
      edges: 3,
      roots: 1,
      files: 1,
      machines: 1,
      depth: 3,
      runTimeS: 6.5,
      criticalPathS: 6.5,
      makespanS: 9,
    });
    const { format, context } = prepareTrace([path], request, new ResourceSpace());
    const agents = format.readAgents?.([path], context).agents ?? [];
    expect(agents.map(({ id, amounts }) => [id, ...amounts])).toEqual([['n', 8000, 1_024_000, 0, 0]]);
  });

  it('reads the older layouts: names as links, memory in kB, files with their sizes', () => {
    const tasks = [
      {
        name: 'a',
        id: 'ID1',
        runtime: 4,
        cores: 2,
        memory: 1_048_576,
        files: [{ link: 'output', name: 'f', size: 2 ** 20 }],
      },
      { name: 'b', id: 'ID2', runtime: 6, parents: ['a'], files: [{ link: 'input', name: 'f', size: 2 ** 20 }] },
    ];
    const older = file(
      JSON.stringify({ name: 'o', schemaVersion: '1.3', workflow: { makespan: 11, tasks } }),
      'b.json',
    );
    const { jobs } = readJobs(older);
    // 1,048,576 kB are 1,048,576,000 bytes: exactly 1000 MiB.
    expect(jobs[0]?.groups).toMatchObject([
      { name: 'a', durationUs: 4e6, outputMilliMib: 1000 },
      { name: 'b', durationUs: 6e6, after: ['a'], inputs: ['f'], inputMilliMib: 1000 },
    ]);
    expect([...(jobs[0]?.groups[0]?.amounts ?? [])]).toEqual([2000, 1_000_000, 0, 0]);
    expect(inspectTrace([older], request)['facts']).toMatchObject({
      edges: 1,
      depth: 2,
      criticalPathS: 10,
      makespanS: 11,
    });
    const newer = tasks.map(({ runtime, memory, ...rest }) => ({
      ...rest,
      runtimeInSeconds: runtime,
      ...(memory === undefined ? {} : { memoryInBytes: memory * 1000 }),
    }));
    const text = JSON.stringify({ name: 'o', schemaVersion: '1.4', workflow: { makespanInSeconds: 11, tasks: newer } });
    const zipped = file(gzipSync(text.replaceAll('"size"', '"sizeInBytes"')), 'c.json.gz');
    expect(readJobs(zipped).jobs).toEqual(jobs);
    const jobsKey = JSON.stringify({ name: 'o', schemaVersion: '1.1', workflow: { jobs: tasks } });
    expect(readJobs(file(jobsKey, 'd.json')).jobs).toEqual(jobs);
  });

  it('submits files apart when told to, and tells workflows of one name apart', () => {
    const one = file(instance([{ id: 'a' }], [{ id: 'a', runtimeInSeconds: 1 }]), 'e.json');
    const { jobs } = readJobs([one, one, one], { format: 'wfformat[gap=90 s]' });
    expect(jobs.map(({ id, submitUs }) => [id, submitUs])).toEqual([
      ['w', 0],
      ['w~2', 90e6],
      ['w~3', 180e6],
    ]);
  });

  it('mends and counts, with the line of the task', () => {
    const text = instance(
      [{ id: 'a', parents: ['z'] }, { id: 'b', parents: ['a'] }, { id: 'b' }],
      [{ id: 'a', runtimeInSeconds: -1 }],
    );
    const path = file(text, 'f.json');
    expect(repairedOf(readJobs(path))).toEqual({ E_WF_RUN: 3, E_WF_LINK: 1, E_TASK_TWICE: 1 });
    const { issues } = validateTrace([path], request);
    const lineOf = (id: string): number => text.split('\n').findIndex((line) => line.includes(`"id": "${id}"`));
    expect(issues.find(({ code }) => code === 'E_WF_LINK')?.line).toBe(lineOf('a'));
    expect(issues.filter(({ code }) => code === 'E_WF_RUN')[1]?.line).toBe(lineOf('b'));
    const circle = file(
      instance(
        [
          { id: 'a', parents: ['b'] },
          { id: 'b', parents: ['a'] },
        ],
        [],
      ),
      'g.json',
    );
    expect(skippedOf(readJobs(circle))).toEqual({ E_CYCLE: 1 });
  });

  it('takes links from files when no task declares any', () => {
    const tasks = [
      { id: 'a', outputFiles: ['f'] },
      { id: 'b', inputFiles: ['f'] },
    ];
    const path = file(
      instance(tasks, [
        { id: 'a', runtimeInSeconds: 1 },
        { id: 'b', runtimeInSeconds: 1 },
      ]),
      'h.json',
    );
    const reading = readJobs(path);
    expect(reading.jobs[0]?.groups[1]?.after).toEqual(['a']);
    expect(repairedOf(reading)).toEqual({ E_WF_INFERRED: 1 });
  });

  it('says where the JSON is broken, and that a workflow needs tasks', () => {
    expect(inputErrorOf(() => readJobs(file('{"schemaVersion": "1.5",\n "workflow": {]}', 'i.json')))).toMatch(
      /i\.json:2:15: error E_JSON: the file is no JSON/,
    );
    expect(
      inputErrorOf(() => readJobs(file('{"schemaVersion":"1.5","workflow":{}}', 'j.json'), { format: 'wfformat' })),
    ).toMatch(/E_WF_TASKS/);
    const hostile =
      '{"schemaVersion":"1.5","workflow":{"tasks":[{"name":"__proto__","runtime":1},{"name":"constructor","runtime":1,"parents":["__proto__"]}]}}';
    expect(readJobs(file(hostile, 'k.json')).jobs[0]?.groups[1]?.after).toEqual(['__proto__']);
  });
});

describe('dax', () => {
  it('reads jobs, files and links of DAX 2 and 3', () => {
    const path = file(
      `<?xml version="1.0"?>
<p:adag xmlns:p="http://pegasus.isi.edu/schema/DAX" name="chain">
  <p:job id="A" runtime="2.5"><p:uses file="x" link="input" size="1048576"/><p:uses file="y" link="output" size="2097152"/></p:job>
  <p:job id="B"><p:profile namespace="pegasus" key="runtime">4</p:profile><p:profile namespace="condor" key="request_cpus">3</p:profile>
    <p:uses name="y" link="input" size="2097152"/></p:job>
  <p:job id="C" runtime="-1"/>
  <p:child ref="B"><p:parent ref="A"/><p:parent ref="A"/></p:child>
  <p:child ref="C"><p:parent ref="Z"/></p:child>
</p:adag>`,
      'a.dax',
    );
    const reading = readJobs(path);
    expect(reading.jobs[0]?.id).toBe('chain');
    expect(reading.jobs[0]?.groups).toMatchObject([
      { name: 'A', durationUs: 2_500_000, inputs: ['x'], inputMilliMib: 1000, outputMilliMib: 2000 },
      { name: 'B', durationUs: 4e6, after: ['A'], inputs: ['y'] },
      { name: 'C', durationUs: 0, after: [] },
    ]);
    expect(reading.jobs[0]?.groups[1]?.amounts[0]).toBe(3000);
    expect(repairedOf(reading)).toEqual({ E_DAX_RUN: 1, E_DAX_LINK: 1 });
    expect(validateTrace([path], request).issues.map(({ line }) => line)).toEqual([6, 8]);
  });

  it('refuses what is no DAX, with its place, and expands no entities', () => {
    expect(inputErrorOf(() => readJobs(file('<adag><job id="A"></adag>', 'b.dax')))).toMatch(
      /b\.dax:1:\d+: error E_XML/,
    );
    expect(inputErrorOf(() => readJobs(file('<adag></adag>', 'c.dax')))).toMatch(/E_XML: the DAX has no jobs/);
    expect(inputErrorOf(() => readJobs(file('<other/>', 'd.dax'), { format: 'dax' }))).toMatch(/its root must be adag/);
    const bomb = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><adag><job id="&b;" runtime="1"/></adag>';
    expect(inputErrorOf(() => readJobs(file(bomb, 'e.dax')))).toMatch(/E_XML/);
    const deep = `<adag>${'<x>'.repeat(1000)}`;
    expect(inputErrorOf(() => readJobs(file(deep, 'f.dax')))).toMatch(/nested deeper/);
  });

  it.skipIf(!existsSync(DAX))('agrees with plain searches on a real DAX', () => {
    const text = readFileSync(DAX, 'utf8');
    const runs = [...text.matchAll(/<job [^>]*runtime="([\d.]+)"/g)].map(([, seconds]) => Number(seconds));
    const { jobs } = readJobs(DAX);
    const groups = jobs[0]?.groups ?? [];
    expect(groups).toHaveLength(runs.length);
    expect(groups.map(({ durationUs }) => durationUs)).toEqual(runs.map((seconds) => Math.round(seconds * 1e6)));
    const edges = (text.match(/<parent /g) ?? []).length;
    expect(groups.reduce((sum, { after }) => sum + after.length, 0)).toBe(edges);
    const read = [...text.matchAll(/link="input"[^>]*size="(\d+)"/g)].reduce(
      (sum, [, bytes]) => sum + Number(bytes),
      0,
    );
    const told = groups.reduce((sum, { inputMilliMib = 0 }) => sum + inputMilliMib, 0);
    expect(told / 1000).toBeCloseTo(read / 2 ** 20, 0);
  });
});
