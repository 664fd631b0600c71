import { latinOf, SHORT_TEXT, shortText } from '../bytes/latin.js';

/** First bytes of a number: up to here the number itself, beyond it how the number follows. */
const LARGEST_SMALL = 247;
const TWO_BYTES = 248;
const FOUR_BYTES = 249;
const DOUBLE = 250;
const MINUS_ONE = 251;

/** Appends numbers and texts to bytes that grow. */
export class Packer {
  bytes: Buffer;
  length = 0;
  private view: DataView;

  constructor(capacity: number) {
    this.bytes = Buffer.alloc(capacity);
    this.view = viewOf(this.bytes);
  }

  /** Makes room for so many bytes more: whoever writes asks before. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  /** Any double but the sign of zero, small whole numbers in a byte. */
  number(value: number): void {
    const { bytes, length } = this;
    if (value >= 0 && value <= 0xffffffff && value === Math.floor(value)) {
      if (value <= LARGEST_SMALL) {
        bytes[length] = value;
        this.length = length + 1;
      } else if (value <= 0xffff) {
        bytes[length] = TWO_BYTES;
        this.view.setUint16(length + 1, value, true);
        this.length = length + 3;
      } else {
        bytes[length] = FOUR_BYTES;
        this.view.setUint32(length + 1, value, true);
        this.length = length + 5;
      }
    } else if (value === -1) {
      bytes[length] = MINUS_ONE;
      this.length = length + 1;
    } else {
      bytes[length] = DOUBLE;
      this.view.setFloat64(length + 1, value, true);
      this.length = length + 9;
    }
  }
  /** Most bytes of a number. */
  static readonly NUMBER_BYTES = 9;

  double(value: number): void {
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  uint32At(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** Any text, lone surrogates too; makes room itself. One byte a character where that is enough. */
  text(text: string): void {
    this.reserve(2 * text.length + Packer.NUMBER_BYTES);
    const start = this.length;
    this.number(text.length * 2);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 255) {
        this.length = start;
        this.wideText(text);
        return;
      }
      bytes[at++] = code;
    }
    this.length = at;
  }

  private wideText(text: string): void {
    this.number(text.length * 2 + 1);
    for (let index = 0; index < text.length; index++) {
      this.view.setUint16(this.length, text.charCodeAt(index), true);
      this.length += 2;
    }
  }
}

/** Reads what a Packer wrote, out of the same or other bytes. */
export class Unpacker {
  at = 0;
  private bytes: Buffer = Buffer.alloc(0);
  private view = viewOf(this.bytes);
  private chars = latinOf(this.bytes);

  /** Goes on in these bytes. */
  open(bytes: Buffer, at: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
      this.chars = latinOf(bytes);
    }
    this.at = at;
  }

  number(): number {
    const { at } = this;
    const first = this.bytes[at] as number;
    if (first <= LARGEST_SMALL) {
      this.at = at + 1;
      return first;
    }
    if (first === TWO_BYTES) {
      this.at = at + 3;
      return this.view.getUint16(at + 1, true);
    }
    if (first === FOUR_BYTES) {
      this.at = at + 5;
      return this.view.getUint32(at + 1, true);
    }
    if (first === MINUS_ONE) {
      this.at = at + 1;
      return -1;
    }
    this.at = at + 9;
    return this.view.getFloat64(at + 1, true);
  }

  double(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  text(): string {
    const head = this.number();
    const start = this.at;
    const isWide = head % 2 === 1;
    const length = (head - (isWide ? 1 : 0)) / 2;
    const end = start + (isWide ? 2 * length : length);
    this.at = end;
    if (isWide) return this.bytes.toString('utf16le', start, end);
    return length > SHORT_TEXT ? this.chars.latin1Slice(start, end) : shortText(this.bytes, start, length);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
