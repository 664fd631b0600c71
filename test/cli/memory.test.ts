import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const MEMORY = pathToFileURL('dist/cli/memory.js').href;

/** MiB of the young space after each of three phases, in a process of its own: bound, few live jobs, many live jobs. */
const PHASES = `
import { getHeapSpaceStatistics } from 'node:v8';
import { HeapBounds } from '${MEMORY}';
const heap = new HeapBounds();
const alive = [];
// V8 lets the young space grow for objects that outlive several of its collections, as these do.
const phase = (liveJobs) => {
  for (let index = 0; index < 1_000_000; index++) {
    if (index % 10_000 === 0 && liveJobs > 0) heap.fit(liveJobs);
    alive[index % 50_000] = { index, list: [index] };
  }
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size / 2 ** 20;
};
console.log(JSON.stringify([phase(0), phase(10), phase(1_000_000)]));
`;

test('the young space stays small while few jobs live, and grows for many', () => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', PHASES], { encoding: 'utf8' });
  const [bound, few, many] = JSON.parse(stdout) as [number, number, number];
  // V8 starts with 1 MiB in each half and goes to 16 by itself; the program stops at 4, or one doubling later.
  expect(bound).toBeLessThanOrEqual(2);
  expect(few).toBeLessThanOrEqual(16);
  expect(many).toBe(32);
});
