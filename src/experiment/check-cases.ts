import { AllocatorCase } from './allocator-case.js';
import type { Difference } from './case-grants.js';
import { type CaseNode, readCaseNode } from './case-node.js';
import { SorterCase } from './sorter-case.js';

/** The first difference of a case. */
export interface CaseFailure extends Difference {
  readonly case: string;
  readonly origin: string;
  /** Position in the case's list of steps, from 0. */
  readonly step: number;
}

export interface CaseReport {
  readonly file: string;
  readonly allocator: string;
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly CaseFailure[];
}

export interface CaseOptions {
  /** Spelling of the allocator; default `drf`. */
  readonly allocator?: string;
}

const KINDS = { allocator: AllocatorCase, sorter: SorterCase };

/**
 * Replays neutral allocator cases (the form is described in the file's own `format` object and in docs): every case from an empty
 * cluster, up to its first difference. Throws InputError for a file that is no such thing.
 */
export function checkCases(path: string, options: CaseOptions = {}): CaseReport {
  const allocator = options.allocator ?? 'drf';
  const root = readCaseNode(path);
  const cases = (Array.isArray(root.value) ? root : root.get('cases')).list();
  if (cases.length === 0) throw root.error('a file with at least one case');
  const failures: CaseFailure[] = [];
  for (const node of cases) {
    const failure = checkCase(node, allocator);
    if (failure !== undefined) failures.push(failure);
  }
  return { file: path, allocator, passed: cases.length - failures.length, failed: failures.length, failures };
}

function checkCase(node: CaseNode, allocator: string): CaseFailure | undefined {
  const id = node.get('id').text();
  const kind = node.get('kind');
  const name = kind.text();
  if (name !== 'allocator' && name !== 'sorter') throw kind.unknown('kind of case', name, Object.keys(KINDS));
  const steps = node.get('steps').list();
  const run = new KINDS[name](node, steps, allocator);
  for (const [step, stepNode] of steps.entries()) {
    const difference = run.step(stepNode);
    if (difference === undefined) continue;
    return { case: id, origin: node.find('origin')?.text() ?? '', step, ...difference };
  }
  return undefined;
}

/** One line per failing case and a line of totals, for a terminal. */
export function renderCaseText(report: CaseReport): string {
  const lines = report.failures.map((failure) => {
    const place = [
      `step ${failure.step}`,
      failure.framework === '' ? '' : `framework ${failure.framework}`,
      failure.role === '' ? '' : `role ${failure.role}`,
      failure.agent === '' ? '' : `agent ${failure.agent}`,
      failure.resource,
    ].filter((part) => part !== '');
    return `FAIL ${failure.case}: ${place.join(', ')}: expected ${failure.expected}, got ${failure.got}`;
  });
  lines.push(`${report.passed} passed, ${report.failed} failed (${report.allocator}, ${report.file})`);
  return `${lines.join('\n')}\n`;
}

/** The report as JSON, stable. */
export function renderCaseJson(report: CaseReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
