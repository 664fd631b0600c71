import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { workflowFacts } from '../facts/workflow-facts.js';
import { madeJobs } from '../records.js';
import { readDax } from './dax-file.js';
import { jobOf, UniqueNames } from './workflow.js';

/** Pegasus DAX: each file is an abstract workflow, which becomes one job of a group per `<job>`. */
function openDax(files: readonly string[], context: TraceContext) {
  const memo = new AmountsMemo(context.resources);
  const names = new UniqueNames();
  return madeJobs('dax', files, context, function* (report, issues) {
    for (const [index, file] of files.entries()) {
      const workflow = readDax(file);
      report.rowsRead += workflow.tasks.length;
      report.rowsKept += workflow.tasks.length;
      for (const task of workflow.tasks) {
        if (task.runS >= 0) continue;
        issues.repair(task.place, 0, 'E_DAX_RUN', `job "${task.id}" has no run time of at least 0: 0 s is taken`);
        task.runS = 0;
      }
      for (const { place, name } of workflow.unknown)
        issues.repair(place, 0, 'E_DAX_LINK', `a link names the job "${name}", which the workflow does not have`);
      const submitUs = index * Number(context.options['gap']);
      yield jobOf(workflow, names.of(workflow.name), submitUs, memo, Number(context.options['missingMemMib']));
    }
  });
}

export const dax: TraceFormat = {
  name: 'dax',
  summary: 'Pegasus DAX 2 and 3 (XML): abstract workflows with run times, files and links, each file one workflow',
  source: 'pegasus.isi.edu/schema/dax-2.1.xsd and dax-3.6.xsd; Bharathi et al., WORKS 2008',
  options: {
    gap: {
      type: 'duration',
      default: 0,
      range: [0, 3.2e13],
      help: 'time between the submissions of one file and the next',
    },
    missingMemMib: {
      type: 'number',
      default: 1024,
      range: [0, 1e9],
      unit: 'MiB',
      help: 'memory of a job that tells none',
    },
  },
  detect: ({ head, name }) => {
    if (/<(\w+:)?adag[\s>]/.test(new TextDecoder().decode(head))) return 1;
    return /\.(dax|xml)$/.test(name) && new TextDecoder().decode(head.subarray(0, 64)).includes('<?xml') ? 0.3 : 0;
  },
  facts: (files) => workflowFacts(files.map(readDax)),
  openJobs: openDax,
};
