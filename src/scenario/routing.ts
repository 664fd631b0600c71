import { nearestName } from '../core/nearest.js';
import type { JobRecord, JobSource } from '../model/job.js';
import type { FrameworkDocument, ScenarioDocument } from './schema.js';

/** A framework of the run: the document that describes it, under its own name. */
export interface PlannedFramework {
  readonly name: string;
  readonly document: FrameworkDocument;
}

export interface FrameworkPlan {
  readonly frameworks: readonly PlannedFramework[];
  /** Row of the framework that a job belongs to. */
  route(job: JobRecord): number;
  /** Keys that went to `other`, for the message. */
  readonly otherCount: number;
}

/** Frameworks that the default mapping makes at most, and how many jobs are looked at to find the largest. */
const DEFAULT_MAX = 32;
const LOOK_AHEAD_JOBS = 200_000;

const FIELDS = ['queue', 'user', 'class', 'priority'];
const TEMPLATE = /\{(queue|user|class|priority)\}/g;

/** What is wrong with a name that has a template for no field of a job. */
export function templateMistake(name: string): { readonly rule: string; readonly hint: string } | undefined {
  const field = [...name.matchAll(/\{([^{}]*)\}/g)]
    .map((match) => match[1] as string)
    .find((one) => !FIELDS.includes(one));
  if (field === undefined) return undefined;
  const near = nearestName(field, FIELDS);
  const known = FIELDS.map((one) => `{${one}}`).join(', ');
  return {
    rule: `a framework's name has no template {${field}}, got "${name}"`,
    hint: near === undefined ? `known: ${known}` : `did you mean "{${near}}"? known: ${known}`,
  };
}

/**
 * Maps jobs to frameworks. A document with a template in its name stands for one framework per value; the values with the most work
 * among the first 200,000 jobs get a framework each, the rest shares `other`. Without `frameworks`: per queue, else per user.
 */
export function planFrameworks(document: ScenarioDocument, open: () => JobSource): FrameworkPlan {
  const documents = document.frameworks ?? [defaultFramework(open)];
  const templates = documents.filter((entry) => entry.name.match(TEMPLATE) !== null);
  const work = templates.length > 0 ? measure(documents, open) : new Map<string, number>();
  const frameworks: PlannedFramework[] = [];
  const rows = new Map<string, number>();
  let otherCount = 0;
  const add = (name: string, entry: FrameworkDocument): void => {
    if (rows.has(name)) return;
    rows.set(name, frameworks.length);
    frameworks.push({ name, document: entry });
  };
  for (const entry of documents) {
    if (!templates.includes(entry)) {
      add(entry.name, entry);
      continue;
    }
    const names = [...work.entries()]
      .filter(([name]) => name.startsWith(`${documents.indexOf(entry)}/`))
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const max = entry.max ?? DEFAULT_MAX;
    const kept = names.slice(0, names.length > max ? max - 1 : max).map(([name]) => name.slice(name.indexOf('/') + 1));
    for (const name of kept.sort((a, b) => (a < b ? -1 : 1))) add(name, entry);
    otherCount += names.length - kept.length;
    if (names.length > kept.length || names.length === LOOK_AHEAD_JOBS) add('other', entry);
  }
  const matchers = documents.map((entry) => ({ entry, takes: matcherOf(entry) }));
  const route = (job: JobRecord): number => {
    for (const { entry, takes } of matchers) {
      if (!takes(job)) continue;
      const row = rows.get(nameFor(entry, job)) ?? rows.get('other');
      if (row !== undefined) return row;
    }
    return rows.get('other') ?? 0;
  };
  return { frameworks, route, otherCount };
}

function defaultFramework(open: () => JobSource): FrameworkDocument {
  const source = open();
  let hasQueue = false;
  let hasUser = false;
  for (let job = source.next(), count = 0; job !== null && count < 1000; job = source.next(), count++) {
    hasQueue ||= job.queue !== '';
    hasUser ||= job.user !== '';
  }
  source.close();
  return { name: hasQueue ? '{queue}' : hasUser ? '{user}' : 'batch', type: 'batch', role: '*' };
}

/** Work (tasks × CPU thousandths × seconds) by framework name, over a bounded look ahead. */
function measure(documents: readonly FrameworkDocument[], open: () => JobSource): Map<string, number> {
  const work = new Map<string, number>();
  const matchers = documents.map((entry) => ({ entry, takes: matcherOf(entry) }));
  const source = open();
  for (let job = source.next(), count = 0; job !== null && count < LOOK_AHEAD_JOBS; job = source.next(), count++) {
    const entry = matchers.find(({ takes }) => takes(job as JobRecord))?.entry;
    if (entry === undefined) continue;
    let amount = 0;
    for (const group of job.groups) {
      const seconds = Number.isFinite(group.durationUs) ? group.durationUs / 1e6 : 3600;
      amount += group.count * ((group.amounts[0] as number) + 1) * (seconds + 1);
    }
    const key = `${documents.indexOf(entry)}/${nameFor(entry, job)}`;
    work.set(key, (work.get(key) ?? 0) + amount);
  }
  source.close();
  return work;
}

function nameFor(entry: FrameworkDocument, job: JobRecord): string {
  return entry.name.replace(
    TEMPLATE,
    (_whole, field: 'queue' | 'user' | 'class' | 'priority') => String(job[field]) || 'none',
  );
}

/** Made once per document: a job is tried on every framework until one takes it. */
function matcherOf({ match }: FrameworkDocument): (job: JobRecord) => boolean {
  const wanted = (['queue', 'user', 'class', 'priority'] as const).flatMap((field) => {
    const pattern = match?.[field];
    return pattern === undefined || pattern === '*' ? [] : [{ field, values: new Set(pattern.split('|')) }];
  });
  return (job) => {
    for (const { field, values } of wanted) if (!values.has(String(job[field]))) return false;
    return true;
  };
}
