import { Adder } from 'd3-array';
import { LineReader } from '../bytes/line-reader.js';

/** Counts and sums over the lines of Eagle traces. */
export function eagleFacts(files: readonly string[]): Record<string, unknown> {
  const runTime = new Adder();
  const facts = { jobs: 0, tasks: 0, firstSubmitS: Number.POSITIVE_INFINITY, lastSubmitS: -1, largestJob: 0 };
  for (const file of files) {
    const reader = new LineReader(file);
    while (reader.nextLine()) {
      const fields = reader.splitBlanks();
      const tasks = reader.number(1);
      if (fields < 3 || fields !== tasks + 3) continue;
      facts.jobs++;
      facts.tasks += tasks;
      facts.largestJob = Math.max(facts.largestJob, tasks);
      facts.firstSubmitS = Math.min(facts.firstSubmitS, reader.number(0));
      facts.lastSubmitS = Math.max(facts.lastSubmitS, reader.number(0));
      for (let field = 3; field < fields; field++) runTime.add(reader.number(field));
    }
    reader.close();
  }
  return { ...facts, taskSeconds: runTime.valueOf() };
}
