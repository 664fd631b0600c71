import type { UsageStep } from '../model/job.js';
import type { Amounts } from '../model/resources.js';
import { USAGE_STEP } from './kinds.js';
import type { World } from './world.js';

/** What running tasks really use: what they ask for, or step by step what their group's usage says. Tasks that hold others use nothing. */
export class Usage {
  /** Step of each running task whose group has a usage. */
  private readonly steps = new Map<number, number>();

  constructor(private readonly world: World) {}

  /** The tasks of a bundle have started. */
  started(bundle: number): void {
    const { tasks, bundles, ledger, nowUs } = this.world;
    const { group, job } = bundles.groupOf(bundle);
    if (job.isHost) return;
    const { usage } = group;
    if (usage === undefined || usage.length === 0) {
      ledger.addUsed(group.amounts, bundles.count[bundle] as number);
      return;
    }
    for (let task = bundles.head[bundle] as number; task >= 0; task = tasks.nextInBundle[task] as number)
      this.enter(task, stepAt(usage, tasks.doneUs[task] as number), usage, nowUs - (tasks.doneUs[task] as number));
  }

  /** What a running task uses now. */
  ofTask(task: number): Amounts {
    const { tasks, bundles } = this.world;
    const { group } = bundles.groupOf(tasks.bundle[task] as number);
    const step = this.steps.get(task);
    return step === undefined ? group.amounts : (group.usage?.[step]?.amounts ?? group.amounts);
  }

  /** The tasks of a bundle have ended by themselves. */
  ended(bundle: number): void {
    const { tasks, bundles, ledger } = this.world;
    const { group, job } = bundles.groupOf(bundle);
    if (job.isHost) return;
    if (group.usage === undefined || group.usage.length === 0)
      ledger.addUsed(group.amounts, -(bundles.count[bundle] as number));
    else
      for (let task = bundles.head[bundle] as number; task >= 0; task = tasks.nextInBundle[task] as number)
        this.leave(task, group.usage);
  }

  /** One running task was stopped. */
  stopped(task: number): void {
    const { tasks, bundles, ledger } = this.world;
    const { group, job } = bundles.groupOf(tasks.bundle[task] as number);
    if (job.isHost) return;
    if (group.usage === undefined || group.usage.length === 0) ledger.addUsed(group.amounts, -1);
    else this.leave(task, group.usage);
  }

  /** The next step of a running task; one that has ended meanwhile is recognised by its epoch. */
  step(task: number, epoch: number): void {
    const { tasks, bundles } = this.world;
    const step = this.steps.get(task);
    if (step === undefined || tasks.rows.epochs[task] !== epoch) return;
    const { usage = [] } = bundles.groupOf(tasks.bundle[task] as number).group;
    this.leave(task, usage);
    this.enter(task, step + 1, usage, (tasks.startUs[task] as number) - (tasks.doneUs[task] as number));
  }

  /** `originUs` is when the task would have started, had it run without interruption. */
  private enter(task: number, step: number, usage: readonly UsageStep[], originUs: number): void {
    const { queue, tasks, ledger } = this.world;
    this.steps.set(task, step);
    ledger.addUsed((usage[step] as UsageStep).amounts, 1);
    const next = usage[step + 1];
    if (next !== undefined) queue.push(originUs + next.offsetUs, USAGE_STEP, task, tasks.rows.epochs[task] as number);
  }

  private leave(task: number, usage: readonly UsageStep[]): void {
    const step = this.steps.get(task);
    if (step === undefined) return;
    this.world.ledger.addUsed((usage[step] as UsageStep).amounts, -1);
    this.steps.delete(task);
  }
}

/** The last step that begins at or before an offset, else the first. */
function stepAt(usage: readonly UsageStep[], offsetUs: number): number {
  let step = 0;
  while (step + 1 < usage.length && (usage[step + 1] as UsageStep).offsetUs <= offsetUs) step++;
  return step;
}
