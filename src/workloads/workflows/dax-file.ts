import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { InputError } from '../../core/errors.js';
import { openBytes } from '../bytes/byte-source.js';
import type { RowPlace } from '../bytes/issues.js';
import type { Workflow, WorkflowTask } from './workflow.js';

/** Elements deeper than this are no part of a DAX. */
const MAX_DEPTH = 32;

/** A workflow and the links of it that name no job. */
export interface DaxWorkflow extends Workflow {
  readonly unknown: readonly { readonly place: RowPlace; readonly name: string }[];
}

interface DaxJob {
  readonly id: string;
  readonly place: RowPlace;
  runS: number;
  cpus: number;
  memMib: number;
  readonly inputs: string[];
  inputBytes: number;
  outputBytes: number;
}

/** Reads a DAX piece by piece. InputError E_XML with its place when the text is not well-formed or no workflow. */
export function readDax(path: string): DaxWorkflow {
  const reader = new DaxReader(path);
  const source = openBytes(path);
  const decoder = new TextDecoder();
  try {
    for (let piece = source.read(); piece !== null; piece = source.read())
      reader.parser.write(decoder.decode(piece, { stream: true }));
    reader.parser.write(decoder.decode()).close();
  } finally {
    source.close();
  }
  return reader.finish();
}

class DaxReader {
  readonly parser = new SaxesParser();
  private readonly jobs: DaxJob[] = [];
  private readonly links: { child: string; parent: string; place: RowPlace }[] = [];
  private readonly files = new Set<string>();
  private name = '';
  private job: DaxJob | undefined;
  private child = '';
  private depth = 0;
  private profile = '';
  private text = '';
  private isDax = false;

  constructor(private readonly path: string) {
    this.parser.on('error', (error) => this.refuse(error.message.replace(/^\S*\d+:\d+:\s*/, '')));
    this.parser.on('opentag', (tag) => this.open(tag));
    this.parser.on('closetag', (tag) => this.close(localName(tag.name)));
    this.parser.on('text', (text) => {
      if (this.profile !== '') this.text += text;
    });
  }

  private place(): RowPlace {
    return { path: this.path, line: this.parser.line, column: this.parser.column };
  }

  private refuse(rule: string): never {
    const position = { file: this.path, line: this.parser.line, column: this.parser.column };
    throw new InputError('E_XML', `the file is no DAX: ${rule}`, position);
  }

  private open({ name, attributes }: SaxesTagPlain): void {
    if (++this.depth > MAX_DEPTH) this.refuse(`elements are nested deeper than ${MAX_DEPTH} levels`);
    const of = (key: string): string => (Object.hasOwn(attributes, key) ? (attributes[key] as string) : '');
    const local = localName(name);
    if (this.depth === 1) {
      this.isDax = local === 'adag';
      this.name = of('name');
    } else if (local === 'job' || local === 'dag' || local === 'dax') this.openJob(of);
    else if (local === 'uses') this.uses(of);
    else if (local === 'child') this.child = of('ref');
    else if (local === 'parent') this.links.push({ child: this.child, parent: of('ref'), place: this.place() });
    else if (local === 'profile') {
      this.profile = `${of('namespace')}.${of('key')}`.toLowerCase();
      this.text = '';
    }
  }

  private openJob(of: (key: string) => string): void {
    this.job = {
      id: of('id'),
      place: this.place(),
      runS: amount(of('runtime')),
      cpus: 1,
      memMib: Number.NaN,
      inputs: [],
      inputBytes: 0,
      outputBytes: 0,
    };
    if (this.job.id === '') this.refuse('a job has no id');
    this.jobs.push(this.job);
  }

  /** `file` in DAX 2, `name` in DAX 3. */
  private uses(of: (key: string) => string): void {
    const { job } = this;
    if (job === undefined) return;
    const name = of('file') || of('name');
    const bytes = Math.max(0, amount(of('size'))) || 0;
    this.files.add(name);
    const link = of('link').toLowerCase();
    if (link === 'input' || link === 'inout') {
      job.inputs.push(name);
      job.inputBytes += bytes;
    }
    if (link === 'output' || link === 'inout') job.outputBytes += bytes;
  }

  private close(name: string): void {
    this.depth--;
    if (name === 'profile') {
      if (this.job !== undefined) profiled(this.job, this.profile, amount(this.text.trim()));
      this.profile = '';
    } else if (name === 'job' || name === 'dag' || name === 'dax') this.job = undefined;
  }

  finish(): DaxWorkflow {
    if (!this.isDax)
      throw new InputError('E_XML', 'the file is no DAX: its root must be adag', { file: this.path, line: 1 });
    if (this.jobs.length === 0) throw new InputError('E_XML', 'the DAX has no jobs', { file: this.path, line: 1 });
    const parents = new Map(this.jobs.map(({ id }) => [id, new Set<string>()]));
    const unknown: { place: RowPlace; name: string }[] = [];
    for (const { child, parent, place } of this.links) {
      const own = parents.get(child);
      if (own === undefined) unknown.push({ place, name: child });
      else if (!parents.has(parent)) unknown.push({ place, name: parent });
      else own.add(parent);
    }
    const tasks = this.jobs.map(
      (job): WorkflowTask => ({ ...job, parents: [...(parents.get(job.id) as Set<string>)] }),
    );
    const name = this.name || this.path.replace(/^.*[\\/]/, '').replace(/\.(dax|xml).*$/, '');
    return { name, tasks, makespanS: Number.NaN, fileCount: this.files.size, machineCount: 0, unknown };
  }
}

/** What profiles of Pegasus and Condor tell of a job. */
function profiled(job: DaxJob, key: string, value: number): void {
  if (!(value >= 0)) return;
  if (key === 'pegasus.runtime' && Number.isNaN(job.runS)) job.runS = value;
  else if ((key === 'pegasus.cores' || key === 'condor.request_cpus') && value > 0) job.cpus = value;
  else if (key === 'pegasus.memory' || key === 'condor.request_memory') job.memMib = value;
}

function amount(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
