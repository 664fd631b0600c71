import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { MachineEvent } from '../../../src/model/job.js';
import { ResourceSpace } from '../../../src/model/resources.js';
import { convertTrace } from '../../../src/workloads/convert/convert.js';
import { decimal } from '../../../src/workloads/convert/native-columns.js';
import { isFolder } from '../../../src/workloads/folders.js';
import { prepareTrace } from '../../../src/workloads/index.js';
import { heldBy } from '../../../src/workloads/inspect.js';
import { escapeList, guardedCell } from '../../../src/workloads/native-text.js';
import { validateTrace } from '../../../src/workloads/validate.js';
import { fc } from '../../support/properties.js';
import { namesIn, traceSamples, writeSample } from '../../support/trace-samples.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-machines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const request = { format: '', options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
let count = 0;
const place = (): string => join(folder, String(count++));
const written = (name: string, text: string): string => {
  const [path = ''] = writeSample({ format: 'native', holds: 'agents', files: { [name]: text } }, place());
  return path;
};

/** Machines and what happens to them, as a run reads them. */
function machinesOf(files: readonly string[], custom: readonly string[] = []) {
  const { format, context } = prepareTrace(files, request, new ResourceSpace([...custom]));
  // The native tables of agents tell of no events: those are a table of their own.
  const names = files.flatMap((file) => (isFolder(file) ? namesIn(file) : [file]));
  const isTold = format.name !== 'native' || names.some((name) => name.includes('event'));
  const source = isTold ? format.openMachineEvents?.(files, context) : undefined;
  const events: MachineEvent[] = [];
  for (let event = source?.next() ?? null; event !== null; event = source?.next() ?? null) events.push(event);
  return { agents: format.readAgents?.(files, context).agents ?? [], events };
}

describe('agents.csv and machine-events.csv', () => {
  it('reads what is missing as unknown, puts events in order, and says what cannot be', () => {
    const events = written(
      'machine-events.csv',
      'time_s,agent_id,event,cpus,mem_mib,attributes\n20,a,add,,,rack=r1;note=x\\;y\n10.5,a,remove,,,\n30,a,update,4,512,\n40,,add,1,1,\n50,a,vanish,1,1,\n60,a,update,-4,1,\nx,a,add,1,1,\n',
    );
    const { format, context } = prepareTrace([events], request, new ResourceSpace());
    const source = format.openMachineEvents?.([events], context);
    expect([source?.next(), source?.next(), source?.next(), source?.next()]).toEqual([
      { timeUs: 10_500_000, agent: 'a', event: 'remove', amounts: undefined, attributes: {} },
      // It comes back as large as it was.
      { timeUs: 20e6, agent: 'a', event: 'add', amounts: undefined, attributes: { rack: 'r1', note: 'x;y' } },
      { timeUs: 30e6, agent: 'a', event: 'update', amounts: Float64Array.of(4000, 512000, 0, 0), attributes: {} },
      null,
    ]);
    const told: string[] = [];
    validateTrace([events], request, 100, ({ line, column, code }) => told.push(`${line}:${column} ${code}`));
    expect(told).toEqual([
      '3:1 E_ORDER',
      '5:2 E_NATIVE_VALUE',
      '6:3 E_NATIVE_VALUE',
      '7:4 E_NATIVE_VALUE',
      '8:1 E_NATIVE_VALUE',
    ]);
  });

  it('refuses rows that would be millions of agents or none', () => {
    const agents = written('agents.csv', 'agent_id,count,cpus\na,2,1\nb,1e12,1\nc,2.5,1\n,1,1\nd,0,1\ne,1,NaN\n');
    const { counts } = validateTrace([agents], request);
    expect(counts).toEqual({ E_NATIVE_VALUE: 5 });
    expect(machinesOf([agents]).agents.map(({ id }) => id)).toEqual(['a-0', 'a-1']);
  });
});

describe('trace convert of machines', () => {
  const machines = traceSamples.filter(({ holds }) => holds !== 'jobs');
  it.each(machines.map((sample) => [`${sample.format}: ${Object.keys(sample.files)[0]}`, sample] as const))(
    'gives native tables that say the same: %s',
    async (_name, sample) => {
      const files = writeSample(sample, place());
      const { format } = prepareTrace(files, request, new ResourceSpace());
      const held = heldBy(format, files);
      // A workload of Batsim tells of its machine, too; the machine alone is no workload to convert.
      if (held === 'jobs') return;
      if (held === 'failures' || held === 'prices') {
        await expect(convertTrace(files, request, 'native', place())).rejects.toThrow(/no jobs/);
        return;
      }
      const [first, second] = [place(), place()];
      const { agents, events } = await convertTrace(files, request, 'native', first);
      const original = machinesOf(files);
      expect([agents, events]).toEqual([original.agents.length, original.events.length]);
      expect(agents + events).toBeGreaterThan(0);
      expect(machinesOf([first])).toEqual(original);
      await convertTrace([first], request, 'native', second);
      expect(namesIn(second)).toEqual(namesIn(first));
      for (const name of namesIn(first))
        expect(readFileSync(join(second, name), 'utf8')).toBe(readFileSync(join(first, name), 'utf8'));
    },
  );

  it('is the identity on any native tables of machines, with custom resources', async () => {
    const word = fc.string({ maxLength: 6 }).filter((text) => text.trim() !== '' && !/[\r\n\0]/.test(text));
    const name = word.filter((text) => !text.includes('=')).map((text) => text.trim());
    const attributes = fc.dictionary(
      name,
      word.map((text) => text.trim()),
      { maxKeys: 3 },
    );
    const milli = fc.integer({ min: 0, max: 1e12 });
    const amounts = fc.array(milli, { minLength: 5, maxLength: 5 });
    const agent = fc.record({ id: word, count: fc.integer({ min: 1, max: 5 }), amounts, attributes });
    const event = fc.record({
      us: fc.integer({ min: 0, max: 1e12 }),
      agent: word,
      kind: fc.constantFrom('add', 'remove', 'update'),
      amounts: fc.option(amounts, { nil: undefined }),
      attributes,
    });
    const listed = (record: Readonly<Record<string, string>>): string =>
      guardedCell(escapeList(Object.entries(record).map(([key, value]) => `${key}=${value}`)));
    const cells = (list: readonly number[] | undefined): string =>
      list === undefined ? ',,,,' : list.map((one) => decimal(one, 3)).join(',');
    const columns = 'cpus,mem_mib,disk_mib,gpus,fpgas,attributes';
    await fc.assert(
      fc.asyncProperty(
        fc.array(agent, { maxLength: 4 }),
        fc.array(event, { minLength: 1, maxLength: 5 }),
        async (agents, list) => {
          const [first, second] = [place(), place()];
          const sorted = [...list].sort((a, b) => a.us - b.us);
          const rows = agents.map(
            (one) => `${guardedCell(one.id)},${one.count},${cells(one.amounts)},${listed(one.attributes)}\n`,
          );
          const events = sorted.map(
            (one) =>
              `${decimal(one.us, 6)},${guardedCell(one.agent)},${one.kind},${cells(one.kind === 'remove' ? undefined : one.amounts)},${listed(one.attributes)}\n`,
          );
          writeSample(
            {
              format: 'native',
              holds: 'agents',
              files: { 'agents.csv': `agent_id,count,${columns}\n${rows.join('')}` },
            },
            first,
          );
          writeFileSync(join(first, 'machine-events.csv'), `time_s,agent_id,event,${columns}\n${events.join('')}`);
          await convertTrace([first], request, 'native', second);
          for (const table of ['agents.csv', 'machine-events.csv'])
            expect(readFileSync(join(second, table), 'utf8')).toBe(readFileSync(join(first, table), 'utf8'));
          const [one] = agents;
          if (one !== undefined)
            expect(machinesOf([first], ['fpgas']).agents[0]).toEqual({
              id: one.count > 1 ? `${one.id}-0` : one.id,
              amounts: Float64Array.from(one.amounts),
              attributes: { ...one.attributes },
            });
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  it('writes machines beside jobs where both are named, and only as native tables', async () => {
    const jobs = writeSample(
      traceSamples.find(({ format, holds }) => format === 'google-2011' && holds === 'jobs') as never,
      place(),
    );
    const sample = traceSamples.find(({ format, holds }) => format === 'google-2011' && holds === 'agents');
    const machines = writeSample(sample as never, place());
    const out = place();
    const { written: files } = await convertTrace([...jobs, ...machines], request, 'native', out);
    expect(files.map((file) => file.slice(out.length + 1))).toEqual([
      'workload-jobs.csv',
      'workload-tasks.csv',
      'workload-usage.csv',
      'agents.csv',
      'machine-events.csv',
    ]);
    expect(machinesOf([out])).toEqual(machinesOf(machines));
    await expect(convertTrace(machines, request, 'swf', join(folder, 'x.swf'))).rejects.toThrow(
      'swf cannot tell of machines',
    );
    expect(namesIn(folder)).not.toContain('x.swf');
  });
});
