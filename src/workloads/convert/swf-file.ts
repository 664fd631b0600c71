import { FOREVER_US, type JobRecord, type SourceReport } from '../../model/job.js';
import { WholeFile } from '../bytes/whole-file.js';
import type { JobSink } from './convert.js';
import { decimal } from './native-columns.js';
import { rigidJob } from './rigid.js';

/** SWF 2.2 knows one shape per job ({@link rigidJob}) and numbers for names: users, groups and queues that are none are numbered. */
export class SwfFile implements JobSink {
  private readonly file: WholeFile;
  private readonly users = new Numbering();
  private readonly queues = new Numbering();
  private readonly classes = new Numbering();
  private readonly ids = new Set<string>();
  private number = 0;
  private mostProcessors = 0;

  constructor(path: string) {
    this.file = new WholeFile(path);
    this.file.write('; Version: 2.2\n; Note: written by mesosim\n');
  }

  add(job: JobRecord): string | undefined {
    const rigid = rigidJob(job);
    if (rigid === undefined)
      return job.groups.some(({ durationUs }) => durationUs === FOREVER_US) ? 'no end' : 'no shape';
    const { processors, runUs, estimateUs, memMilliMib } = rigid;
    this.mostProcessors = Math.max(this.mostProcessors, processors);
    const kilobytes = memMilliMib > 0 ? Math.round((memMilliMib * 1024) / 1000) : -1;
    const preceding = job.after[0];
    const fields = [
      this.idOf(job.id),
      decimal(job.submitUs, 6),
      -1,
      decimal(runUs, 6),
      processors,
      -1,
      -1,
      processors,
      estimateUs >= 0 ? decimal(estimateUs, 6) : -1,
      kilobytes,
      1,
      this.users.of(job.user),
      this.classes.of(job.class),
      -1,
      this.queues.of(job.queue),
      -1,
      preceding !== undefined && isNumber(preceding.job) ? preceding.job : -1,
      preceding !== undefined && isNumber(preceding.job) ? decimal(preceding.delayUs, 6) : -1,
    ];
    this.file.write(`${fields.join(' ')}\n`);
    return undefined;
  }

  /** Numbers stay as they are; other ids get the next number that is free. */
  private idOf(id: string): string {
    if (isNumber(id)) {
      this.ids.add(id);
      return id;
    }
    do this.number++;
    while (this.ids.has(String(this.number)));
    return String(this.number);
  }

  finish(report: SourceReport): string[] {
    // Header comments may stand anywhere in the file; the widest job is known only here.
    const processors = report.notes.get('MaxProcs') ?? String(this.mostProcessors);
    this.file.write(`; MaxProcs: ${processors}\n; MaxJobs: ${report.jobCount}\n`);
    this.file.commit();
    return [this.file.path];
  }

  abandon(): void {
    this.file.abandon();
  }
}

function isNumber(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

/** Numbers for names: a name that is a number keeps it, others count from 100000 upwards, empty is -1. */
class Numbering {
  private readonly known = new Map<string, number>();

  of(name: string): string {
    if (name === '') return '-1';
    if (isNumber(name)) return name;
    let number = this.known.get(name);
    if (number === undefined) {
      number = 100_000 + this.known.size;
      this.known.set(name, number);
    }
    return String(number);
  }
}
