import { isUtf8 } from 'node:buffer';
import { InputError } from '../../core/errors.js';
import { CLOCK_LENGTH, clockAt, clockSeconds } from '../clock-time.js';
import { kindsOf, ODD, PLAIN, QUOTED, SEPARATOR } from './byte-kinds.js';
import { type ByteSource, openBytes } from './byte-source.js';
import { latinOf, SHORT_TEXT, shortText } from './latin.js';
import { isBlankByte, numberIn, numberOfText } from './numbers.js';
import { quotedFields } from './quoted.js';

const NEWLINE = 10;
const RETURN = 13;
const COMMA = 44;
/** A line longer than this is no table row. */
const MAX_LINE = 16 << 20;

const QUOTE_MET = -2;

/** So many digits fit a 32-bit integer. */
const MOST_SHORT = 9;

/** Slots of the memory of repeated cells. */
const MEMO_SLOTS = 4096;

/**
 * Reads a text table line by line and field by field out of the bytes: no string is made unless asked for. Lines end in LF or CRLF,
 * the last one may lack its end, a byte order mark is skipped. Fields are split at commas (with RFC 4180 quotes) or at blanks.
 */
export class LineReader {
  /** Physical line of the current row, from 1. */
  line = 0;
  /** Number of fields of the current row. */
  fieldCount = 0;
  /** The row just split is text: valid UTF-8 without NUL. */
  isText = true;
  private readonly source: ByteSource;
  private buffer: Uint8Array = new Uint8Array(0);
  /** The same bytes, for whole texts. */
  private chars = latinOf(this.buffer);
  private start = 0;
  private end = 0;
  private next = 0;
  private length = 0;
  private starts: Int32Array = new Int32Array(32);
  private ends: Int32Array = new Int32Array(32);
  private quoted: string[] | undefined;
  /** Somewhere in what was read is a NUL: rows are looked at one by one then. */
  private hasNul = false;
  private readonly decoder = new TextDecoder('utf-8', { fatal: false });

  constructor(
    readonly path: string,
    pieceBytes?: number,
  ) {
    this.source = openBytes(path, pieceBytes);
  }

  /** Moves to the next line; false at the end of the file. */
  nextLine(): boolean {
    let from = this.next;
    for (;;) {
      const at = this.buffer.indexOf(NEWLINE, from);
      if (at >= 0 && at < this.length) {
        this.setLine(this.next, at);
        this.next = at + 1;
        return true;
      }
      from = this.length - this.next;
      if (!this.fill()) {
        if (this.next >= this.length) return false;
        this.setLine(this.next, this.length);
        this.next = this.length;
        return true;
      }
    }
  }

  /**
   * Moves to the next line and splits it, as {@link split} does, in one go over its bytes; false at the end of the file. Whether its quotes
   * are balanced is told by `isBroken`.
   */
  nextRow(separator = COMMA, most = Number.MAX_SAFE_INTEGER): boolean {
    // The first line may have a mark; a line that does not end in what is held is joined with what follows.
    while (this.line > 0) {
      const at = this.scan(kindsOf(separator), most);
      if (at === QUOTE_MET) break;
      if (at >= 0) {
        this.next = at + 1;
        this.isBroken = false;
        return true;
      }
      if (!this.fill()) break;
    }
    if (!this.nextLine()) return false;
    this.isBroken = this.split(separator, most) < 0;
    return true;
  }
  isBroken = false;

  /** Splits up to the end of the line that stands next, whose place is returned; -1 = it is not here, -2 = a quote was met. */
  private scan(kinds: Uint8Array, most: number): number {
    const { buffer, next: start, length } = this;
    let count = 0;
    let from = start;
    let hasOdd = false;
    let at = start;
    for (; at < length; at++) {
      const kind = kinds[buffer[at] as number] as number;
      if (kind === PLAIN) continue;
      if (kind === SEPARATOR) {
        this.field(count++, from, at);
        from = at + 1;
        if (count === most) break;
      } else if (kind === ODD) hasOdd = true;
      else if (kind === QUOTED) return QUOTE_MET;
      else break;
    }
    while (at < length && buffer[at] !== NEWLINE) at++;
    if (at === length) return -1;
    this.line++;
    this.start = start;
    this.end = at > start && buffer[at - 1] === RETURN ? at - 1 : at;
    if (count < most) this.field(count++, from, this.end);
    this.fieldCount = count;
    this.quoted = undefined;
    this.isAscii = !hasOdd;
    this.isText = !hasOdd || this.isValidText();
    return at;
  }

  private setLine(start: number, end: number): void {
    this.line++;
    this.start = start;
    this.end = end > start && this.buffer[end - 1] === RETURN ? end - 1 : end;
    if (
      this.line === 1 &&
      this.buffer[start] === 0xef &&
      this.buffer[start + 1] === 0xbb &&
      this.buffer[start + 2] === 0xbf
    ) {
      this.start += 3;
    }
  }

  /** Joins what is left of the old piece with a new one, at the front; false when there is none. */
  private fill(): boolean {
    const left = this.length - this.next;
    if (left > MAX_LINE)
      throw new InputError('E_LINE_LONG', `a line is longer than ${MAX_LINE} bytes`, {
        file: this.path,
        line: this.line + 1,
      });
    const piece = this.source.read();
    if (piece === null) return false;
    if (this.line === 0 && left === 0) this.refuseUtf16(piece);
    const needed = left + piece.length;
    const buffer =
      this.buffer.length >= needed && this.next >= 0
        ? this.buffer
        : new Uint8Array(Math.max(needed, this.buffer.length * 2));
    buffer.set(this.buffer.subarray(this.next, this.length));
    buffer.set(piece, left);
    this.hasNul ||= Buffer.from(piece.buffer, piece.byteOffset, piece.length).indexOf(0) >= 0;
    if (buffer !== this.buffer) this.chars = latinOf(buffer);
    this.buffer = buffer;
    this.length = needed;
    this.next = 0;
    return true;
  }

  private refuseUtf16(piece: Uint8Array): void {
    const mark = ((piece[0] ?? 0) << 8) | (piece[1] ?? 0);
    if (mark === 0xfffe || mark === 0xfeff) {
      throw new InputError('E_ENCODING', 'the file must be UTF-8, got UTF-16', { file: this.path, line: 1, column: 1 });
    }
  }

  get isBlank(): boolean {
    for (let at = this.start; at < this.end; at++) {
      const byte = this.buffer[at] as number;
      if (byte > 32 || byte === 0) return false;
    }
    return true;
  }

  /** First byte of the line, 0 when empty. */
  get firstByte(): number {
    return this.start < this.end ? (this.buffer[this.start] as number) : 0;
  }

  lineText(): string {
    return this.decoder.decode(this.buffer.subarray(this.start, this.end));
  }

  /**
   * Splits the line at a separator byte, honouring quotes, no further than so many fields. Returns their number; -1 for an unbalanced
   * quote.
   */
  split(separator = COMMA, most = Number.MAX_SAFE_INTEGER): number {
    this.quoted = undefined;
    this.isText = true;
    let count = 0;
    let from = this.start;
    let hasOdd = false;
    const { buffer, end } = this;
    const kinds = kindsOf(separator);
    for (let at = this.start; at < end; at++) {
      const kind = kinds[buffer[at] as number] as number;
      if (kind === PLAIN) continue;
      if (kind === SEPARATOR) {
        this.field(count++, from, at);
        if (count === most) break;
        from = at + 1;
      } else if (kind === QUOTED) {
        this.isText = this.isValidText();
        return this.splitQuoted(String.fromCharCode(separator));
      } else {
        hasOdd = true;
      }
    }
    if (count < most) this.field(count++, from, end);
    this.fieldCount = count;
    this.isAscii = !hasOdd;
    if (hasOdd) this.isText = this.isValidText();
    return count;
  }
  /** The row just split is known to have no byte beyond ASCII. */
  private isAscii = false;

  private isValidText(): boolean {
    const row = this.buffer.subarray(this.start, this.end);
    return row.indexOf(0) < 0 && isUtf8(row);
  }

  /** Splits at runs of blanks and tabs, no further than so many fields; `isText` tells of NUL alone: fields of these tables are numbers. */
  splitBlanks(most = Number.MAX_SAFE_INTEGER): number {
    this.quoted = undefined;
    this.isAscii = false;
    let count = 0;
    const { buffer, end } = this;
    let at = this.start;
    for (;;) {
      while (at < end && (buffer[at] as number) <= 32) at++;
      if (at >= end) break;
      const from = at;
      while (at < end && (buffer[at] as number) > 32) at++;
      this.field(count++, from, at);
      if (count === most) break;
    }
    this.fieldCount = count;
    this.isText = !this.hasNul || buffer.subarray(this.start, end).indexOf(0) < 0;
    return count;
  }

  /**
   * The short whole numbers that stand next on the line, from a field on that was split: they are read in one pass over the bytes. Returns
   * how many, at most as many as there is room for; a field of another form ends them.
   */
  wholeNumbers(from: number, into: Float64Array): number {
    if (from >= this.fieldCount) return 0;
    const { buffer, end } = this;
    let count = 0;
    for (let at = this.starts[from] as number; count < into.length; ) {
      while (at < end && (buffer[at] as number) <= 32) at++;
      const start = at;
      let value = 0;
      for (; at < end && (buffer[at] as number) > 32; at++) {
        const digit = (buffer[at] as number) - 48;
        if (digit < 0 || digit > 9 || at - start === MOST_SHORT) return count;
        value = (Math.imul(value, 10) + digit) | 0;
      }
      if (at === start) return count;
      into[count++] = value;
    }
    return count;
  }

  private splitQuoted(separator: string): number {
    const fields = quotedFields(this.lineText(), separator);
    this.fieldCount = 0;
    if (fields === undefined) return -1;
    this.quoted = fields;
    this.fieldCount = fields.length;
    return fields.length;
  }

  private field(index: number, start: number, end: number): void {
    if (index === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[index] = start;
    this.ends[index] = end;
  }

  isEmpty(index: number): boolean {
    if (index >= this.fieldCount) return true;
    if (this.quoted !== undefined) return this.quoted[index] === '';
    return this.starts[index] === this.ends[index];
  }

  text(index: number): string {
    if (index >= this.fieldCount) return '';
    if (this.quoted !== undefined) return this.quoted[index] as string;
    const start = this.starts[index] as number;
    const end = this.ends[index] as number;
    const { buffer } = this;
    if (!this.isAscii && !isAscii(buffer, start, end)) return this.decoder.decode(buffer.subarray(start, end));
    return end - start > SHORT_TEXT ? this.chars.latin1Slice(start, end) : shortText(buffer, start, end - start);
  }

  /** The field as text out of a memory of recent cells: no new string for a value that repeats. For columns of few values. */
  repeated(index: number): string {
    if (this.quoted !== undefined || index >= this.fieldCount) return this.text(index);
    const start = this.starts[index] as number;
    const end = this.ends[index] as number;
    const last = this.lastTexts[index];
    if (last !== undefined && this.isSame(last, start, end)) return last;
    const text = this.remembered(index, start, end);
    this.lastTexts[index] = text;
    return text;
  }
  /** What stood in each column when it was asked for last: rows of a job repeat much of each other. */
  private readonly lastTexts: (string | undefined)[] = [];

  private remembered(index: number, start: number, end: number): string {
    const { buffer } = this;
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (buffer[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (MEMO_SLOTS - 1);
    const known = this.memo[slot];
    if (known !== undefined && this.isSame(known, start, end)) return known;
    const text = this.text(index);
    this.memo[slot] = text;
    return text;
  }
  private readonly memo = new Array<string | undefined>(MEMO_SLOTS);

  private isSame(text: string, start: number, end: number): boolean {
    if (text.length !== end - start) return false;
    for (let at = start; at < end; at++) if (text.charCodeAt(at - start) !== this.buffer[at]) return false;
    return true;
  }

  /** The field as text without the blanks around it. */
  trimmed(index: number): string {
    if (this.quoted !== undefined || !this.isAscii || index >= this.fieldCount) return this.text(index).trim();
    const { buffer, starts, ends } = this;
    const [start, end] = [starts[index] as number, ends[index] as number];
    let [from, to] = [start, end];
    while (from < to && isBlankByte(buffer[from] as number)) from++;
    while (to > from && isBlankByte(buffer[to - 1] as number)) to--;
    starts[index] = from;
    ends[index] = to;
    const text = this.text(index);
    starts[index] = start;
    ends[index] = end;
    return text;
  }

  /** The field as text; the known one, if it is that. */
  textLike(index: number, known: string): string {
    if (this.quoted !== undefined || index >= this.fieldCount) return this.text(index);
    const isKnown = this.isSame(known, this.starts[index] as number, this.ends[index] as number);
    return isKnown ? known : this.text(index);
  }

  /** The field as seconds since 1970, as {@link clockSeconds} has it. */
  clock(index: number): number {
    if (this.quoted !== undefined || index >= this.fieldCount) return clockSeconds(this.text(index));
    const start = this.starts[index] as number;
    const seconds = (this.ends[index] as number) - start === CLOCK_LENGTH ? clockAt(this.buffer, start) : Number.NaN;
    return Number.isNaN(seconds) ? clockSeconds(this.text(index)) : seconds;
  }

  /** The field as a number; NaN when it is not one (an empty field too, or one that no double holds). */
  number(index: number): number {
    if (index >= this.fieldCount) return Number.NaN;
    if (this.quoted !== undefined) return numberOfText(this.quoted[index] as string);
    return numberIn(this.buffer, this.starts[index] as number, this.ends[index] as number);
  }

  close(): void {
    this.source.close();
  }
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) >= 128) return false;
  return true;
}

function doubled(column: Int32Array): Int32Array {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}
