import { resolveOptions } from '../model/options.js';
import { parsePolicy } from '../model/plugin.js';
import { audit } from './divide/audit.js';
import type { Finding } from './divide/findings.js';
import type { Outcome } from './divide/outcome.js';
import { DIVIDE_POLICIES } from './divide/policies.js';
import type { DivideProblem } from './divide/problem.js';
import type { Subject } from './divide/utility.js';

export type { Finding, Verdict } from './divide/findings.js';
export { loadProblem, parseProblem } from './divide/load.js';
export type { Allotment, DividePolicy, Outcome, Quantity } from './divide/outcome.js';
export { DIVIDE_POLICIES } from './divide/policies.js';
export type { DivideProblem, DivideUser } from './divide/problem.js';
export { problemJsonSchema } from './divide/schema.js';
export { type DivideView, viewOf } from './divide/view.js';

/** A division, what each user's dominant share is, and the audit. */
export interface DivideResult {
  readonly policy: string;
  readonly outcome: Outcome;
  readonly audit: readonly Finding[];
}

/** Divides a problem by a policy spelled `name[option=value,…]` and audits the result. */
export function divide(problem: DivideProblem, policyText: string): DivideResult {
  const spec = parsePolicy(policyText);
  const policy = DIVIDE_POLICIES.get(spec.name);
  const options = resolveOptions(`divide policy ${spec.name}`, policy.options, spec.raw);
  const outcome = policy.run(problem, options);
  const subject: Subject = { policy, options, kind: policy.utility(problem, options) };
  return { policy: spec.text, outcome, audit: audit(problem, subject, outcome) };
}
