import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EndedJobs } from '../../../src/cluster/ended-jobs.js';
import type { TaskFact } from '../../../src/model/observer.js';
import { parseScenario } from '../../../src/scenario/load.js';
import { Simulation } from '../../../src/scenario/simulation.js';

const folder = mkdtempSync(join(tmpdir(), 'mesosim-after-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Fields of the Standard Workload Format: number, submit, wait, run, processors …, preceding job, think time. */
function row(id: number, submitS: number, runS: number, preceding: number, thinkS: number): string {
  return `${id} ${submitS} 0 ${runS} 1 -1 -1 1 ${runS} -1 1 1 1 1 1 1 ${preceding} ${thinkS}\n`;
}

describe('the delay after another job', () => {
  it('counts from the end of that job, whether it ends before or after the job that follows has come', () => {
    writeFileSync(
      join(folder, 'log.swf'),
      // 1 ends at 10. 2 comes at 15 and waits for 10 + 30 = 40; 3 comes at 15 too, but its delay has passed: 10 + 4 < 15.
      // 4 comes at 20 and follows 2, which ends at 45: 45 + 5 = 50. 5 comes at 60: 45 + 15 = 60, at once.
      row(1, 0, 10, -1, -1) + row(2, 15, 5, 1, 30) + row(3, 15, 5, 1, 4) + row(4, 20, 5, 2, 5) + row(5, 60, 5, 2, 15),
    );
    const starts: string[] = [];
    const document = {
      name: 'after',
      workload: { trace: 'log.swf', format: 'swf[dependencies=true]' },
      cluster: { agents: [{ count: 1, cpus: 8, mem: '8 GiB' }] },
    };
    const simulation = new Simulation(parseScenario(JSON.stringify(document), join(folder, 'a.json')), {
      observe: () => [
        { taskEnded: ({ job, startUs }: TaskFact) => void starts.push(`${job.record.id} at ${startUs / 1e6}`) },
      ],
    });
    simulation.run();
    simulation.close();
    expect(starts).toEqual(['1 at 0', '3 at 15', '2 at 40', '4 at 50', '5 at 60']);
  });

  it('is looked up among ends that are young enough, over a ring that grows to a bound', () => {
    const ended = new EndedJobs();
    for (let job = 0; job < 200_000; job++) ended.add(String(job), job);
    expect(ended.endedWithin('199990', 20, 200_000)).toBe(199_990);
    // At 199,990 with a delay of 10 the delay is over at 200,000.
    expect(ended.endedWithin('199990', 10, 200_000)).toBe(-1);
    // 2^16 ends are kept: the oldest is 200,000 − 65,536 = 134,464.
    expect(ended.endedWithin('134464', 1e6, 200_000)).toBe(134_464);
    expect(ended.endedWithin('134463', 1e6, 200_000)).toBe(-1);
  });
});
