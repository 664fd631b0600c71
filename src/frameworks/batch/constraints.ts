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
