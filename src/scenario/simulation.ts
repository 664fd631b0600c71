import { basename, resolve } from 'node:path';
import { allocators } from '../allocators/index.js';
import { Cluster } from '../cluster/cluster.js';
import type { Succession, Successor } from '../cluster/succession.js';
import { MetricView, PolicyView } from '../cluster/view.js';
import { InputError } from '../core/errors.js';
import { Streams } from '../core/random.js';
import { frameworks as frameworkKinds } from '../frameworks/index.js';
import type { Allocator, AllocatorContext } from '../model/allocator.js';
import type { SchedulerDriver } from '../model/framework.js';
import { emptyReport, type JobRecord, type JobSource, type SourceReport } from '../model/job.js';
import type { ClusterObserver, ClusterView } from '../model/observer.js';
import type { OptionSpec, OptionSpecs, OptionValues } from '../model/options.js';
import { ResourceSpace } from '../model/resources.js';
import { parseDurationUs } from '../model/units.js';
import { expandAgents } from './agents.js';
import { needsGeneral, rolesOf, subscriptionOf } from './allocation.js';
import { Bidding } from './bidding.js';
import { changedJobs } from './changed-jobs.js';
import { checkTracedGuarantees } from './check-allocation.js';
import { FaultBoard } from './faults.js';
import { checkFork, type Fork, forkedActions } from './fork.js';
import { guarded, InterruptedError, type StopSignal } from './interruption.js';
import type { Scenario } from './load.js';
import { openMachineEvents } from './machine-events.js';
import { Piece } from './piece.js';
import {
  makeOrder,
  makePlacement,
  type PolicyText,
  policyAfter,
  policyOf,
  readsDemand,
  type SlotTexts,
} from './policies.js';
import { type FrameworkPlan, type PlannedFramework, planFrameworks } from './routing.js';
import { settingsOf } from './settings.js';
import { Timeline } from './timeline.js';
import { openJobs } from './workload.js';

/** What a run may choose besides its scenario. */
export interface SimulationOptions {
  readonly seed?: number | undefined;
  /** Overrides of the scenario's policy slots. */
  readonly allocator?: string | undefined;
  readonly order?: string | undefined;
  readonly placement?: string | undefined;
  readonly isNaive?: boolean | undefined;
  readonly checksInvariants?: boolean | undefined;
  readonly untilUs?: number | undefined;
  /** Goes on as another scenario from some time on. */
  readonly fork?: Fork | undefined;
  /** What becomes of each job, by its framework's row, before it arrives; undefined = it never comes. */
  readonly changeJob?: ((record: JobRecord, framework: number) => JobRecord | undefined) | undefined;
  /** Makes the observers once the cluster can be seen. */
  readonly observe?: ((cluster: ClusterView) => readonly ClusterObserver[]) | undefined;
}

export interface RunProgress {
  readonly nowUs: number;
  readonly jobsArrived: number;
  readonly jobsLive: number;
}

/** What a run tells while it goes on, and how it is stopped. */
export interface RunHooks {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly signal?: StopSignal | undefined;
}

/**
 * One run of a scenario: the one place where plugins meet the cluster. Stepping, running in pieces and running at once give the same
 * facts. Example: `const run = new Simulation(loadScenario('a.yaml')); run.run(); run.digest`.
 */
export class Simulation {
  readonly cluster: Cluster;
  readonly view: ClusterView;
  readonly seed: number;
  readonly policy: PolicyText;
  readonly reports: SourceReport[] = [];
  readonly plan: FrameworkPlan;
  readonly resources: ResourceSpace;
  private readonly streams: Streams;
  private readonly bidding: Bidding;
  readonly timeline: Timeline;
  private readonly fork: Fork | undefined;
  /** The policy from the fork on; without a fork the policy. */
  private readonly nextPolicy: PolicyText;
  private readonly succession: Succession = { hasCome: false };
  private readonly isNaive: boolean;

  /** Loads what the policies need: the solver of some markets. A simulation of these can be made only afterwards. */
  static async prepare(scenario: Scenario, options: SimulationOptions = {}): Promise<void> {
    const policy = policyOf(scenario.document, options);
    const fork = options.fork?.scenario.document;
    const next = fork === undefined ? policy : policyAfter(policy, scenario.document, fork);
    for (const { allocator } of [policy, next]) await allocators.resolve(allocator).definition.load?.();
  }

  constructor(
    readonly scenario: Scenario,
    options: SimulationOptions = {},
  ) {
    const { document } = scenario;
    this.seed = options.seed ?? document.seed;
    this.isNaive = options.isNaive === true;
    this.streams = new Streams(this.seed);
    this.resources = new ResourceSpace(document.resources ?? []);
    this.policy = policyOf(document, options);
    this.fork = options.fork;
    if (this.fork !== undefined) checkFork(document, this.fork, options.untilUs);
    this.nextPolicy =
      this.fork === undefined ? this.policy : policyAfter(this.policy, document, this.fork.scenario.document);
    this.plan = planFrameworks(document, () => this.openJobs(new Streams(this.seed), false));
    this.bidding = new Bidding(this.plan.frameworks, this.resources, scenario.file);
    const { agents, reports } = expandAgents(scenario, this.resources);
    checkTracedGuarantees(scenario, agents);
    const names = this.plan.frameworks.map(({ name }) => name);
    const faults = new FaultBoard(scenario, agents, names, this.streams, this.resources);
    const opened = faults.jobs(this.openJobs(this.streams, true));
    const { changeJob } = options;
    const source =
      changeJob === undefined ? opened : changedJobs(opened, (record) => changeJob(record, this.plan.route(record)));
    const machines = openMachineEvents(scenario, this.resources);
    this.reports.push(...reports, ...(machines === undefined ? [] : [machines.report]), ...faults.reports);
    const actions = document.actions ?? [];
    this.timeline = new Timeline(
      this.fork === undefined ? actions : forkedActions(actions, this.fork),
      this.resources,
      machines,
      this.fork === undefined ? [] : [{ atUs: this.fork.atUs, run: (cluster) => this.forkNow(cluster) }],
      faults,
    );
    const { definition, options: values } = allocators.resolve(this.policy.allocator);
    const successor = this.successor();
    const { until } = (this.fork?.scenario ?? scenario).document;
    const untilUs =
      options.untilUs ?? (until === undefined ? Number.POSITIVE_INFINITY : parseDurationUs(String(until), 'until'));
    this.cluster = new Cluster({
      settings: settingsOf(document, this.seed, options),
      resources: this.resources,
      allocator: ranking(definition.create(values, this.allocatorContext()), scenario),
      policyView: (world) => new PolicyView(world, definition.reads, definition.name),
      readsDemand: readsDemand(definition),
      successor,
      observers: [],
      agents,
      roles: rolesOf(document, this.resources),
      frameworks: this.plan.frameworks.map((planned) => this.frameworkSetup(planned)),
      sources: [source],
      route: (job) => this.plan.route(job),
      streams: (name) => this.streams.stream(name),
      actions: this.timeline,
      sampleUs: this.sampleUs(untilUs),
      isSamplingSparser: document.metrics?.sample === undefined && untilUs === Number.POSITIVE_INFINITY,
      untilUs,
    });
    this.view = new MetricView(this.cluster.world, this.cluster.intake);
    this.cluster.world.facts.attach(options.observe?.(this.view) ?? []);
  }

  /** The allocator that the fork brings, when it brings another. */
  private successor(): Successor | undefined {
    const { allocator } = this.nextPolicy;
    if (allocator === this.policy.allocator) return undefined;
    const { definition, options } = allocators.resolve(allocator);
    return {
      hasCome: false,
      allocator: definition.create(options, this.allocatorContext('fork/')),
      policyView: (world) => new PolicyView(world, definition.reads, definition.name),
      readsDemand: readsDemand(definition),
    };
  }

  private forkNow(cluster: Cluster): void {
    const { scenario } = this.fork as Fork;
    this.succession.hasCome = true;
    for (const [path, { weight = 1 }] of Object.entries(scenario.document.roles ?? {})) {
      if (weight !== (this.scenario.document.roles?.[path]?.weight ?? 1)) cluster.setWeight(path, weight);
    }
    const { allocationIntervalUs, allocateOnRecover, agentOrder, startDelayUs, offerTimeoutUs, ...next } = settingsOf(
      scenario.document,
      this.seed,
      {},
    );
    cluster.succeed({
      allocationIntervalUs,
      allocateOnRecover,
      agentOrder,
      startDelayUs,
      offerTimeoutUs,
      checkpoint: next.checkpoint,
      checkpointEveryUs: next.checkpointEveryUs ?? 0,
      restartUs: next.restartUs ?? 0,
    });
  }

  /** max(60 s, span / 1000) with `until`; without it the span is not known: 60 s, doubled after 1,000 and every further 500 samples. */
  private sampleUs(untilUs: number): number {
    const given = this.scenario.document.metrics?.sample;
    if (given !== undefined) return Math.max(1, parseDurationUs(String(given), 'metrics.sample'));
    return Number.isFinite(untilUs) ? Math.max(60e6, Math.ceil(untilUs / 1000)) : 60e6;
  }

  private openJobs(streams: Streams, isReported: boolean): JobSource {
    const { document, folder, places } = this.scenario;
    const reports = isReported ? this.reports : [];
    return openJobs(document.workload, { folder, places, resources: this.resources, streams, reports });
  }

  private allocatorContext(prefix = ''): AllocatorContext {
    return {
      resources: this.resources,
      random: (name) => this.streams.stream(`${prefix}allocator/${name}`),
      fairnessExclude: this.scenario.document.master?.fairnessExclude ?? [],
      bidderOf: (client) => this.bidding.of(this.cluster.world.clients.framework[client] as number),
      allocator: (text) => {
        const { definition, options } = allocators.resolve(text);
        return definition.create(options, this.allocatorContext(`${prefix}${definition.name}/`));
      },
    };
  }

  /** A framework's own policy is the same before and after a fork. */
  private slotTexts(slot: 'order' | 'placement', own: string | undefined): SlotTexts {
    const { policy, nextPolicy, succession } = this;
    return { first: own ?? policy[slot], second: own ?? nextPolicy[slot], succession };
  }

  private frameworkSetup({ name, document }: PlannedFramework) {
    const { definition, options } = frameworkKinds.resolve(
      document.type,
      { file: resolve(this.scenario.folder, basename(this.scenario.file)) },
      document.options,
    );
    this.reportFiles(definition.name, definition.options, options);
    const order = this.slotTexts('order', document.order);
    const placement = this.slotTexts('placement', document.placement);
    const time = (value: string | number | undefined, fallback: number, label: string): number =>
      value === undefined ? fallback : parseDurationUs(String(value), `frameworks.${name}.${label}`);
    return {
      name,
      ...subscriptionOf(document, this.resources),
      maxJobs: document.maxJobs ?? Number.POSITIVE_INFINITY,
      failoverTimeoutUs: time(document.failoverTimeout, definition.failoverTimeoutUs ?? 0, 'failoverTimeout'),
      placement: () =>
        makePlacement(placement, {
          random: (purpose) => this.streams.stream(`allocator/placement/${name}/${purpose}`),
        }),
      create: (driver: SchedulerDriver, client: number) =>
        definition.create(
          options,
          {
            order: makeOrder(order),
            placement: makePlacement(placement, { random: (purpose) => driver.random(purpose) }),
            client,
            tJobUs: time(document.scheduler?.tJob, 0, 'scheduler.tJob'),
            tTaskUs: time(document.scheduler?.tTask, 0, 'scheduler.tTask'),
            refuseUs: time(document.refuse, 5e6, 'refuse'),
            suppressWhenIdle: document.suppressWhenIdle ?? true,
            reviveOnArrival: document.reviveOnArrival ?? false,
            gangReleaseUs: time(document.gangRelease, 60e6, 'gangRelease'),
            heedsMaintenance: document.heedMaintenance,
            knowsReservations: needsGeneral(this.scenario.document),
            takesRevocable: document.capabilities?.includes('REVOCABLE_RESOURCES') ?? false,
            isNaive: this.isNaive,
          },
          driver,
        ),
    };
  }

  /** Files that a framework reads are inputs of the run, like its traces. */
  private reportFiles(name: string, specs: OptionSpecs, values: OptionValues<OptionSpecs>): void {
    const ofOption = ([option, { type }]: [string, OptionSpec]) =>
      type === 'file' || type === 'files' ? [values[option] as string | readonly string[]].flat() : [];
    const files = Object.entries(specs)
      .flatMap(ofOption)
      .filter((file) => file !== '');
    if (files.length > 0) this.reports.push(emptyReport(name, files));
  }

  // Running ---------------------------------------------------------------------------------------------------------

  get nowUs(): number {
    return this.cluster.world.nowUs;
  }

  get isOver(): boolean {
    return this.cluster.loop.isOver;
  }

  /** Digest of the facts so far, 16 hexadecimal digits. */
  get digest(): string {
    return this.cluster.world.facts.digest.hex();
  }

  /** Digest of the arrivals so far: the same under every policy. */
  get arrivalsDigest(): string {
    return this.cluster.intake.arrivals.hex();
  }

  streamDigests(): Record<string, string> {
    return this.streams.digests();
  }

  /** Runs the next instant; false when nothing is left to happen. */
  step(): boolean {
    const { loop } = this.cluster;
    const nextUs = loop.nextInstantUs();
    if (loop.isOver || nextUs === Number.POSITIVE_INFINITY) return false;
    loop.runUntil(nextUs);
    return true;
  }

  /** Runs every instant up to and including a time. */
  runUntil(us: number): void {
    this.cluster.loop.runUntil(us);
  }

  /** Runs to the end and tells the observers. Throws InputError when the workload had no job at all. */
  run(hooks: RunHooks = {}): void {
    const pieces = this.pieces(hooks);
    while (pieces.next().done !== true);
  }

  /** Like `run`, but lets the program's signals and timers through now and then. The facts are the same. */
  async runPolitely(hooks: RunHooks = {}): Promise<void> {
    const { setImmediate: turn } = await import('node:timers/promises');
    const pieces = this.pieces(hooks);
    // The first piece reads the trace as far as it must be read in one go; the others are short, and leave signals to their handlers.
    let piece = guarded(hooks.signal, () => pieces.next());
    for (; piece.done !== true; piece = pieces.next()) {
      await turn();
      if (hooks.signal?.aborted === true) throw new InterruptedError();
    }
  }

  private *pieces(hooks: RunHooks): Generator<void> {
    const { loop, intake, world } = this.cluster;
    const piece = new Piece(world.settings.isNaive);
    this.refuseEndless();
    while (!loop.isOver && loop.nextInstantUs() !== Number.POSITIVE_INFINITY) {
      loop.runUntil(loop.nextInstantUs() + piece.nextUs(loop, world.agents.count));
      hooks.onProgress?.({ nowUs: this.nowUs, jobsArrived: intake.submittedCount, jobsLive: intake.liveCount });
      yield;
      if (hooks.signal?.aborted === true) throw new InterruptedError();
    }
    if (intake.submittedCount === 0) {
      const skipped = this.reports.flatMap((report) => [...report.skipped].map(([code, rows]) => `${rows} ${code}`));
      const hint = skipped.length === 0 ? '' : `rows skipped: ${skipped.join(', ')}; mesosim trace validate tells each`;
      throw new InputError(
        'E_NO_JOBS',
        loop.isOver && this.nowUs === this.cluster.setup.untilUs
          ? `no job arrives before the run ends at ${this.nowUs / 1e6} s: nothing was simulated`
          : 'the workload has no jobs: nothing was simulated',
        this.scenario.places?.ofKey([], 'workload') ?? { file: this.scenario.file },
        hint,
      );
    }
    if (intake.finiteCount === 0) this.refuseWithoutEnd();
    this.cluster.world.master.tellOutstanding();
    this.cluster.world.clock.finish();
    for (const { scheduler } of this.cluster.world.frameworks) scheduler.onFinish?.();
    this.cluster.world.facts.finished();
  }

  /** Schedules that repeat for ever, with nothing beside them that ends. */
  private refuseEndless(): void {
    const { trace, synthetic, jobs } = this.scenario.document.workload;
    const schedulers = this.cluster.world.frameworks.map(({ scheduler }) => scheduler);
    if (trace !== undefined || synthetic !== undefined || jobs !== undefined) return;
    if (schedulers.some((scheduler) => scheduler.hasMore?.())) return;
    if (schedulers.some((scheduler) => scheduler.isEndless?.())) this.refuseWithoutEnd();
  }

  private refuseWithoutEnd(): void {
    if (this.cluster.setup.untilUs !== Number.POSITIVE_INFINITY) return;
    const rule = 'a scenario of services or endless schedules alone never ends';
    throw new InputError(
      'E_NO_END',
      rule,
      this.scenario.places?.ofKey([], 'frameworks') ?? { file: this.scenario.file },
      'set until',
    );
  }

  close(): void {
    this.cluster.intake.close();
    this.timeline.close();
  }
}

/** A market knows nothing of what only the general engine does. */
function ranking(allocator: Allocator, { document, places }: Scenario): Allocator {
  if (allocator.kind !== 'clearing' || !needsGeneral(document)) return allocator;
  const rule = 'an allocator that clears a market knows no quota, reservations or capabilities';
  const hint = 'use one that ranks, such as drf, or leave these keys out';
  throw new InputError('E_ENGINE', rule, places?.ofValue(['policy', 'allocator']) ?? {}, hint);
}
