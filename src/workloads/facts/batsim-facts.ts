import { Adder } from 'd3-array';
import { Profiles } from '../batsim/profiles.js';
import { isObject, JsonDocument, listIn, numberIn, objectIn, textIn } from '../bytes/json-document.js';

/** Work at 1 Gflop/s, as the published workloads are made: 10^9 operations are a second. */
const SPEEDS = { flops: 1e9, bandwidth: 0 };

/** Counts and sums over the jobs of Batsim workloads; jobs whose profile has no run time add no work. */
export function batsimFacts(files: readonly string[]): Record<string, unknown> {
  const work = new Adder();
  const facts = { jobs: 0, nbRes: 0, profiles: 0, largest: 0, runBeyondWalltime: 0, withoutRunTime: 0 };
  let firstSubtimeS = Number.POSITIVE_INFINITY;
  let lastSubtimeS = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    const { object } = new JsonDocument(file);
    const profiles = new Profiles(objectIn(object, 'profiles'), SPEEDS);
    facts.nbRes = Math.max(facts.nbRes, numberIn(object, 'nb_res') || 0);
    facts.profiles += Object.keys(objectIn(object, 'profiles')).length;
    for (const job of listIn(object, 'jobs')) {
      if (!isObject(job)) continue;
      facts.jobs++;
      const resources = numberIn(job, 'res');
      const submitS = numberIn(job, 'subtime');
      if (submitS < firstSubtimeS) firstSubtimeS = submitS;
      if (submitS > lastSubtimeS) lastSubtimeS = submitS;
      facts.largest = Math.max(facts.largest, resources || 0);
      const run = profiles.runTime(textIn(job, 'profile'), resources);
      if ('fault' in run) facts.withoutRunTime++;
      else {
        work.add(resources * run.seconds || 0);
        if (run.seconds > numberIn(job, 'walltime')) facts.runBeyondWalltime++;
      }
    }
  }
  return { ...facts, resSeconds: work.valueOf(), firstSubtimeS, lastSubtimeS };
}
