import type { SchedulerDriver } from '../../model/framework.js';

interface Term {
  readonly attribute: string;
  readonly isEqual: boolean;
  readonly values: readonly string[];
}

/** A parsed constraint text: `attribute=a|b;other!=c`. All terms must hold; an agent without the attribute fails `=`, passes `!=`. */
export class Constraints {
  private readonly terms: readonly Term[];

  constructor(text: string) {
    this.terms = text
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(parseTerm);
  }

  allows(agent: number, agents: { attributeOf(agent: number, name: string): string | undefined }): boolean {
    return this.terms.every(({ attribute, isEqual, values }) => {
      const value = agents.attributeOf(agent, attribute);
      return (value !== undefined && values.includes(value)) === isEqual;
    });
  }
}

function parseTerm(part: string): Term {
  const match = /^([^=!]+)(!?=)(.*)$/.exec(part);
  // A bare attribute asks that the agent has it set to "true".
  if (match === null) return { attribute: part, isEqual: true, values: ['true'] };
  const values = (match[3] as string).split('|').map((value) => value.trim());
  return { attribute: (match[1] as string).trim(), isEqual: match[2] === '=', values };
}

/** Parses every constraint text once and asks the driver for what agents are. */
export class ConstraintBook {
  private readonly parsed = new Map<string, Constraints>();

  constructor(private readonly driver: SchedulerDriver) {}

  of(text: string): Constraints {
    let constraints = this.parsed.get(text);
    if (constraints === undefined) {
      constraints = new Constraints(text);
      this.parsed.set(text, constraints);
    }
    return constraints;
  }

  /** For the demand book: whether an agent will do, offered or not; undefined when any will. */
  allowsOf(text: string): ((agent: number) => boolean) | undefined {
    if (text === '') return undefined;
    const constraints = this.of(text);
    const { driver } = this;
    const attributeOf = (row: number, name: string): string | undefined =>
      driver.attributes(row)[name] ?? (name === 'hostname' ? driver.agentId(row) : undefined);
    return (agent) => constraints.allows(agent, { attributeOf });
  }
}
