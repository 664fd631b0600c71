import { InputError } from '../../core/errors.js';
import type { AppDefinition } from './app-definition.js';

/** First and last port of each range. */
export type PortRanges = readonly (readonly [number, number])[];

const LAST_PORT = 65_535;

/** `31000-32000,80` as ranges; undefined when the text is none. */
export function portRanges(text: string): PortRanges | undefined {
  const ranges: (readonly [number, number])[] = [];
  for (const part of text.replace(/^\[|\]$/g, '').split(',')) {
    const match = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (first > last || last > LAST_PORT) return undefined;
    ranges.push([first, last]);
  }
  return ranges;
}

/** The ranges of an option. Throws InputError E_OPTION_VALUE. */
export function portOption(text: string): PortRanges {
  const ranges = portRanges(text);
  if (ranges !== undefined) return ranges;
  throw new InputError('E_OPTION_VALUE', `ports must be ranges such as 31000-32000,80, got "${text}"`);
}

/**
 * Ports of one agent: which are offered, and which of them instances hold (tasks/PortsMatcher.scala). A fixed port must be offered and free;
 * a port of 0 is any free one, from a random place on.
 */
export class AgentPorts {
  private readonly taken = new Set<number>();

  constructor(private readonly ranges: PortRanges) {}

  /** The ports that an instance would get; undefined when there are not enough. */
  match({ hostPorts, freePortCount }: AppDefinition, random: () => number): number[] | undefined {
    if (hostPorts.some((port) => !this.isOffered(port) || this.taken.has(port))) return undefined;
    const ports = [...hostPorts];
    for (let count = 0; count < freePortCount; count++) {
      const port = this.freePort(ports, random);
      if (port < 0) return undefined;
      ports.push(port);
    }
    return ports;
  }

  take(ports: readonly number[]): void {
    for (const port of ports) this.taken.add(port);
  }

  private isOffered(port: number): boolean {
    return this.ranges.some(([first, last]) => port >= first && port <= last);
  }

  private freePort(more: readonly number[], random: () => number): number {
    const count = this.ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    const start = Math.floor(random() * count);
    for (let step = 0; step < count; step++) {
      const port = this.portAt((start + step) % count);
      if (!this.taken.has(port) && !more.includes(port)) return port;
    }
    return -1;
  }

  private portAt(index: number): number {
    let left = index;
    for (const [first, last] of this.ranges) {
      if (left <= last - first) return first + left;
      left -= last - first + 1;
    }
    return -1;
  }
}
