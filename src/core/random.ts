import seedrandom from 'seedrandom';
import { mix32 } from './digest.js';

/** Uniform numbers in [0, 1) with 53 bits; every draw enters the stream's digest. */
export type RandomStream = () => number;

/**
 * Named random streams: one per purpose, keyed by seed and name (seedrandom's alea, Baagøe), so that drawing from one never moves
 * another: swapping the allocator leaves the workload as it was.
 */
export class Streams {
  private readonly streams = new Map<string, { next: RandomStream; digest: Int32Array }>();

  constructor(private readonly seed: number | string) {}

  stream(name: string): RandomStream {
    const known = this.streams.get(name);
    if (known !== undefined) return known.next;
    const alea = seedrandom.alea(`${this.seed}/${name}`);
    const digest = new Int32Array(2);
    const next = (): number => {
      const value = alea.double();
      digest[0] = mix32((digest[0] as number) ^ (value * 0x100000000));
      digest[1] = (digest[1] as number) + 1;
      return value;
    };
    this.streams.set(name, { next, digest });
    return next;
  }

  /** Digest and number of draws of every stream, by name in order of its bytes. */
  digests(): Record<string, string> {
    const names = [...this.streams.keys()].sort((a, b) => (a < b ? -1 : 1));
    return Object.fromEntries(
      names.map((name) => {
        const digest = (this.streams.get(name) as { digest: Int32Array }).digest;
        return [name, `${((digest[0] as number) >>> 0).toString(16).padStart(8, '0')}:${digest[1]}`];
      }),
    );
  }
}
