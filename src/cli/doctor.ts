import { accessSync, constants, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { parseScenario } from '../scenario/load.js';
import { runScenario } from '../scenario/run.js';

export interface Finding {
  readonly isGood: boolean;
  readonly what: string;
  readonly detail: string;
}

/** Fifty jobs on two agents under seed 7: small, but it draws, queues, offers and launches. */
const SELF_TEST = {
  name: 'doctor',
  workload: {
    synthetic: {
      jobs: 50,
      arrivals: { poisson: { rate: '1 /s' } },
      tasks: 2,
      duration: { exponential: { mean: '4 s' } },
      cpus: 1,
    },
  },
  cluster: { agents: [{ count: 2, cpus: 4 }] },
  seed: 7,
};
/** Digest of the self-test on every machine and Node version. */
const SELF_TEST_DIGEST = '635ebafee2ae0477';

const PACKAGES = ['highs', 'piscina', 'vega', 'vega-lite', 'fzstd', 'yaml', 'zod'];

/** Looks at everything that a run needs. */
export async function examine(): Promise<Finding[]> {
  const findings = [nodeVersion(), memory(), disk()];
  for (const name of PACKAGES) findings.push(await packageLoads(name));
  findings.push(await selfTest());
  return findings;
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isGood = major > 20 || (major === 20 && minor >= 19);
  return { isGood, what: 'Node', detail: `${process.versions.node}${isGood ? '' : ', but 20.19 or newer is needed'}` };
}

function memory(): Finding {
  const gib = totalmem() / 2 ** 30;
  return { isGood: gib >= 1, what: 'memory', detail: `${gib.toFixed(1)} GiB` };
}

function disk(): Finding {
  const { bavail, bsize } = statfsSync('.');
  const gib = (bavail * bsize) / 2 ** 30;
  let isWritable = true;
  try {
    accessSync('.', constants.W_OK);
  } catch {
    isWritable = false;
  }
  const detail = `${gib.toFixed(1)} GiB free here${isWritable ? '' : ', but this folder cannot be written'}`;
  return { isGood: gib >= 0.5 && isWritable, what: 'disk', detail };
}

async function packageLoads(name: string): Promise<Finding> {
  try {
    await import(name);
    return { isGood: true, what: `package ${name}`, detail: 'loads' };
  } catch (error) {
    return { isGood: false, what: `package ${name}`, detail: (error as Error).message };
  }
}

async function selfTest(): Promise<Finding> {
  const { digest } = await runScenario(parseScenario(JSON.stringify(SELF_TEST), 'doctor'));
  const isGood = digest === SELF_TEST_DIGEST;
  return {
    isGood,
    what: 'self-test',
    detail: isGood ? `digest ${digest}` : `digest ${digest}, expected ${SELF_TEST_DIGEST}`,
  };
}
