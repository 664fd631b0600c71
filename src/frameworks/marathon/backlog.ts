interface Kept {
  /** Job of a status update, else empty. */
  readonly job: string;
  readonly isRunning: boolean;
  readonly run: () => void;
}

/** What happens while no leader is there: agents keep their updates until somebody acknowledges them, so they come late but in order. */
export class Backlog {
  isDown = false;
  private kept: Kept[] = [];

  /** Now, or when a leader is there. */
  run(action: () => void): void {
    if (this.isDown) this.kept.push({ job: '', isRunning: false, run: action });
    else action();
  }

  update(job: string, isRunning: boolean, run: () => void): void {
    this.kept.push({ job, isRunning, run });
  }

  /** A leader is there. Of a task that started and ended meanwhile only its end is news. */
  flush(): void {
    this.isDown = false;
    const { kept } = this;
    this.kept = [];
    const ended = new Set<string>();
    const isStale = kept.map(() => false);
    for (let index = kept.length - 1; index >= 0; index--) {
      const { job, isRunning } = kept[index] as Kept;
      if (job === '') continue;
      if (isRunning) isStale[index] = ended.has(job);
      else ended.add(job);
    }
    for (const [index, entry] of kept.entries()) if (isStale[index] !== true) entry.run();
  }
}
