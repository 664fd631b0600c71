import { type AgentRecord, emptyReport, type SourceReport } from '../../model/job.js';
import type { TraceContext, TraceFormat } from '../../model/trace-format.js';
import { AmountsMemo } from '../amounts-memo.js';
import { IssueLog } from '../bytes/issues.js';
import { workflowFacts } from '../facts/workflow-facts.js';
import { madeJobs } from '../records.js';
import { readInstance, type WfInstance } from './wfformat-file.js';
import { jobOf, UniqueNames } from './workflow.js';

/** WfFormat: each file is a workflow, which becomes one job of a group per task. */
function openWfFormat(files: readonly string[], context: TraceContext) {
  const memo = new AmountsMemo(context.resources);
  const names = new UniqueNames();
  return madeJobs('wfformat', files, context, function* (report, issues) {
    for (const [index, file] of files.entries()) {
      const workflow = readInstance(file);
      report.rowsRead += workflow.tasks.length;
      report.rowsKept += workflow.tasks.length;
      mend(workflow, issues);
      if (!Number.isNaN(workflow.makespanS)) report.notes.set('makespanInSeconds', String(workflow.makespanS));
      const submitUs = index * Number(context.options['gap']);
      yield jobOf(workflow, names.of(workflow.name), submitUs, memo, Number(context.options['missingMemMib']));
    }
  });
}

/** A run time that cannot be used is 0, so that the links through the task stay; every repair is counted. */
function mend({ tasks, unknown, isInferred }: WfInstance, issues: IssueLog): void {
  for (const task of tasks) {
    if (task.runS >= 0) continue;
    const what = Number.isNaN(task.runS) ? 'has no run time' : `has a run time of ${task.runS} s`;
    issues.repair(task.place, 0, 'E_WF_RUN', `task "${task.id}" ${what}: 0 s is taken`);
    task.runS = 0;
  }
  for (const { task, name } of unknown)
    issues.repair(
      task.place,
      0,
      'E_WF_LINK',
      `task "${task.id}" is linked with "${name}", which the workflow does not have`,
    );
  if (!isInferred) return;
  const place = (tasks[0] as WfInstance['tasks'][number]).place;
  issues.repair(
    place,
    0,
    'E_WF_INFERRED',
    'no task names parents or children: links are taken from files written and read',
  );
}

/** The machines that the instances ran on, each once. */
function readAgents(files: readonly string[], context: TraceContext): { agents: AgentRecord[]; report: SourceReport } {
  const report = emptyReport('wfformat', [...files]);
  const issues = new IssueLog(report, context);
  const memo = new AmountsMemo(context.resources);
  const agents = new Map<string, AgentRecord>();
  for (const file of files) {
    for (const { name, cpus, memMib, place } of readInstance(file).machines) {
      report.rowsRead++;
      if (name === '' || !(cpus > 0)) {
        issues.skip(place, 0, 'E_WF_MACHINE', `a machine must have a nodeName and cores, got "${name}" with ${cpus}`);
        continue;
      }
      report.rowsKept++;
      const amounts = memo.of(Math.round(cpus * 1000), Math.max(0, Math.round(memMib * 1000)) || 0);
      if (!agents.has(name)) agents.set(name, { id: name, amounts, attributes: {} });
    }
  }
  issues.flush();
  return { agents: [...agents.values()], report };
}

export const wfformat: TraceFormat = {
  name: 'wfformat',
  summary: 'WfCommons workflow instances (WfFormat 1.0 to 1.6): tasks, files and links, each file one workflow',
  source: 'wfcommons/WfFormat wfcommons-schema.json, tools/wfcommons-migrate-instance.py; Coleman et al., FGCS 2022',
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
      help: 'memory of a task that tells none',
    },
  },
  detect: ({ head, name }) => {
    const text = new TextDecoder().decode(head);
    if (!/^\uFEFF?\s*\{/.test(text) || !/"workflow"\s*:\s*\{/.test(text)) return 0;
    return /"schemaVersion"\s*:/.test(text) ? 1 : name.endsWith('.json') ? 0.7 : 0.5;
  },
  facts: (files) => workflowFacts(files.map(readInstance)),
  openJobs: openWfFormat,
  readAgents,
};
