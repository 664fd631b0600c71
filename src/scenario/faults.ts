import { resolve } from 'node:path';
import type { Cluster } from '../cluster/cluster.js';
import { InputError } from '../core/errors.js';
import type { Streams } from '../core/random.js';
import { faults as faultKinds } from '../faults/index.js';
import type { Fault, FaultContext, FaultSink } from '../model/fault.js';
import type { AgentRecord, JobSource, SourceReport } from '../model/job.js';
import type { ResourceSpace } from '../model/resources.js';
import type { FailureSource } from '../model/trace-format.js';
import { prepareTrace } from '../workloads/index.js';
import { filesAt } from './files.js';
import type { Scenario } from './load.js';
import type { Path } from './text-document.js';

/** The faults of a scenario: what breaks and when, carried out on the cluster. */
export class FaultBoard {
  readonly reports: SourceReport[] = [];
  private readonly faults: readonly Fault[];
  /** How many faults hold each agent down, and whether it was up before the first of them. */
  private readonly holds: Int32Array;
  private readonly wasUp: Uint8Array;

  constructor(
    scenario: Scenario,
    agents: readonly AgentRecord[],
    frameworks: readonly string[],
    streams: Streams,
    private readonly resources: ResourceSpace,
  ) {
    this.holds = new Int32Array(agents.length);
    this.wasUp = new Uint8Array(agents.length);
    const position = { file: resolve(scenario.folder, scenario.file) };
    this.faults = (scenario.document.faults ?? []).map(({ type, ...values }, index) => {
      const { definition, options } = faultKinds.resolve(type, position, values);
      const files = values['file'];
      if (typeof files === 'string' && !files.includes('*') && definition.options['file']?.type === 'file')
        filesAt(scenario, files, ['faults', index, 'file']);
      const context: FaultContext = {
        agents,
        frameworks,
        random: (purpose) => streams.stream(`faults/${index}/${definition.name}/${purpose}`),
        openFailures: (files, format) => this.openFailures(files, format),
      };
      return placed(scenario, ['faults', index], () => definition.create(options, context));
    });
  }

  private openFailures(files: readonly string[], name: string): FailureSource {
    const request = { format: name, options: {}, onBadRow: 'skip' as const, maxSkipped: -1 };
    const { format, context } = prepareTrace(files, request, this.resources);
    const opened = format.openFailures?.(files, context);
    if (opened === undefined)
      throw new InputError('E_FORMAT', `format ${format.name} has no failures`, { file: files[0] ?? '' });
    this.reports.push(opened.report);
    return opened;
  }

  jobs(source: JobSource): JobSource {
    return this.faults.reduce((jobs, fault) => fault.jobs?.(jobs) ?? jobs, source);
  }

  nextUs(): number {
    return this.faults.reduce((us, fault) => Math.min(us, fault.nextUs()), Number.POSITIVE_INFINITY);
  }

  nextRepairUs(): number {
    return this.faults.reduce((us, fault) => Math.min(us, fault.nextRepairUs()), Number.POSITIVE_INFINITY);
  }

  act(nowUs: number, cluster: Cluster): void {
    if (this.faults.length === 0) return;
    const sink = this.sinkOf(cluster);
    for (const fault of this.faults) if (fault.nextUs() <= nowUs) fault.act(nowUs, sink);
  }

  /** Agents of the scenario were registered first and in order, so that their rows are those of the cluster. */
  private sinkOf({ membership, world }: Cluster): FaultSink {
    const { holds, wasUp } = this;
    return {
      fail: (agent) => {
        holds[agent] = (holds[agent] as number) + 1;
        if (holds[agent] !== 1) return;
        wasUp[agent] = world.agents.isUp[agent] as number;
        membership.leave(agent);
      },
      repair: (agent) => {
        if (holds[agent] === 0) return;
        holds[agent] = (holds[agent] as number) - 1;
        if (holds[agent] !== 0 || wasUp[agent] !== 1 || world.agents.isUp[agent] === 1) return;
        const record = {
          id: world.agents.names[agent] as string,
          amounts: world.agents.totalOf(agent).slice(),
          attributes: world.agents.attributes[agent] as Readonly<Record<string, string>>,
        };
        membership.join(record, true);
      },
      disconnect: (framework) => world.absences.leave(framework),
      reconnect: (framework) => world.absences.comeBack(framework),
      failMaster: () => world.mastership.fail(),
      repairMaster: () => world.mastership.repair(),
    };
  }

  close(): void {
    for (const fault of this.faults) fault.close?.();
  }
}

/** Does it for its mistakes: one without a place stands at the option that its rule names, `faults.mtbf.exponential.mean must be …`. */
function placed<T>({ places, file }: Scenario, path: Path, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof InputError) || error.position.file !== undefined) throw error;
    const keys = (error.rule.split(' ', 1)[0] as string).split('.').slice(1);
    throw new InputError(error.code, error.rule, places?.ofValue([...path, ...keys]) ?? { file }, error.hint);
  }
}
