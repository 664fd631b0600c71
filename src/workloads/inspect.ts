import { QuantileSketch } from '../core/quantile-sketch.js';
import type { JobRecord, SourceReport } from '../model/job.js';
import { CPUS, MEM, ResourceSpace } from '../model/resources.js';
import type { TraceIssue } from '../model/trace-format.js';
import { prepareTrace, type TraceRequest } from './index.js';

/** Quantiles of whole numbers, told in a unit. */
class Quantiles {
  private readonly sketch = new QuantileSketch();

  constructor(private readonly scale: number) {}

  add(value: number): void {
    this.sketch.add(Math.max(0, Math.round(value)));
  }

  tell(): Record<string, number> {
    const at = (probability: number): number => this.sketch.quantile(probability) / this.scale;
    return {
      min: at(0),
      p25: at(0.25),
      p50: at(0.5),
      p75: at(0.75),
      p95: at(0.95),
      max: at(1),
      mean: this.sketch.mean / this.scale,
    };
  }
}

/** What is in a trace: rows, span, users, sizes, arrivals by hour of the trace's day, and the format's own facts. */
export function inspectTrace(
  files: readonly string[],
  request: TraceRequest,
  totals: { cpus?: number; memMib?: number } = {},
): Record<string, unknown> {
  const resources = new ResourceSpace();
  const { format, context } = prepareTrace(files, request, resources);
  const facts = format.facts?.(files);
  const result: Record<string, unknown> = { format: format.name, files: [...files] };
  if (facts !== undefined) result['facts'] = facts;
  let report: SourceReport | undefined;
  const held = format.holds?.(files) ?? (format.openJobs === undefined ? 'agents' : 'jobs');
  if (held === 'jobs') {
    const source = format.openJobs?.(files, context);
    if (source !== undefined) {
      report = source.report;
      Object.assign(
        result,
        summarize(() => source.next(), totals),
      );
      source.close();
    }
  } else if (held === 'agents' && format.readAgents !== undefined) {
    const read = format.readAgents(files, context);
    report = read.report;
    result['agents'] = read.agents.length;
  }
  if (report !== undefined) {
    result['rows'] = {
      read: report.rowsRead,
      kept: report.rowsKept,
      skipped: Object.fromEntries(report.skipped),
      repaired: Object.fromEntries(report.repaired),
    };
    result['header'] = Object.fromEntries(report.notes);
  }
  return result;
}

function summarize(next: () => JobRecord | null, totals: { cpus?: number; memMib?: number }): Record<string, unknown> {
  const users = new Set<string>();
  const queues = new Map<string, number>();
  const classes = new Map<string, number>();
  const priorities = new Map<string, number>();
  const byHour = new Array<number>(24).fill(0);
  const durations = new Quantiles(1e6);
  const cpus = new Quantiles(1000);
  const memory = new Quantiles(1000);
  const widths = new Quantiles(1);
  let jobs = 0;
  let tasks = 0;
  let firstUs = -1;
  let lastUs = 0;
  let cpuS = 0;
  let memMibS = 0;
  const count = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let job = next(); job !== null; job = next()) {
    jobs++;
    if (firstUs < 0) firstUs = job.submitUs;
    lastUs = job.submitUs;
    if (job.user !== '') users.add(job.user);
    count(queues, job.queue);
    count(classes, job.class);
    count(priorities, String(job.priority));
    const hour = Math.floor(job.submitUs / 3600e6) % 24;
    byHour[hour] = (byHour[hour] as number) + 1;
    let width = 0;
    for (const group of job.groups) {
      width += group.count;
      durations.add(group.durationUs);
      cpus.add(group.amounts[CPUS] as number);
      memory.add(group.amounts[MEM] as number);
      cpuS += ((group.amounts[CPUS] as number) / 1000) * group.count * (group.durationUs / 1e6);
      memMibS += ((group.amounts[MEM] as number) / 1000) * group.count * (group.durationUs / 1e6);
    }
    tasks += width;
    widths.add(width);
  }
  if (jobs === 0) return { jobs, tasks };
  const spanS = (lastUs - firstUs) / 1e6;
  const load: Record<string, number> = {};
  if (totals.cpus !== undefined && spanS > 0) load['cpus'] = cpuS / (totals.cpus * spanS);
  if (totals.memMib !== undefined && spanS > 0) load['mem'] = memMibS / (totals.memMib * spanS);
  return {
    jobs,
    tasks,
    span_s: { first: firstUs / 1e6, last: lastUs / 1e6 },
    users: users.size,
    queues: largest(queues),
    classes: largest(classes),
    priorities: largest(priorities),
    arrivals_by_hour: byHour,
    tasks_per_job: widths.tell(),
    duration_s: durations.tell(),
    cpus: cpus.tell(),
    mem_mib: memory.tell(),
    work: { cpu_s: cpuS, mem_mib_s: memMibS },
    ...(Object.keys(load).length > 0 ? { offered_load: load } : {}),
  };
}

/** The 20 most frequent values with their counts. */
function largest(counts: Map<string, number>): Record<string, number> {
  const rows = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return Object.fromEntries(rows.slice(0, 20));
}

/** Every violation of a trace, and whether a run would stop at one. */
export function validateTrace(
  files: readonly string[],
  request: TraceRequest,
  keep = 1000,
): { issues: TraceIssue[]; counts: Record<string, number>; hasErrors: boolean } {
  const issues: TraceIssue[] = [];
  const counts = new Map<string, number>();
  const onIssue = (issue: TraceIssue): void => {
    counts.set(issue.code, (counts.get(issue.code) ?? 0) + 1);
    if (issues.length < keep) issues.push(issue);
  };
  const { format, context } = prepareTrace(files, { ...request, onBadRow: 'skip', onIssue }, new ResourceSpace());
  const held = format.holds?.(files) ?? (format.openJobs === undefined ? 'agents' : 'jobs');
  if (held === 'jobs') {
    const source = format.openJobs?.(files, context);
    while (source !== undefined && source.next() !== null);
    source?.close();
  } else if (held === 'agents') format.readAgents?.(files, context);
  return { issues, counts: Object.fromEntries(counts), hasErrors: issues.some((issue) => issue.severity === 'error') };
}
