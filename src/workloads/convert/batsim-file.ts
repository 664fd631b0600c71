import type { JobRecord, SourceReport } from '../../model/job.js';
import { WholeFile } from '../bytes/whole-file.js';
import type { JobSink } from './convert.js';
import { decimal } from './native-columns.js';
import { rigidJob } from './rigid.js';

/**
 * A Batsim workload (oar-team/batsim, docs/input-workload.rst): `nb_res`, `jobs` with id, subtime, res, profile and walltime, and
 * `profiles` of type `delay`, one per distinct run time. The walltime is the user's estimate: Batsim kills at it, so that one below
 * the run time is written as it is.
 */
export class BatsimFile implements JobSink {
  private readonly file: WholeFile;
  private readonly profiles = new Set<string>();
  private readonly ids = new Map<string, number>();
  private mostProcessors = 1;
  private isFirst = true;

  constructor(path: string) {
    this.file = new WholeFile(path);
    this.file.write('{\n  "description": "written by mesosim",\n  "jobs": [');
  }

  add(job: JobRecord): string | undefined {
    const rigid = rigidJob(job);
    if (rigid === undefined) return 'no end';
    const { processors, runUs, estimateUs } = rigid;
    if (runUs === 0) return 'no run time';
    this.mostProcessors = Math.max(this.mostProcessors, processors);
    const run = decimal(runUs, 6);
    this.profiles.add(run);
    const walltime = estimateUs > 0 ? `, "walltime": ${decimal(estimateUs, 6)}` : '';
    const id = JSON.stringify(this.idOf(job.id));
    const subtime = decimal(job.submitUs, 6);
    this.file.write(
      `${this.isFirst ? '' : ','}\n    {"id": ${id}, "subtime": ${subtime}, "res": ${processors}, "profile": "delay_${run}"${walltime}}`,
    );
    this.isFirst = false;
    return undefined;
  }

  /** `!` parts workload from job in Batsim's names; ids must be unique. */
  private idOf(id: string): string {
    const plain = id.replaceAll('!', '_');
    const copies = (this.ids.get(plain) ?? 0) + 1;
    this.ids.set(plain, copies);
    return copies === 1 ? plain : this.idOf(`${plain}~${copies}`);
  }

  finish(report: SourceReport): string[] {
    const header = Number(report.notes.get('MaxProcs'));
    const processors = Math.max(this.mostProcessors, Number.isInteger(header) ? header : 0);
    const profiles = [...this.profiles].map((run) => `    "delay_${run}": {"type": "delay", "delay": ${run}}`);
    this.file.write(`\n  ],\n  "profiles": {\n${profiles.join(',\n')}\n  },\n  "nb_res": ${processors}\n}\n`);
    this.file.commit();
    return [this.file.path];
  }

  abandon(): void {
    this.file.abandon();
  }
}
