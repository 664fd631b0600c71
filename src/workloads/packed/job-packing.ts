import type { JobDependency, JobRecord, TaskGroup, UsageStep } from '../../model/job.js';
import { Packer, type Unpacker } from './packer.js';
import { MOST_KEPT, SharedAmounts, SharedTexts } from './shared.js';

const GANG = 1;
const EXIT_FINISHED = 2;
const EXIT_FAILED = 4;
const RETRY = 8;
const NO_RETRY = 16;
const USAGE = 32;
/** Constraints, image, inputs and their size, output: few traces tell them. */
const DATA = 64;

const NOT_A_HOST = 1;
const HOST = 2;

const NONE: readonly never[] = Object.freeze([]);

/** Bytes before a job: its length without them, and its submit time. */
export const HEAD_BYTES = 12;

/**
 * Jobs as bytes: held by the hundred thousand they cost neither the garbage collector anything nor, on disk, any parsing. What comes
 * back equals what was written, field by field; amounts and texts that repeat are shared.
 */
export class JobPacking {
  private readonly texts: SharedTexts;
  private readonly names: SharedTexts;
  private readonly amounts: SharedAmounts;

  /** So many texts, names and amounts are shared. */
  constructor(most = MOST_KEPT) {
    this.texts = new SharedTexts(most);
    this.names = new SharedTexts(most);
    this.amounts = new SharedAmounts(most);
  }

  /** Appends a job; the length and the submit time stand first, so that it can be ordered and skipped unread. */
  write(packer: Packer, job: JobRecord): void {
    const start = packer.length;
    packer.reserve(HEAD_BYTES);
    packer.length += 4;
    packer.double(job.submitUs);
    packer.text(job.id);
    packer.reserve(ROOM);
    this.shared(packer, job.user);
    this.shared(packer, job.queue);
    this.shared(packer, job.class);
    packer.number(job.priority);
    packer.number(job.deadlineUs);
    packer.number(job.isHost === undefined ? 0 : job.isHost ? HOST : NOT_A_HOST);
    packer.number(job.after.length);
    for (const { job: id, delayUs } of job.after) {
      packer.text(id);
      packer.reserve(ROOM);
      packer.number(delayUs);
    }
    packer.number(job.groups.length);
    for (let index = 0; index < job.groups.length; index++) this.writeGroup(packer, job.groups[index] as TaskGroup);
    packer.uint32At(start, packer.length - start - HEAD_BYTES);
  }

  private shared(packer: Packer, text: string): void {
    this.texts.write(packer, text);
    packer.reserve(ROOM);
  }

  private writeGroup(packer: Packer, group: TaskGroup): void {
    packer.reserve(ROOM + Packer.NUMBER_BYTES * group.amounts.length);
    const flags = flagsOf(group);
    packer.number(flags);
    packer.number(group.count);
    packer.number(group.durationUs);
    packer.number(group.estimateUs);
    this.amounts.write(packer, group.amounts);
    this.names.write(packer, group.name);
    this.writeNames(packer, group.after);
    if ((flags & DATA) !== 0) this.writeData(packer, group);
    if (group.usage !== undefined) this.writeUsage(packer, group.usage);
  }

  private writeNames(packer: Packer, list: readonly string[]): void {
    packer.reserve(ROOM);
    packer.number(list.length);
    for (let index = 0; index < list.length; index++) {
      packer.reserve(ROOM);
      this.names.write(packer, list[index] as string);
    }
    packer.reserve(ROOM);
  }

  private writeData(packer: Packer, group: TaskGroup): void {
    this.shared(packer, group.constraints);
    this.shared(packer, group.image);
    this.writeNames(packer, group.inputs);
    packer.number(group.outputMilliMib);
    packer.number(group.inputMilliMib === undefined ? 0 : 1);
    if (group.inputMilliMib !== undefined) packer.number(group.inputMilliMib);
  }

  private writeUsage(packer: Packer, usage: readonly UsageStep[]): void {
    packer.reserve(ROOM);
    packer.number(usage.length);
    for (const { offsetUs, amounts } of usage) {
      packer.reserve(ROOM + Packer.NUMBER_BYTES * amounts.length);
      packer.number(offsetUs);
      this.amounts.write(packer, amounts);
    }
  }

  /** The job that begins where the unpacker stands. */
  read(unpacker: Unpacker): JobRecord {
    unpacker.at += 4;
    const submitUs = unpacker.double();
    const job: JobRecord = {
      id: unpacker.text(),
      user: this.texts.read(unpacker),
      queue: this.texts.read(unpacker),
      class: this.texts.read(unpacker),
      submitUs,
      priority: unpacker.number(),
      deadlineUs: unpacker.number(),
      after: NONE,
      groups: [],
    };
    const host = unpacker.number();
    if (host !== 0) job.isHost = host === HOST;
    const links = unpacker.number();
    if (links > 0) job.after = readLinks(unpacker, links);
    const groups = unpacker.number();
    for (let index = 0; index < groups; index++) job.groups.push(this.readGroup(unpacker));
    return job;
  }

  private readGroup(unpacker: Unpacker): TaskGroup {
    const flags = unpacker.number();
    const count = unpacker.number();
    const durationUs = unpacker.number();
    const estimateUs = unpacker.number();
    const amounts = this.amounts.read(unpacker);
    // Field by field, as readers make it: all groups have one shape in memory.
    const group: TaskGroup = {
      name: this.names.read(unpacker),
      count,
      gang: (flags & GANG) !== 0,
      amounts,
      durationUs,
      estimateUs,
      constraints: '',
      after: this.readNames(unpacker),
      image: '',
      inputs: NONE,
      outputMilliMib: 0,
    };
    if (flags > GANG) this.readRest(unpacker, group, flags);
    return group;
  }

  private readRest(unpacker: Unpacker, group: TaskGroup, flags: number): void {
    if ((flags & DATA) !== 0) {
      group.constraints = this.texts.read(unpacker);
      group.image = this.texts.read(unpacker);
      group.inputs = this.readNames(unpacker);
      group.outputMilliMib = unpacker.number();
      if (unpacker.number() === 1) group.inputMilliMib = unpacker.number();
    }
    if ((flags & USAGE) !== 0) group.usage = this.readUsage(unpacker);
    if ((flags & (EXIT_FINISHED | EXIT_FAILED)) !== 0) group.exit = (flags & EXIT_FAILED) !== 0 ? 'failed' : 'finished';
    if ((flags & (RETRY | NO_RETRY)) !== 0) group.retry = (flags & RETRY) !== 0;
  }

  private readNames(unpacker: Unpacker): readonly string[] {
    const count = unpacker.number();
    if (count === 0) return NONE;
    const list: string[] = [];
    for (let index = 0; index < count; index++) list.push(this.names.read(unpacker));
    return list;
  }

  private readUsage(unpacker: Unpacker): UsageStep[] {
    const count = unpacker.number();
    const usage: UsageStep[] = [];
    for (let index = 0; index < count; index++)
      usage.push({ offsetUs: unpacker.number(), amounts: this.amounts.read(unpacker) });
    return usage;
  }
}

/** Room that is made before some numbers are written, more than they can take. */
const ROOM = 96;

function flagsOf(group: TaskGroup): number {
  const { exit, retry, usage, inputMilliMib, inputs, constraints, image, outputMilliMib, gang } = group;
  let flags = gang ? GANG : 0;
  if (exit !== undefined) flags |= exit === 'failed' ? EXIT_FAILED : EXIT_FINISHED;
  if (retry !== undefined) flags |= retry ? RETRY : NO_RETRY;
  if (usage !== undefined) flags |= USAGE;
  const hasText = constraints !== '' || image !== '' || inputs.length > 0;
  if (hasText || outputMilliMib !== 0 || inputMilliMib !== undefined) flags |= DATA;
  return flags;
}

function readLinks(unpacker: Unpacker, count: number): JobDependency[] {
  const after: JobDependency[] = [];
  for (let index = 0; index < count; index++) after.push({ job: unpacker.text(), delayUs: unpacker.number() });
  return after;
}
