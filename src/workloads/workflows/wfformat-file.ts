import { InputError } from '../../core/errors.js';
import type { RowPlace } from '../bytes/issues.js';
import {
  fieldOf,
  isObject,
  JsonDocument,
  type JsonFields,
  listIn,
  numberIn,
  objectIn,
  textIn,
} from '../bytes/json-document.js';
import type { Workflow, WorkflowTask } from './workflow.js';

/** A machine of an instance. NaN = the file does not tell. */
export interface WfMachine {
  readonly name: string;
  readonly cpus: number;
  readonly memMib: number;
  readonly place: RowPlace;
}

/** What an instance holds; links as they are declared, and whether they had to be taken from files. */
export interface WfInstance extends Workflow {
  readonly machines: readonly WfMachine[];
  /** Links that name no task. */
  readonly unknown: readonly { readonly task: WorkflowTask; readonly name: string }[];
  /** No task names a parent or a child: links were taken from the files that tasks write and read. */
  readonly isInferred: boolean;
}

interface RawTask {
  readonly spec: JsonFields;
  readonly run: JsonFields;
  readonly id: string;
  readonly place: RowPlace;
}

/**
 * Reads an instance. Since 1.5 a workflow has a specification (tasks, files) and an execution (run times, machines), joined by task
 * id. Before, `workflow.tasks` (until 1.2 `workflow.jobs`) holds all of it and links name tasks (wfcommons-migrate-instance.py).
 */
export function readInstance(path: string): WfInstance {
  const document = new JsonDocument(path);
  const workflow = objectIn(document.object, 'workflow');
  const raw = isObject(fieldOf(workflow, 'specification'))
    ? splitTasks(document, workflow)
    : joinedTasks(document, workflow);
  if (raw.length === 0)
    throw new InputError(
      'E_WF_TASKS',
      'the workflow has no tasks',
      { file: path, line: 1, column: 1 },
      'a WfFormat instance has workflow.specification.tasks, workflow.tasks or workflow.jobs',
    );
  const execution = objectIn(workflow, 'execution');
  const sizes = sizesOf(workflow);
  const tasks = raw.map((task) => taskOf(task, sizes));
  const unknown = link(tasks, raw);
  const isInferred =
    tasks.length > 1 &&
    unknown.length === 0 &&
    tasks.every(({ parents }) => parents.length === 0) &&
    inferLinks(tasks, raw);
  const machines = machinesOf(document, workflow, execution);
  const makespan = [
    numberIn(execution, 'makespanInSeconds'),
    numberIn(workflow, 'makespanInSeconds'),
    numberIn(workflow, 'makespan'),
  ];
  return {
    name: textIn(document.object, 'name') || path.replace(/^.*[\\/]/, '').replace(/\.json.*$/, ''),
    tasks,
    makespanS: makespan.find((value) => !Number.isNaN(value)) ?? Number.NaN,
    fileCount: sizes.size > 0 ? sizes.size : new Set(raw.flatMap(filesOf).map(({ name }) => name)).size,
    machineCount: machines.length,
    machines,
    unknown,
    isInferred,
  };
}

function splitTasks(document: JsonDocument, workflow: JsonFields): RawTask[] {
  const runs = new Map<string, JsonFields>();
  for (const run of listIn(objectIn(workflow, 'execution'), 'tasks'))
    if (isObject(run)) runs.set(textIn(run, 'id'), run);
  return rawTasks(
    document,
    ['workflow', 'specification', 'tasks'],
    listIn(objectIn(workflow, 'specification'), 'tasks'),
    (spec) => {
      const id = textIn(spec, 'id') || textIn(spec, 'name');
      return { id, run: runs.get(id) ?? {} };
    },
  );
}

/** Links name tasks, so that the name is the id; where names come twice the id is added. */
function joinedTasks(document: JsonDocument, workflow: JsonFields): RawTask[] {
  const key = Array.isArray(fieldOf(workflow, 'tasks')) ? 'tasks' : 'jobs';
  const list = listIn(workflow, key);
  const names = new Map<string, number>();
  for (const spec of list)
    if (isObject(spec)) names.set(textIn(spec, 'name'), (names.get(textIn(spec, 'name')) ?? 0) + 1);
  return rawTasks(document, ['workflow', key], list, (spec) => {
    const name = textIn(spec, 'name');
    const own = textIn(spec, 'id');
    const isUnique = names.get(name) === 1 || own === '';
    return { id: name === '' ? own : isUnique ? name : `${name}_${own}`, run: spec };
  });
}

function rawTasks(
  document: JsonDocument,
  keys: readonly string[],
  list: readonly unknown[],
  partsOf: (spec: JsonFields) => { id: string; run: JsonFields },
): RawTask[] {
  return list.flatMap((spec, index) => {
    if (!isObject(spec)) return [];
    return [{ spec, ...partsOf(spec), place: document.place(keys, index) }];
  });
}

/** Sizes of the files of a specification, by id. */
function sizesOf(workflow: JsonFields): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const file of listIn(objectIn(workflow, 'specification'), 'files'))
    if (isObject(file)) sizes.set(textIn(file, 'id'), numberIn(file, 'sizeInBytes'));
  return sizes;
}

interface WfFile {
  readonly name: string;
  readonly isInput: boolean;
  readonly bytes: number;
}

/** The files of a task of the older layout, which carry their sizes; of the newer one by their names only. */
function filesOf({ spec }: RawTask): WfFile[] {
  const named = (key: string, isInput: boolean): WfFile[] =>
    listIn(spec, key).map((id) => ({ name: String(id), isInput, bytes: Number.NaN }));
  const older = listIn(spec, 'files').flatMap((file) => {
    if (!isObject(file)) return [];
    const size = numberIn(file, 'sizeInBytes');
    return [
      {
        name: textIn(file, 'path') + textIn(file, 'name'),
        isInput: textIn(file, 'link').toLowerCase() === 'input',
        bytes: Number.isNaN(size) ? numberIn(file, 'size') : size,
      },
    ];
  });
  return [...named('inputFiles', true), ...named('outputFiles', false), ...older];
}

function taskOf(raw: RawTask, sizes: ReadonlyMap<string, number>): WorkflowTask {
  const { run, id, place } = raw;
  const first = (...names: string[]): number =>
    names.map((name) => numberIn(run, name)).find((value) => !Number.isNaN(value)) ?? Number.NaN;
  const files = filesOf(raw);
  const sum = (isInput: boolean): number =>
    files
      .filter((file) => file.isInput === isInput)
      .reduce((bytes, file) => bytes + (Math.max(0, sizes.get(file.name) ?? file.bytes) || 0), 0);
  // Until 1.3 memory was in kB.
  const bytes = Number.isNaN(numberIn(run, 'memoryInBytes'))
    ? numberIn(run, 'memory') * 1000
    : numberIn(run, 'memoryInBytes');
  const cores = first('coreCount', 'cores');
  return {
    id,
    place,
    runS: first('runtimeInSeconds', 'runtime'),
    cpus: cores > 0 ? cores : 1,
    memMib: bytes >= 0 ? bytes / 2 ** 20 : Number.NaN,
    parents: [],
    inputs: files.filter(({ isInput }) => isInput).map(({ name }) => name),
    inputBytes: sum(true),
    outputBytes: sum(false),
  };
}

/** Sets the parents of tasks from what either end of a link declares; returns the links that name no task. */
function link(tasks: readonly WorkflowTask[], raw: readonly RawTask[]): { task: WorkflowTask; name: string }[] {
  const rows = new Map<string, number>();
  for (const [row, { id, spec }] of raw.entries())
    for (const name of [id, textIn(spec, 'id'), textIn(spec, 'name')])
      if (name !== '' && !rows.has(name)) rows.set(name, row);
  const parents = tasks.map(() => new Set<number>());
  const unknown: { task: WorkflowTask; name: string }[] = [];
  for (const [row, { spec }] of raw.entries()) {
    const each = (key: string, use: (other: number) => void): void => {
      for (const name of listIn(spec, key)) {
        const other = rows.get(String(name));
        if (other === undefined) unknown.push({ task: tasks[row] as WorkflowTask, name: String(name) });
        else use(other);
      }
    };
    each('parents', (other) => parents[row]?.add(other));
    each('children', (other) => parents[other]?.add(row));
  }
  setParents(tasks, parents);
  return unknown;
}

/** Links from the task that writes a file to those that read it. False when there is none. */
function inferLinks(tasks: readonly WorkflowTask[], raw: readonly RawTask[]): boolean {
  const writers = new Map<string, number>();
  for (const [row, task] of raw.entries())
    for (const { name, isInput } of filesOf(task)) if (!isInput && !writers.has(name)) writers.set(name, row);
  const parents = tasks.map(({ inputs }, row) => {
    const found = inputs.map((name) => writers.get(name)).filter((other) => other !== undefined && other !== row);
    return new Set(found as number[]);
  });
  setParents(tasks, parents);
  return parents.some(({ size }) => size > 0);
}

function setParents(tasks: readonly WorkflowTask[], parents: readonly ReadonlySet<number>[]): void {
  for (const [row, rows] of parents.entries())
    for (const other of rows) tasks[row]?.parents.push((tasks[other] as WorkflowTask).id);
}

function machinesOf(document: JsonDocument, workflow: JsonFields, execution: JsonFields): WfMachine[] {
  const isNew = Array.isArray(fieldOf(execution, 'machines'));
  const keys = isNew ? ['workflow', 'execution', 'machines'] : ['workflow', 'machines'];
  return listIn(isNew ? execution : workflow, 'machines').flatMap((machine, index) => {
    if (!isObject(machine)) return [];
    const cpu = objectIn(machine, 'cpu');
    const cores = numberIn(cpu, 'coreCount');
    const bytes = numberIn(machine, 'memoryInBytes');
    return [
      {
        name: textIn(machine, 'nodeName'),
        cpus: Number.isNaN(cores) ? numberIn(cpu, 'count') : cores,
        memMib: (Number.isNaN(bytes) ? numberIn(machine, 'memory') * 1000 : bytes) / 2 ** 20,
        place: document.place(keys, index),
      },
    ];
  });
}
