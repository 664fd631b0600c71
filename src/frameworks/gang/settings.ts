import type { OptionValues } from '../../model/options.js';
import type { Packing } from './packing.js';

/** Each style is a program: how it gathers, what it does with offers it does not need, what a lost member means to it. */
const STYLES = {
  // apache/mesos mpi/mpiexec-mesos.py: hoards for ever, one member per offer, plain declines, any loss ends the job.
  mpi: {
    mode: 'hoard',
    onLoss: 'abort',
    releaseUs: 0,
    onePerOffer: true,
    whenFull: 'decline',
    pollUs: 1e6,
    blacklists: false,
  },
  // douban/tfmesos scheduler.py: hoards, many members per offer, declines for ever once placed, hangs on a loss.
  tensorflow: {
    mode: 'hoard',
    onLoss: 'hang',
    releaseUs: 0,
    onePerOffer: false,
    whenFull: 'refuse',
    pollUs: 0,
    blacklists: false,
  },
  // Kubernetes coscheduling and torchrun: held for 60 s, then all released; restarted from the last checkpoint.
  pytorch: {
    mode: 'hoard',
    onLoss: 'restart',
    releaseUs: 60e6,
    onePerOffer: false,
    whenFull: 'suppress',
    pollUs: 0,
    blacklists: false,
  },
  // Volcano PodGroup: all or nothing within one batch of offers, nothing held between batches.
  volcano: {
    mode: 'atomic',
    onLoss: 'restart',
    releaseUs: 0,
    onePerOffer: false,
    whenFull: 'suppress',
    pollUs: 0,
    blacklists: false,
  },
  // Horovod elastic: starts with enough members, grows and shrinks; host discovery each second.
  horovod: {
    mode: 'elastic',
    onLoss: 'shrink',
    releaseUs: 60e6,
    onePerOffer: false,
    whenFull: 'suppress',
    pollUs: 1e6,
    blacklists: true,
  },
} as const;

export const gangOptions = {
  style: {
    type: 'choice',
    default: 'pytorch',
    choices: Object.keys(STYLES),
    help: 'the program whose habits the options below have unless they are given',
  },
  jobs: {
    type: 'files',
    default: '',
    help: 'gang job JSON of its own, beside the jobs of the workload; * is expanded',
  },
  mode: {
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'hoard', 'reserve', 'atomic', 'elastic'],
    help: 'hoard: members hold while they wait for the rest; reserve: RESERVE in the role until there is enough, then all are launched; atomic: all in one batch of offers; elastic: from a minimum on',
  },
  release: { type: 'text', default: 'auto', help: 'hoard: how long an incomplete gang holds; 0 = for ever' },
  backoff: {
    type: 'duration',
    default: '5 s',
    help: 'after a release: a random time up to this, twice as much with each further release; 0 = at once (a livelock)',
  },
  backoffMax: { type: 'duration', default: '2 min', help: 'most that the back-off grows to' },
  onLoss: {
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'abort', 'hang', 'restart', 'shrink'],
    help: 'a lost member ends the job, hangs it, restarts it from its checkpoint, or leaves it smaller',
  },
  blacklists: {
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'true', 'false'],
    help: 'a job keeps off agents on which it has lost a member (horovod)',
  },
  cooldown: {
    type: 'duration',
    default: -1,
    range: [-1, 1e15],
    help: 'for so long at least, twice as long with each loss (HOROVOD_BLACKLIST_COOLDOWN_RANGE); default: for ever',
  },
  cooldownMax: { type: 'duration', default: '1 h', range: [0, 1e15], help: 'and for so long at most' },
  maxRestarts: { type: 'integer', default: 100, range: [0, 1e9], help: 'restarts after which a job has failed' },
  onePerOffer: { type: 'choice', default: 'auto', choices: ['auto', 'true', 'false'], help: 'quirk of MPI on Mesos' },
  whenFull: {
    type: 'choice',
    default: 'auto',
    choices: ['auto', 'decline', 'refuse', 'suppress'],
    help: 'offers that are not needed: declined again and again (quirk of MPI), refused for 365 d, or suppressed',
  },
  gathers: {
    type: 'choice',
    default: 'head',
    choices: ['head', 'all'],
    help: 'head: gangs behind the first incomplete one take nothing; all: they hoard too',
  },
  packing: { type: 'choice', default: 'pack', choices: ['pack', 'spread', 'first-fit'], help: 'members on agents' },
  insist: {
    type: 'duration',
    default: '0 s',
    help: 'a gang that could be in one rack takes no less for so long (Philly: locality first, then relaxed)',
  },
  rackAttribute: { type: 'text', default: 'rack', help: 'attribute that names the rack of an agent' },
  netShare: {
    type: 'number',
    default: 0,
    range: [0, 1],
    help: "share of a trace job's run time that is network when it is packed on one agent",
  },
  rackSlowdown: { type: 'number', default: 1.2, range: [1, 1e6], help: 'network part of a gang in one rack' },
  crossSlowdown: { type: 'number', default: 1.75, range: [1, 1e6], help: 'network part of a gang across racks' },
  agentBandwidth: {
    type: 'number',
    default: 300,
    unit: 'Gbit/s',
    range: [1e-6, 1e9],
    help: 'between devices of an agent',
  },
  rackBandwidth: { type: 'number', default: 25, unit: 'Gbit/s', range: [1e-6, 1e9], help: 'between agents of a rack' },
  latency: { type: 'duration', default: '20 us', help: 'of one step of an all-reduce' },
  parallel: {
    type: 'number',
    default: 1,
    range: [0, 1],
    help: 'elastic trace jobs: share of the work that is parallel',
  },
  checkpoint: {
    type: 'text',
    default: 'never',
    help: 'time between checkpoints of jobs that name none: a time, young, daly or never',
  },
  checkpointCost: { type: 'duration', default: '0 s', help: 'the gang stops for so long for each' },
  restart: { type: 'duration', default: '0 s', help: 'containers, loading and rendezvous before work goes on again' },
  mtbf: { type: 'duration', default: '30 d', range: [1e6, 1e18], help: 'of one member, for young and daly' },
  elasticTimeout: {
    type: 'duration',
    default: '600 s',
    help: 'an elastic job that is too small for so long has failed',
  },
} as const;

type Options = OptionValues<typeof gangOptions>;

/** The options with what the style says where they say nothing. */
export interface GangSettings
  extends Omit<Options, 'mode' | 'release' | 'onLoss' | 'onePerOffer' | 'packing' | 'whenFull' | 'blacklists'> {
  readonly packing: Packing;
  readonly mode: 'hoard' | 'reserve' | 'atomic' | 'elastic';
  readonly onLoss: 'abort' | 'hang' | 'restart' | 'shrink';
  readonly releaseUs: number;
  readonly onePerOffer: boolean;
  readonly whenFull: 'decline' | 'refuse' | 'suppress';
  readonly pollUs: number;
  readonly blacklists: boolean;
}

export function settingsOf(options: Options, parseUs: (text: string, label: string) => number): GangSettings {
  const style = STYLES[options.style as keyof typeof STYLES];
  const mode = (options.mode === 'auto' ? style.mode : options.mode) as GangSettings['mode'];
  const lossOfMode = mode === 'elastic' ? 'shrink' : style.onLoss;
  return {
    ...options,
    mode,
    packing: options.packing as Packing,
    onLoss: (options.onLoss === 'auto' ? lossOfMode : options.onLoss) as GangSettings['onLoss'],
    releaseUs: options.release === 'auto' ? style.releaseUs : parseUs(options.release, 'framework gang[release]'),
    onePerOffer: options.onePerOffer === 'auto' ? style.onePerOffer : options.onePerOffer === 'true',
    whenFull: options.whenFull === 'auto' ? style.whenFull : (options.whenFull as GangSettings['whenFull']),
    pollUs: style.pollUs,
    blacklists: options.blacklists === 'auto' ? style.blacklists : options.blacklists === 'true',
  };
}
