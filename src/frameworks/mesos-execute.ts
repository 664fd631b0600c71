import { z } from 'zod';
import { InputError } from '../core/errors.js';
import type { DemandEntry } from '../model/allocator.js';
import {
  defineFramework,
  type Framework,
  type FrameworkSlots,
  type SchedulerDriver,
  type SchedulerJob,
  type TaskUpdate,
} from '../model/framework.js';
import type { PendingGroup } from '../model/order.js';
import type { Amounts } from '../model/resources.js';
import { JobFile } from './job-file.js';
import { chargeGroups, demandOf, heldAgents, ownJob } from './shared/own-work.js';

const NAMES = ['cpus', 'mem', 'disk', 'gpus'] as const;

/**
 * Plain amounts from Mesos's notations (Resources::parse): `cpus:2;mem:1024;disk:512;gpus:1`, memory and disk in MiB, empty parts passed
 * over, a name that comes twice added up, `cpus(*):2` for no role; or the JSON list of the same. Throws InputError E_RESOURCES.
 */
export function parseResources(text: string, file: string): Record<string, number> {
  const amounts: Record<string, number> = {};
  const parts = text.trim().startsWith('[') ? jsonParts(text, file) : textParts(text, file);
  for (const { name, role, amount, part } of parts) {
    if (role !== '*')
      throw mistake(
        `are asked for in no role here, got "${part}"`,
        file,
        'roles stand in a scenario: frameworks[].roles',
      );
    if (!NAMES.some((known) => known === name)) throw mistake(`must be cpus, mem, disk or gpus, got "${name}"`, file);
    amounts[name] = (amounts[name] ?? 0) + amount;
  }
  if (!Object.values(amounts).some((amount) => amount > 0))
    throw mistake(`must ask for something, got "${text}"`, file);
  return amounts;
}

interface Part {
  readonly name: string;
  readonly role: string;
  readonly amount: number;
  /** As it was written. */
  readonly part: string;
}

function mistake(rule: string, file: string, hint = 'such as cpus:2;mem:1024;disk:512'): InputError {
  return new InputError('E_RESOURCES', `resources ${rule}`, { file }, hint);
}

function textParts(text: string, file: string): Part[] {
  const parts = text.split(';').filter((part) => part.trim() !== '');
  return parts.map((part) => {
    const match = /^\s*([A-Za-z]\w*)\s*(?:\(([^)]*)\))?\s*:\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*$/.exec(part);
    if (match === null) throw mistake(`must be written name:amount;…, got "${part}"`, file);
    return { name: match[1] as string, role: match[2] ?? '*', amount: Number(match[3]), part };
  });
}

const jsonSchema = z.array(
  z.looseObject({
    name: z.string(),
    type: z.literal('SCALAR').default('SCALAR'),
    role: z.string().default('*'),
    scalar: z.strictObject({ value: z.number().min(0) }),
  }),
);

function jsonParts(text: string, file: string): Part[] {
  const job = new JobFile(file, text);
  return job.check(jsonSchema).map(({ name, role, scalar }) => ({ name, role, amount: scalar.value, part: name }));
}

interface Task {
  readonly name: string;
  readonly amounts: Amounts;
  readonly durationUs: number;
  readonly image: string;
  /** From TASK_RUNNING to KILL; 0 = never. */
  readonly killAfterUs: number;
  readonly atUs: number;
}

const BEGIN = -1;

/**
 * The simplest framework (apache/mesos src/cli/execute.cpp, CommandScheduler): it subscribes, launches its task on the first offer that
 * fits, declines every other one, and is gone when the task has ended; nothing is tried again. Each decline is followed by SUPPRESS, also
 * before the launch, and nothing ever revives: a task that fits none of the first offers never starts. Jobs of a workload are one
 * invocation each.
 */
class MesosExecute implements Framework {
  private readonly waiting: PendingGroup[] = [];
  private runningCount = 0;
  private hasBegun = false;

  constructor(
    private readonly task: Task | undefined,
    private readonly suppressesUnfit: boolean,
    private readonly slots: FrameworkSlots,
    private readonly driver: SchedulerDriver,
  ) {}

  onStart(): void {
    if (this.task !== undefined) this.driver.timer(this.task.atUs, BEGIN);
  }

  hasMore(): boolean {
    return (this.task !== undefined && !this.hasBegun) || this.runningCount > 0;
  }

  onTimer(tag: number): void {
    if (tag >= 0) {
      this.driver.kill(tag, 'kill-after');
      return;
    }
    this.hasBegun = true;
    const { name, amounts, durationUs, image } = this.task as Task;
    this.driver.submit(ownJob(name, this.driver.nowUs, { amounts, durationUs, image }));
  }

  onJob(_job: SchedulerJob): void {
    // Its group follows.
  }

  onPending(pending: PendingGroup): void {
    if (!this.waiting.includes(pending)) this.waiting.push(pending);
    this.driver.publish();
    // A new invocation subscribes.
    this.driver.revive();
  }

  onOffers(): void {
    const { driver } = this;
    for (const agent of heldAgents(driver)) {
      for (const pending of this.waiting) while (driver.place(pending, agent)) this.runningCount++;
    }
    driver.accept(this.slots.refuseUs);
    const left = this.waiting.filter((pending) => pending.pendingCount > 0);
    this.waiting.splice(0, this.waiting.length, ...left);
    const declines = !driver.offers.isEmpty;
    driver.declineAll(this.slots.refuseUs);
    if (left.length === 0 || (declines && this.suppressesUnfit)) driver.suppress();
  }

  onUpdate({ state, task, pending }: TaskUpdate): void {
    if (state !== 'running') {
      this.runningCount--;
      return;
    }
    const killAfterUs = this.task?.killAfterUs ?? 0;
    if (killAfterUs > 0 && pending.job.record.id === this.task?.name) this.driver.timer(killAfterUs, task);
  }

  demand(): readonly DemandEntry[] {
    return demandOf(this.slots.client, this.waiting);
  }

  chargeWaits(waiting: number, counts: Float64Array): void {
    chargeGroups(this.driver, this.waiting, waiting, counts);
  }

  visitPending(visit: (pending: PendingGroup) => void): void {
    for (const pending of this.waiting) visit(pending);
  }
}

export const mesosExecute = defineFramework({
  name: 'mesos-execute',
  summary: 'one task on the first offer that fits it, as the command mesos-execute',
  source: 'apache/mesos src/cli/execute.cpp, CommandScheduler::offers and update',
  options: {
    resources: {
      type: 'text',
      default: '',
      help: "what its task asks for, such as 'cpus:2;mem:1024;disk:512'; empty = jobs of the workload only",
    },
    duration: { type: 'duration', default: '60 s', help: 'run time of its task' },
    name: { type: 'text', default: 'task', help: 'name of its task (--name)' },
    at: { type: 'duration', default: '0 s', help: 'when it is invoked' },
    image: { type: 'text', default: '', help: 'container image of its task (--docker_image)' },
    killAfter: {
      type: 'duration',
      default: '0 s',
      help: 'its task is killed after it has run so long; 0 = never (--kill_after)',
    },
    suppressesUnfit: {
      type: 'boolean',
      default: true,
      help: 'quirk: it suppresses with the first decline, so that a task that fits none of the first offers never starts',
    },
  },
  create: ({ resources, duration, name, at, image, killAfter, suppressesUnfit }, slots, driver) => {
    const task =
      resources === ''
        ? undefined
        : {
            name,
            amounts: driver.resources.of(parseResources(resources, 'framework mesos-execute[resources]')),
            durationUs: duration,
            image,
            killAfterUs: killAfter,
            atUs: at,
          };
    return new MesosExecute(task, suppressesUnfit, slots, driver);
  },
});
