import type { ChronosJob } from './job.js';

interface RunningTask {
  readonly job: ChronosJob;
  readonly attempt: number;
  /** Row of the task, -1 until it is known to run. */
  readonly task: number;
}

/** What the scheduler believes to run, by name of the job (`runningTasks` of MesosJobFramework). */
export class RunningTasks {
  private readonly tasks = new Map<string, RunningTask[]>();

  has(job: ChronosJob): boolean {
    return this.tasks.has(job.name);
  }

  /** Rows of a job's tasks that are known to run. */
  rowsOf(job: ChronosJob): number[] {
    return (this.tasks.get(job.name) ?? []).map(({ task }) => task).filter((task) => task >= 0);
  }

  launched(job: ChronosJob, attempt: number): void {
    this.listOf(job).push({ job, attempt, task: -1 });
  }

  started(job: ChronosJob, attempt: number, task: number): void {
    const list = this.listOf(job);
    const known = list.findIndex((row) => row.task === -1 && row.attempt === attempt);
    list.splice(known >= 0 ? known : list.length, 1, { job, attempt, task });
  }

  ended(job: ChronosJob, attempt: number, task: number): void {
    const list = this.tasks.get(job.name);
    if (list === undefined) return;
    const exact = list.findIndex((row) => row.task === task);
    const at = exact >= 0 ? exact : list.findIndex((row) => row.task === -1 && row.attempt === attempt);
    if (at >= 0) list.splice(at, 1);
    if (list.length === 0) this.tasks.delete(job.name);
  }

  clear(): void {
    this.tasks.clear();
  }

  private listOf(job: ChronosJob): RunningTask[] {
    const list = this.tasks.get(job.name) ?? [];
    this.tasks.set(job.name, list);
    return list;
  }
}
