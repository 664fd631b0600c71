/** Reference algorithms for independent jobs at time 0 on identical machines; times are whole numbers. */

/** Greedy to the machine that is free first, ties to the lowest: the makespan of list scheduling (Graham 1966). */
export function listMakespan(machineCount: number, times: readonly number[]): number {
  const busy = new Array<number>(machineCount).fill(0);
  for (const time of times) {
    const machine = busy.indexOf(Math.min(...busy));
    busy[machine] = (busy[machine] as number) + time;
  }
  return Math.max(...busy);
}

/** McNaughton's optimum with preemption (1959): max(p_max, Σp / m). */
export function mcnaughtonMakespan(machineCount: number, times: readonly number[]): number {
  return Math.max(...times, times.reduce((sum, time) => sum + time, 0) / machineCount);
}

/** Least Σ completion times: shortest jobs first, dealt round the machines. */
export function sptTotalCompletion(machineCount: number, times: readonly number[]): number {
  const busy = new Array<number>(machineCount).fill(0);
  let total = 0;
  [...times]
    .sort((a, b) => a - b)
    .forEach((time, index) => {
      const machine = index % machineCount;
      busy[machine] = (busy[machine] as number) + time;
      total += busy[machine] as number;
    });
  return total;
}

/** Least makespan without preemption, by branch and bound: longest jobs first, machines of equal load tried once. */
export function optimalMakespan(machineCount: number, times: readonly number[]): number {
  const jobs = [...times].sort((a, b) => b - a);
  const floor = Math.max(jobs[0] ?? 0, Math.ceil(jobs.reduce((sum, time) => sum + time, 0) / machineCount));
  let best = listMakespan(machineCount, jobs);
  const busy = new Array<number>(machineCount).fill(0);
  const visit = (job: number): void => {
    if (best === floor) return;
    if (job === jobs.length) {
      best = Math.min(best, Math.max(...busy));
      return;
    }
    for (const load of new Set(busy)) {
      const machine = busy.indexOf(load);
      if (load + (jobs[job] as number) >= best) continue;
      busy[machine] = load + (jobs[job] as number);
      visit(job + 1);
      busy[machine] = load;
    }
  };
  visit(0);
  return best;
}
