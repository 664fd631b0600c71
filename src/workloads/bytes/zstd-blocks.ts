const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const MOST = 1 << 16;

/**
 * Cuts zstd data into steps of one block at most (RFC 8878 §3.1): a block unpacks to 128 KiB at most, so that a step brings no more, whatever a
 * bomb promises; and data that ends inside a frame is found out.
 */
export class ZstdBlocks {
  private held: Uint8Array = new Uint8Array(0);
  /** Bytes of the part at hand that are still to come: of a block, a checksum or a frame that is skipped. */
  private left = 0;
  private state: 'frame' | 'block' | 'checksum' | 'skip' = 'frame';
  private hasChecksum = false;
  private isLast = false;

  constructor(private readonly pull: () => Uint8Array | null) {}

  /** The bytes of the next step, or null at the end of the last frame. Throws when the data is cut off or no zstd. */
  next(): Uint8Array | null {
    if (this.left > 0) return this.rest();
    if (this.state === 'block') {
      const header = this.need(3);
      const size = (header[0] as number) + ((header[1] as number) << 8) + ((header[2] as number) << 16);
      this.isLast = (size & 1) === 1;
      // A block of one repeated byte says how often it comes, but holds it once.
      this.left = ((size >> 1) & 3) === 1 ? 1 : size >> 3;
      if (this.left === 0) this.endOfPart();
      return this.take(3);
    }
    return this.frame();
  }

  private frame(): Uint8Array | null {
    if (!this.has(1)) return null;
    const magic = new DataView(this.need(4).slice().buffer).getUint32(0, true);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      this.left = new DataView(this.need(8).slice().buffer).getUint32(4, true);
      this.state = this.left === 0 ? 'frame' : 'skip';
      return this.take(8);
    }
    if (magic !== MAGIC) throw new Error('other bytes follow the data');
    const descriptor = this.need(5)[4] as number;
    const isSingle = (descriptor & 32) !== 0;
    this.hasChecksum = (descriptor & 4) !== 0;
    const sizes = [isSingle ? 1 : 0, 2, 4, 8];
    const size = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] as number) + (sizes[descriptor >> 6] as number);
    this.need(size);
    this.state = 'block';
    return this.take(size);
  }

  /** As much of the part at hand as is there. */
  private rest(): Uint8Array {
    this.need(1);
    const size = Math.min(this.left, this.held.length, MOST);
    this.left -= size;
    if (this.left === 0) this.endOfPart();
    return this.take(size);
  }

  private endOfPart(): void {
    if (this.state === 'block' && !this.isLast) return;
    const isChecked = this.state === 'block' && this.hasChecksum;
    this.state = isChecked ? 'checksum' : 'frame';
    this.left = isChecked ? 4 : 0;
  }

  private has(count: number): boolean {
    while (this.held.length < count) {
      const piece = this.pull();
      if (piece === null) return false;
      this.held = this.held.length === 0 ? piece.slice() : Buffer.concat([this.held, piece]);
    }
    return true;
  }

  private need(count: number): Uint8Array {
    if (!this.has(count)) throw new Error('it is cut off');
    return this.held.subarray(0, count);
  }

  private take(count: number): Uint8Array {
    const bytes = this.held.subarray(0, count);
    this.held = this.held.subarray(count);
    return bytes;
  }
}
