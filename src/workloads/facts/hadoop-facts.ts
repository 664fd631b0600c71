import { isObject, JsonDocument, type JsonFields, listIn, numberIn, textIn } from '../bytes/json-document.js';
import { JsonObjects } from '../bytes/json-objects.js';
import { Counts } from './counts.js';

function* objectsOf(files: readonly string[]): Generator<JsonFields> {
  for (const file of files) {
    const objects = new JsonObjects(file);
    for (let row = objects.next(); row !== null; row = objects.next()) if ('value' in row) yield row.value;
    objects.close();
  }
}

/** Counts over jobs and containers of SLS files, or over their nodes. */
export function slsFacts(files: readonly string[]): Record<string, unknown> {
  const types = new Counts();
  const queues = new Counts();
  const facts = { jobs: 0, containers: 0, racks: 0, nodes: 0 };
  let firstStartMs = Number.POSITIVE_INFINITY;
  let lastStartMs = Number.NEGATIVE_INFINITY;
  for (const fields of objectsOf(files)) {
    const nodes = listIn(fields, 'nodes');
    if (nodes.length > 0) facts.racks++;
    facts.nodes += nodes.length + (numberIn(fields, 'num.nodes') || 0);
    const tasks = listIn(fields, 'job.tasks').filter(isObject);
    if (tasks.length === 0) continue;
    facts.jobs++;
    queues.add(textIn(fields, 'job.queue.name'));
    const startMs = numberIn(fields, 'job.start.ms');
    if (startMs < firstStartMs) firstStartMs = startMs;
    if (startMs > lastStartMs) lastStartMs = startMs;
    for (const task of tasks) {
      const count = numberIn(task, 'count') || 1;
      facts.containers += count;
      types.add(textIn(task, 'container.type') || 'task', count);
    }
  }
  if (facts.jobs === 0) return { racks: facts.racks, nodes: facts.nodes };
  return { ...facts, firstStartMs, lastStartMs, byType: types.tell(), byQueue: queues.tell() };
}

/** Counts over jobs, tasks and attempts of Rumen traces, or over racks and hosts of topologies. */
export function rumenFacts(files: readonly string[], isTopology: boolean): Record<string, unknown> {
  if (isTopology) return topologyFacts(files);
  const outcomes = new Counts();
  const attempts = new Counts();
  const facts = { jobs: 0, maps: 0, reduces: 0, attempts: 0 };
  let firstSubmitMs = Number.POSITIVE_INFINITY;
  let lastSubmitMs = Number.NEGATIVE_INFINITY;
  for (const fields of objectsOf(files)) {
    facts.jobs++;
    outcomes.add(textIn(fields, 'outcome'));
    const submitMs = numberIn(fields, 'submitTime');
    if (submitMs < firstSubmitMs) firstSubmitMs = submitMs;
    if (submitMs > lastSubmitMs) lastSubmitMs = submitMs;
    const maps = listIn(fields, 'mapTasks').filter(isObject);
    const reduces = listIn(fields, 'reduceTasks').filter(isObject);
    facts.maps += maps.length;
    facts.reduces += reduces.length;
    for (const task of [...maps, ...reduces]) {
      for (const attempt of listIn(task, 'attempts').filter(isObject)) {
        facts.attempts++;
        attempts.add(textIn(attempt, 'result'));
      }
    }
  }
  return { ...facts, firstSubmitMs, lastSubmitMs, byOutcome: outcomes.tell(), attemptsByResult: attempts.tell() };
}

function topologyFacts(files: readonly string[]): Record<string, unknown> {
  const facts = { racks: 0, hosts: 0 };
  for (const file of files) {
    for (const rack of listIn(new JsonDocument(file).object, 'children').filter(isObject)) {
      facts.racks++;
      facts.hosts += listIn(rack, 'children').length;
    }
  }
  return facts;
}
