/** What a kind of framework is given to do in the conformance suite, where trace jobs are not enough (a scheduler with jobs of its own). */
export interface FrameworkWork {
  /** Options of the framework; paths are relative to this folder. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Keys of its entry in `frameworks:` besides name, type and options. */
  readonly keys?: Readonly<Record<string, unknown>>;
  /** Jobs of the trace that it gets; the default has early ones, a pause, and late ones at {@link LATE_S}. */
  readonly jobs?: readonly Readonly<Record<string, unknown>>[];
  /** Operator actions: late work of a framework that brings its own (at {@link LATE_S}). */
  readonly actions?: readonly Readonly<Record<string, unknown>>[];
  /** CPUs that it may hold in the pause: services that run on; default 0. */
  readonly idleCpus?: number;
}

/** Early work is done by here, and the framework idles. */
export const IDLE_S = 1800;
/** When late work comes. */
export const LATE_S = 2000;
/** End of the run. */
export const END_S = 4000;
/** Name of the framework under test. */
export const SUBJECT = 'subject';

/** The default: jobs of a trace. Agents leave at 30 s and 60 s and take tasks with them. */
const TRACE_JOBS = [
  ...Array.from({ length: 12 }, (_, index) => ({
    id: `early-${index}`,
    at: `${index * 5} s`,
    duration: '60 s',
    tasks: 3,
    user: SUBJECT,
  })),
  { id: 'late', at: `${LATE_S} s`, duration: '30 s', tasks: 4, user: SUBJECT },
];

/** By name of the kind; one that is not here gets the jobs of a trace. */
const WORK: Readonly<Record<string, FrameworkWork>> = {
  // Jobs of its own beside those of a trace, which are ad-hoc jobs to it. 3 · (1 + 0.25) CPUs.
  aurora: { options: { jobs: 'data/aurora-jobs.json', unsetQuota: 'unlimited' }, idleCpus: 3.75 },
  chronos: { options: { jobs: 'data/chronos-jobs.json', origin: '2024-01-01T00:00:00Z' }, jobs: [] },
  marathon: {
    options: { apps: '../../traces/marathon/web.json', meanLife: '1 h' },
    jobs: [],
    actions: [
      {
        at: `${LATE_S} s`,
        tell: { framework: SUBJECT, action: 'scale', app: '/web/front', instances: 12, force: true },
      },
    ],
    // 8 · 0.5 + 3 · 1 CPUs.
    idleCpus: 7,
  },
  'web-service': {
    options: { apps: '../../traces/marathon/web.json', meanLife: '1 h', app: '/web/front', rate: 5 },
    jobs: [],
    actions: [
      {
        at: `${LATE_S} s`,
        tell: { framework: SUBJECT, action: 'scale', app: '/web/front', instances: 12, force: true },
      },
    ],
    // 8 · 0.5 + 3 · 1 CPUs.
    idleCpus: 7,
  },
};

export function workOf(name: string): Required<FrameworkWork> {
  return { options: {}, keys: {}, jobs: TRACE_JOBS, actions: [], idleCpus: 0, ...WORK[name] };
}
