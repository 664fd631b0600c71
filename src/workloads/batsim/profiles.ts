import { fieldOf, isObject, type JsonFields, listIn, numberIn, textIn } from '../bytes/json-document.js';

/** Profiles of profiles of profiles: deeper ones are a circle. */
const MAX_DEPTH = 32;

/** Speeds that turn amounts of work into time. */
export interface Speeds {
  /** Floating-point operations per second of a resource. */
  readonly flops: number;
  /** Bytes per second of a resource's link, 0 = communication takes no time. */
  readonly bandwidth: number;
}

/** How long a profile runs on so many resources, or why that cannot be told. */
export type RunTime = { readonly seconds: number } | { readonly fault: string };

/** Type names of both generations (docs/input-workload.rst of Batsim, and its names until 2024) by what they are. */
const KINDS: Readonly<Record<string, 'delay' | 'parallel' | 'homogeneous' | 'total' | 'sequence' | 'pfs' | 'staging'>> =
  {
    delay: 'delay',
    DelayProfile: 'delay',
    parallel: 'parallel',
    msg_par: 'parallel',
    ptask: 'parallel',
    ParallelTaskProfile: 'parallel',
    parallel_homogeneous: 'homogeneous',
    msg_par_hg: 'homogeneous',
    ptask_homogeneous: 'homogeneous',
    ParallelTaskHomogeneousProfile: 'homogeneous',
    parallel_homogeneous_total: 'total',
    msg_par_hg_tot: 'total',
    composed: 'sequence',
    composition: 'sequence',
    sequential_composition: 'sequence',
    SequentialCompositionProfile: 'sequence',
    parallel_homogeneous_pfs: 'pfs',
    ParallelTaskOnStorageHomogeneousProfile: 'pfs',
    data_staging: 'staging',
    ParallelTaskDataStagingBetweenStoragesProfile: 'staging',
  };

/** The profiles of a workload, and how long each runs. */
export class Profiles {
  constructor(
    private readonly profiles: JsonFields,
    private readonly speeds: Speeds,
  ) {}

  /** Code that a job of the profile returns: other than 0 is a failure. */
  returnCode(name: string): number {
    const profile = fieldOf(this.profiles, name);
    return isObject(profile) ? numberIn(profile, 'ret') || 0 : 0;
  }

  /**
   * A parallel task's computations and transfers progress at one rate (Batsim, docs/faq.rst), so that it lasts as long as the busiest
   * processor or link; without a `bandwidth` transfers take no time, and a profile of transfers alone has no run time.
   */
  runTime(name: string, resources: number, depth = 0): RunTime {
    const profile = fieldOf(this.profiles, name);
    if (!isObject(profile)) return { fault: `the workload has no profile "${name}"` };
    if (depth > MAX_DEPTH) return { fault: `profile "${name}" is made of itself` };
    const type = textIn(profile, 'type');
    const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
    if (kind === undefined) return { fault: `a profile of type "${type}" has no run time` };
    if (kind === 'delay') return seconds(numberIn(profile, 'delay'), 'delay');
    if (kind === 'sequence') return this.sequence(profile, resources, depth);
    if (kind === 'parallel') return this.busiest(largest(profile, 'cpu'), matrixTraffic(profile));
    if (kind === 'pfs' || kind === 'staging') return this.transfer(profile, kind, resources);
    const isSpread = kind === 'total' || /spread/i.test(textIn(profile, 'generation_strategy'));
    const pairs = resources * (resources - 1);
    const com = amountIn(profile, 'com');
    const perPair = isSpread ? (pairs > 0 ? com / pairs : 0) : com;
    return this.busiest(amountIn(profile, 'cpu') / (isSpread ? resources : 1), perPair * (resources - 1));
  }

  private busiest(flop: number, bytes: number): RunTime {
    const { flops, bandwidth } = this.speeds;
    if (!(flop >= 0) || !(bytes >= 0)) return { fault: 'the amounts cpu and com must be numbers of at least 0' };
    if (bandwidth > 0) return { seconds: Math.max(flop / flops, bytes / bandwidth) };
    if (flop === 0 && bytes > 0)
      return { fault: 'a profile of transfers alone has no run time: set the option bandwidth' };
    return { seconds: flop / flops };
  }

  private transfer(profile: JsonFields, kind: 'pfs' | 'staging', resources: number): RunTime {
    if (kind === 'staging') return this.busiest(0, amountIn(profile, 'nb_bytes'));
    const isSpread = /spread/i.test(textIn(profile, 'generation_strategy'));
    const bytes = Math.max(amountIn(profile, 'bytes_to_read'), amountIn(profile, 'bytes_to_write'));
    return this.busiest(0, isSpread ? bytes / resources : bytes);
  }

  private sequence(profile: JsonFields, resources: number, depth: number): RunTime {
    const repeat = fieldOf(profile, 'repeat') ?? fieldOf(profile, 'nb') ?? 1;
    if (!(typeof repeat === 'number' && repeat >= 0)) return { fault: 'repeat must be a number of at least 0' };
    let total = 0;
    for (const part of listIn(profile, 'seq')) {
      const run = this.runTime(String(part), resources, depth + 1);
      if ('fault' in run) return run;
      total += run.seconds;
    }
    return { seconds: total * repeat };
  }
}

function seconds(value: number, name: string): RunTime {
  return value >= 0 ? { seconds: value } : { fault: `${name} must be a number of at least 0` };
}

/** An amount that may be left out. */
function amountIn(profile: JsonFields, name: string): number {
  return fieldOf(profile, name) === undefined ? 0 : numberIn(profile, name);
}

function largest(profile: JsonFields, name: string): number {
  return listIn(profile, name).reduce<number>((most, value) => Math.max(most, Number(value)), 0);
}

/** Bytes that the busiest host sends or receives; rows send to columns. */
function matrixTraffic(profile: JsonFields): number {
  const com = listIn(profile, 'com').map(Number);
  const hosts = Math.round(Math.sqrt(com.length));
  if (hosts * hosts !== com.length) return Number.NaN;
  let most = 0;
  for (let host = 0; host < hosts; host++) {
    let sent = 0;
    let received = 0;
    for (let other = 0; other < hosts; other++) {
      if (other === host) continue;
      sent += com[host * hosts + other] as number;
      received += com[other * hosts + host] as number;
    }
    most = Math.max(most, sent, received);
  }
  return most;
}
