import { EventQueue } from '../../src/core/event-queue.js';

/** Hold model: n events pending; take the earliest, push it back Exp(1) later. Returns million holds per CPU second. */
export function holdModel(pendingCount: number, holdCount: number): number {
  const queue = new EventQueue();
  const samples = new Float64Array(1 << 16);
  let state = 2463534242 | 0;
  for (let index = 0; index < samples.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    samples[index] = Math.round(-Math.log(((state >>> 0) + 1) / 4294967297) * 1e6);
  }
  for (let index = 0; index < pendingCount; index++) queue.push(samples[index & 0xffff] as number, 1, index, 0);
  const spin = (count: number): void => {
    for (let index = 0; index < count; index++) {
      queue.pop();
      queue.push(queue.timeUs + (samples[index & 0xffff] as number), 1, queue.a, 0);
    }
  };
  spin(holdCount / 5);
  const before = process.cpuUsage();
  spin(holdCount);
  const used = process.cpuUsage(before);
  return holdCount / (used.user + used.system);
}
