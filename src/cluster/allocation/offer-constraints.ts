import type { AgentTraits } from './agent-columns.js';

/** One test of an attribute (mesos.proto AttributeConstraint). Pseudo-attributes: `@hostname`, `@region`, `@zone`. */
export interface AttributeConstraint {
  readonly attribute: string;
  readonly test: 'exists' | 'not-exists' | 'equals' | 'not-equals' | 'matches' | 'not-matches';
  /** Text or regular expression, for the tests that need one. */
  readonly value?: string;
}

/** Groups of constraints of one role: an agent is allowed if all tests of any group hold. */
export type OfferConstraints = readonly (readonly AttributeConstraint[])[];

/** True when the agent may be offered (src/master/allocator/mesos/offer_constraints_filter.cpp). */
export function constraintsAllow(groups: OfferConstraints, agent: AgentTraits): boolean {
  return groups.some((group) => group.every((constraint) => holds(constraint, valueIn(constraint.attribute, agent))));
}

function valueIn(attribute: string, agent: AgentTraits): string | undefined {
  if (attribute === '@hostname') return agent.hostname;
  if (attribute === '@region') return agent.region;
  if (attribute === '@zone') return agent.zone;
  return Object.hasOwn(agent.attributes, attribute) ? agent.attributes[attribute] : undefined;
}

/** Every test but `not-exists` needs the attribute. A regular expression must match the whole text (RE2 FullMatch). */
function holds(constraint: AttributeConstraint, value: string | undefined): boolean {
  if (constraint.test === 'not-exists') return value === undefined;
  if (value === undefined) return false;
  const wanted = constraint.value ?? '';
  switch (constraint.test) {
    case 'exists':
      return true;
    case 'equals':
      return value === wanted;
    case 'not-equals':
      return value !== wanted;
    default:
      return new RegExp(`^(?:${wanted})$`, 'u').test(value) === (constraint.test === 'matches');
  }
}
