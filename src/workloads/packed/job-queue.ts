import type { JobRecord } from '../../model/job.js';
import type { JobPacking } from './job-packing.js';
import { Packer, Unpacker } from './packer.js';

const BLOCK_BYTES = 1 << 18;

interface Block {
  readonly packer: Packer;
  count: number;
}

/** Jobs first in, first out, as bytes in blocks: those that are all taken out are filled again. */
export class JobQueue {
  size = 0;
  private readonly blocks: Block[] = [];
  private readonly free: Block[] = [];
  private readonly unpacker = new Unpacker();
  private taken = 0;
  private first: JobRecord | undefined;

  constructor(private readonly packing: JobPacking) {}

  push(job: JobRecord): void {
    let block = this.blocks.at(-1);
    if (block === undefined || block.packer.length >= BLOCK_BYTES) {
      block = this.free.pop() ?? { packer: new Packer(BLOCK_BYTES + (BLOCK_BYTES >> 4)), count: 0 };
      this.blocks.push(block);
    }
    this.packing.write(block.packer, job);
    block.count++;
    this.size++;
  }

  /** The job that comes next, or undefined. */
  peek(): JobRecord | undefined {
    const block = this.blocks[0];
    if (this.first !== undefined || block === undefined || this.size === 0) return this.first;
    this.unpacker.open(block.packer.bytes, this.taken === 0 ? 0 : this.unpacker.at);
    this.first = this.packing.read(this.unpacker);
    return this.first;
  }

  shift(): JobRecord | undefined {
    const job = this.peek();
    if (job === undefined) return undefined;
    this.first = undefined;
    this.size--;
    const block = this.blocks[0] as Block;
    if (++this.taken === block.count) this.release(block);
    return job;
  }

  private release(block: Block): void {
    this.blocks.shift();
    this.taken = 0;
    block.count = 0;
    block.packer.length = 0;
    if (this.free.length < 2) this.free.push(block);
  }
}
