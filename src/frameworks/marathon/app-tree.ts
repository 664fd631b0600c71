import type { InputError } from '../../core/errors.js';
import { nameHint } from '../../core/nearest.js';
import { collected, type JobFile, type JsonPath } from '../job-file.js';
import { withoutNulls } from '../shared/job-list.js';
import { type AppDefinition, appOf, type Constraint, podOf } from './app-definition.js';
import { appSchema, groupSchema, OPERATORS, type Operator, podSchema, unknownKeys } from './app-schema.js';
import { cycleOf } from './dependencies.js';
import { javaRegex } from './java-regex.js';

/** Apps and pods by absolute id. */
export type AppTree = ReadonlyMap<string, AppDefinition>;

/** One segment of an id (Marathon: core/pod PathId validation). */
const SEGMENT = /^(([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])$/;

interface Place {
  readonly file: JobFile;
  readonly path: JsonPath;
}

/** What an app has of the groups around it. */
interface Inherited {
  readonly dependencies: readonly string[];
  /** Role that the top-level group enforces, empty = none. */
  readonly role: string;
}

const NOTHING: Inherited = { dependencies: [], role: '' };

/** Reads apps, pods and groups, alone or in lists, from files. Ids must be unique over all files, dependencies without a cycle. */
export function readApps(files: readonly JobFile[]): AppTree {
  const reader = new TreeReader();
  for (const file of files) reader.read(file);
  return reader.close();
}

class TreeReader {
  private readonly apps = new Map<string, AppDefinition>();
  private readonly places = new Map<string, Place>();
  private readonly errors: InputError[] = [];

  read(file: JobFile): void {
    const { value } = file;
    if (Array.isArray(value)) for (const index of value.keys()) this.entry({ file, path: [index] }, '/', NOTHING);
    else this.entry({ file, path: [] }, '/', NOTHING);
  }

  close(): AppTree {
    if (this.errors.length > 0) throw collected(this.errors);
    const cycle = cycleOf(this.apps);
    if (cycle !== undefined) {
      const place = this.places.get(cycle[0] as string) as Place;
      throw place.file.error([...place.path, 'dependencies'], `has a cycle: ${[...cycle, cycle[0]].join(' → ')}`);
    }
    return this.apps;
  }

  /** An app, a pod (it has containers) or a group (it has members). */
  private entry(place: Place, base: string, inherited: Inherited): void {
    const value = valueAt(place);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.errors.push(place.file.error(place.path, 'must be an app, a pod or a group'));
    } else if ('apps' in value || 'groups' in value || 'pods' in value) {
      this.group(place, base, inherited);
    } else {
      this.app(place, base, inherited, 'containers' in value);
    }
  }

  private group(place: Place, base: string, inherited: Inherited): void {
    const group = this.checked(() => place.file.check(groupSchema, place.path, withoutNulls(valueAt(place))));
    if (group === undefined) return;
    const id = this.idOf(group.id ?? base, base, place);
    const own = (group.dependencies ?? []).map((dependency) => resolvePath(id, dependency));
    // Only a top-level group enforces a role: its own name (state/Group.scala).
    const isTop = id !== '/' && id.lastIndexOf('/') === 0;
    const role = isTop && group.enforceRole === true ? id.slice(1) : inherited.role;
    const below = { dependencies: [...inherited.dependencies, ...own], role };
    for (const kind of ['apps', 'pods'] as const) {
      for (const index of (group[kind] ?? []).keys()) {
        this.app(within(place, kind, index), id, below, kind === 'pods' || isPod(group[kind]?.[index]));
      }
    }
    for (const index of (group.groups ?? []).keys()) this.group(within(place, 'groups', index), id, below);
  }

  private app(place: Place, base: string, inherited: Inherited, isPodJson: boolean): void {
    const definition = this.checked(() =>
      isPodJson ? this.podAt(place, base, inherited) : this.appAt(place, base, inherited),
    );
    if (definition === undefined) return;
    this.checkConstraints(definition.constraints, place, isPodJson);
    if (this.apps.has(definition.id)) {
      this.errors.push(place.file.error([...place.path, 'id'], `must be unique: ${definition.id} is there already`));
    }
    this.apps.set(definition.id, definition);
    this.places.set(definition.id, place);
  }

  private podAt(place: Place, base: string, { dependencies, role }: Inherited): AppDefinition {
    const pod = place.file.check(podSchema, place.path, withoutNulls(valueAt(place)));
    const ignoredKeys = unknownKeys(pod, podSchema);
    return podOf(pod, { id: this.idOf(pod.id, base, place), dependencies, role, ignoredKeys });
  }

  private appAt(place: Place, base: string, { dependencies, role }: Inherited): AppDefinition {
    const app = place.file.check(appSchema, place.path, withoutNulls(valueAt(place)));
    const own = (app.dependencies ?? []).map((dependency) => resolvePath(base, dependency));
    return appOf(app, {
      id: this.idOf(app.id, base, place),
      dependencies: [...dependencies, ...own],
      role,
      ignoredKeys: unknownKeys(app, appSchema),
    });
  }

  private idOf(text: string, base: string, place: Place): string {
    const id = resolvePath(base, text);
    const segments = id.split('/').slice(1);
    const path = [...place.path, 'id'];
    if (id !== '/' && !segments.every((segment) => SEGMENT.test(segment))) {
      const hint = 'segments are lower-case letters, digits, dots and dashes, separated by /';
      this.errors.push(place.file.error(path, 'must be a path of Marathon', hint));
    }
    if (base !== '/' && id !== base && !id.startsWith(`${base}/`)) {
      this.errors.push(place.file.error(path, `must be below its group ${base}`));
    }
    return id;
  }

  private checkConstraints(constraints: readonly Constraint[], place: Place, isPodJson: boolean): void {
    const list = isPodJson ? ['scheduling', 'placement', 'constraints'] : ['constraints'];
    for (const [index, constraint] of constraints.entries()) {
      const at = (part: 'operator' | 'value'): JsonPath => {
        const key = isPodJson ? part : part === 'operator' ? 1 : 2;
        return [...place.path, ...list, index, key];
      };
      const wrong = (part: 'operator' | 'value', rule: string, hint = ''): void =>
        void this.errors.push(place.file.error(at(part), rule, hint));
      if (!(OPERATORS as readonly string[]).includes(constraint.operator)) {
        wrong('operator', 'must be an operator of constraints', nameHint(constraint.operator, [...OPERATORS]));
        continue;
      }
      const { isRight, rule } = VALUE_RULES[constraint.operator];
      if (!isRight(constraint.value)) wrong('value', rule);
    }
  }

  private checked<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      const found = error instanceof Error && 'errors' in error ? error.errors : undefined;
      if (!Array.isArray(found)) throw error;
      this.errors.push(...(found as InputError[]));
      return undefined;
    }
  }
}

const isWhole = (value: string): boolean => /^\d+$/.test(value);

/** What the value of a constraint must be (api/v2/validation: constraints). */
const VALUE_RULES: Readonly<Record<Operator, { readonly isRight: (value: string) => boolean; readonly rule: string }>> =
  {
    UNIQUE: { isRight: (value) => value === '', rule: 'must not be given with UNIQUE' },
    CLUSTER: { isRight: () => true, rule: '' },
    GROUP_BY: { isRight: (value) => value === '' || isWhole(value), rule: 'must be a whole number' },
    MAX_PER: { isRight: isWhole, rule: 'must be a whole number' },
    LIKE: { isRight: isRegex, rule: 'must be a regular expression' },
    UNLIKE: { isRight: isRegex, rule: 'must be a regular expression' },
    IS: { isRight: (value) => value !== '', rule: 'must be given with IS' },
  };

function isRegex(text: string): boolean {
  if (text === '') return false;
  try {
    javaRegex(text);
    return true;
  } catch {
    return false;
  }
}

function isPod(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'containers' in value;
}

function within(place: Place, kind: string, index: number): Place {
  return { file: place.file, path: [...place.path, kind, index] };
}

function valueAt({ file, path }: Place): unknown {
  let node = file.value;
  for (const key of path) node = Reflect.get(node as object, key);
  return node;
}

/** `a/b`, `../c` and `.` against an absolute base; an absolute path stays (PathId.canonicalPath). */
export function resolvePath(base: string, path: string): string {
  const parts = path.startsWith('/') ? [] : base.split('/');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return `/${parts.filter((part) => part !== '').join('/')}`;
}
